import { sql, type Insertable, type Selectable } from 'kysely';
import type { Db, Tables } from '../../database/tables.ts';
import { after, day } from '../../kernel/duration.ts';

export type ChallengeRow = Selectable<Tables['otp_challenges']>;

/** Makes requests for one phone number take turns until the transaction ends. */
export async function lockPhone(db: Db, phone: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`otp:${phone}`}, 0))`.execute(db);
}

/** Challenges of a phone number's last day that went out, newest first. */
export function findRecent(db: Db, phone: string, now: Date): Promise<ChallengeRow[]> {
  return db
    .selectFrom('otp_challenges')
    .selectAll()
    .where('phone', '=', phone)
    .where('created_at', '>', after(now, -day))
    .where('failed_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute();
}

/** Voids every code of the number and purpose that could still be used. */
export async function replaceOpen(
  db: Db,
  { phone, purpose, now }: { phone: string; purpose: string; now: Date },
): Promise<void> {
  await db
    .updateTable('otp_challenges')
    .set({ replaced_at: now, code_hash: null, code_sealed: null })
    .where('phone', '=', phone)
    .where('purpose', '=', purpose)
    .where('created_at', '>', after(now, -day))
    .where('replaced_at', 'is', null)
    .where('consumed_at', 'is', null)
    .execute();
}

export async function insertChallenge(
  db: Db,
  challenge: Insertable<Tables['otp_challenges']>,
): Promise<void> {
  await db.insertInto('otp_challenges').values(challenge).execute();
}

/** An attempt that was spent, with what is needed to compare. */
export interface SpentAttempt {
  phone: string;
  purpose: string;
  code_hash: Buffer;
  /** Attempts on this number today that did not succeed, this one included. */
  phone_count: number;
}

/** Beginning of the key of a phone number's daily budget of wrong codes. */
const wrongKey = 'otp-wrong:';

/**
 * Spends one attempt of the challenge and of the phone number's daily budget, in one statement
 * that commits by itself before anything is compared. However many callers race, each challenge
 * lets only `attemptsPerChallenge` of them through.
 */
export async function spendAttempt(
  db: Db,
  spend: { challengeId: string; attemptsPerChallenge: number; now: Date },
): Promise<SpentAttempt | undefined> {
  const { challengeId, attemptsPerChallenge, now } = spend;
  const resetsAt = after(now, day);
  const { rows } = await sql<SpentAttempt>`
    with spent as (
      update otp_challenges set attempts = attempts + 1
      where id = ${challengeId} and attempts < ${attemptsPerChallenge} and expires_at > ${now}
        and consumed_at is null and replaced_at is null and failed_at is null
        and code_hash is not null
      returning phone, purpose, code_hash
    ), budget as (
      insert into rate_limits as r (key, count, resets_at)
      select ${wrongKey} || phone, 1, ${resetsAt} from spent
      on conflict (key) do update set
        count = case when r.resets_at <= ${now} then 1 else r.count + 1 end,
        resets_at = case when r.resets_at <= ${now} then ${resetsAt} else r.resets_at end
      returning count
    )
    select phone, purpose, code_hash, count as phone_count from spent, budget`.execute(db);
  return rows[0];
}

/** Gives an attempt that turned out right back to the phone number's daily budget. */
export async function refundAttempt(db: Db, phone: string): Promise<void> {
  await db
    .updateTable('rate_limits')
    .set((eb) => ({ count: eb('count', '-', 1) }))
    .where('key', '=', `${wrongKey}${phone}`)
    .execute();
}

export function findChallenge(db: Db, challengeId: string): Promise<ChallengeRow | undefined> {
  return db
    .selectFrom('otp_challenges')
    .selectAll()
    .where('id', '=', challengeId)
    .executeTakeFirst();
}

/** Uses the code up. @returns false when somebody was faster, or a newer code replaced it */
export async function consume(db: Db, challengeId: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('otp_challenges')
    .set({ consumed_at: now, code_hash: null, code_sealed: null })
    .where('id', '=', challengeId)
    .where('consumed_at', 'is', null)
    .where('replaced_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/**
 * Claims the sending of a code. It commits before the gateway is called, so a job that runs again
 * after a crash finds it claimed and sends nothing: a person gets one SMS or none, never two.
 */
export function claimDispatch(
  db: Db,
  challengeId: string,
  now: Date,
): Promise<{ phone: string; code_sealed: Uint8Array | null } | undefined> {
  return db
    .updateTable('otp_challenges')
    .set({ dispatched_at: now })
    .where('id', '=', challengeId)
    .where('dispatched_at', 'is', null)
    .where('consumed_at', 'is', null)
    .where('replaced_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['phone', 'code_sealed'])
    .executeTakeFirst();
}

/** After the gateway has answered: the sealed code is not needed any more. */
export async function finishDispatch(
  db: Db,
  challengeId: string,
  failedAt: Date | null,
): Promise<void> {
  await db
    .updateTable('otp_challenges')
    .set(
      failedAt
        ? { code_sealed: null, code_hash: null, failed_at: failedAt }
        : { code_sealed: null },
    )
    .where('id', '=', challengeId)
    .execute();
}

/** Forgets challenges made before an instant. @returns how many */
export async function deleteChallenges(db: Db, before: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('otp_challenges')
    .where('created_at', '<', before)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
