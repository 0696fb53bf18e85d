import { sql } from 'kysely';
import type pg from 'pg';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';
import { after, day } from '../../kernel/duration.ts';

/** An attempt that was spent, with what is needed to compare. */
export interface SpentAttempt {
  contact: string;
  channel: 'sms' | 'mail';
  code_hash: Buffer;
  /** Attempts on this contact today that did not succeed, this one included. */
  wrong: number;
}

const spend = statement<
  SpentAttempt,
  [challengeId: string, attemptsPerChallenge: number, now: string, resetsAt: string]
>(
  'otp-spend',
  `with spent as (
    update otp_challenges set attempts = attempts + 1
    where id = $1::uuid and attempts < $2::int and expires_at > $3::timestamptz
      and consumed_at is null and replaced_at is null and failed_at is null
      and code_hash is not null
    returning contact, channel, code_hash
  ), budget as (
    insert into otp_contacts as c (contact, wrong, resets_at)
    select contact, 1, $4::timestamptz from spent
    on conflict (contact) do update set
      wrong = case when c.resets_at <= $3::timestamptz then 1 else c.wrong + 1 end,
      resets_at = case when c.resets_at <= $3::timestamptz then $4::timestamptz else c.resets_at end
    returning wrong
  )
  select contact, channel, code_hash, wrong from spent, budget`,
);

/**
 * Spends one attempt of the challenge and of the contact's daily budget, in one statement that
 * commits by itself before anything is compared. However many callers race, each challenge lets
 * only `attemptsPerChallenge` of them through.
 */
export async function spendAttempt(
  pool: pg.Pool,
  { challengeId, attemptsPerChallenge, now }: AttemptSpend,
): Promise<SpentAttempt | undefined> {
  const resetsAt = after(now, day);
  const [spent] = await spend(
    pool,
    challengeId,
    attemptsPerChallenge,
    now.toISOString(),
    resetsAt.toISOString(),
  );
  return spent;
}

interface AttemptSpend {
  challengeId: string;
  attemptsPerChallenge: number;
  now: Date;
}

/**
 * Gives an attempt that turned out right back to its challenge, which stays open, and to the
 * contact's daily budget.
 */
export async function refundAttempt(db: Db, challengeId: string): Promise<void> {
  await sql`
    with given as (
      update otp_challenges set attempts = attempts - 1
      where id = ${challengeId} and attempts > 0 returning contact
    )
    update otp_contacts c set wrong = c.wrong - 1 from given
    where c.contact = given.contact and c.wrong > 0`.execute(db);
}

/**
 * Uses the code up, and gives its attempt back to the contact's daily budget.
 *
 * @returns false when somebody was faster, or a newer code replaced it
 */
export async function consume(db: Db, challengeId: string, now: Date): Promise<boolean> {
  const { rows } = await sql`
    with used as (
      update otp_challenges set consumed_at = ${now}, code_hash = null, code_sealed = null
      where id = ${challengeId} and consumed_at is null and replaced_at is null
      returning contact
    ), refund as (
      update otp_contacts c set wrong = c.wrong - 1 from used
      where c.contact = used.contact and c.wrong > 0
    )
    select from used`.execute(db);
  return rows.length === 1;
}
