import { sql, type Insertable, type Selectable } from 'kysely';
import type { Db, Tables } from '../../database/tables.ts';
import { after, day } from '../../kernel/duration.ts';

export type ChallengeRow = Selectable<Tables['otp_challenges']>;

/** Makes requests for one contact take turns until the transaction ends. */
export async function lockContact(db: Db, contact: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`otp:${contact}`}, 0))`.execute(db);
}

/** Challenges of a contact's last day that went out, newest first. */
export function findRecent(db: Db, contact: string, now: Date): Promise<ChallengeRow[]> {
  return db
    .selectFrom('otp_challenges')
    .selectAll()
    .where('contact', '=', contact)
    .where('created_at', '>', after(now, -day))
    .where('failed_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute();
}

/** Codes of one contact for one purpose of one person; of nobody who is signed in with null. */
export interface CodeLine {
  contact: string;
  purpose: string;
  userId: string | null;
}

/** Codes of one line; of a contact, whatever for; or of a person who asked while signed in. */
export type CodesOf = CodeLine | { contact: string } | { userId: string };

/** Voids codes that could still be used, and nobody else's. @returns their ids */
export async function replaceOpen(db: Db, codes: CodesOf, now: Date): Promise<string[]> {
  let query = db
    .updateTable('otp_challenges')
    .set({ replaced_at: now, code_hash: null, code_sealed: null })
    .where('replaced_at', 'is', null)
    .where('consumed_at', 'is', null)
    .returning('id');
  if ('contact' in codes) {
    query = query.where('contact', '=', codes.contact).where('created_at', '>', after(now, -day));
  }
  if ('purpose' in codes) {
    query = query.where('purpose', '=', codes.purpose);
  }
  if ('userId' in codes) {
    // `is not distinct from` would use no index.
    query = query.where('user_id', codes.userId === null ? 'is' : '=', codes.userId);
  }
  const rows = await query.execute();
  return rows.map(({ id }) => id);
}

export async function insertChallenge(
  db: Db,
  challenge: Insertable<Tables['otp_challenges']>,
): Promise<void> {
  await db.insertInto('otp_challenges').values(challenge).execute();
}

export function findChallenge(db: Db, challengeId: string): Promise<ChallengeRow | undefined> {
  return db
    .selectFrom('otp_challenges')
    .selectAll()
    .where('id', '=', challengeId)
    .executeTakeFirst();
}

/** A code that is to be sent. */
export interface ClaimedDispatch {
  contact: string;
  channel: 'sms' | 'mail';
  purpose: string;
  user_id: string | null;
  code_sealed: Uint8Array | null;
  expires_at: Date;
}

/**
 * Claims the sending of a code. It commits before a mail server is called, and together with the
 * outbox of SMS, so a job that runs again finds it claimed: a person gets one message or none.
 */
export function claimDispatch(
  db: Db,
  challengeId: string,
  now: Date,
): Promise<ClaimedDispatch | undefined> {
  return db
    .updateTable('otp_challenges')
    .set({ dispatched_at: now })
    .where('id', '=', challengeId)
    .where('dispatched_at', 'is', null)
    .where('consumed_at', 'is', null)
    .where('replaced_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['contact', 'channel', 'purpose', 'user_id', 'code_sealed', 'expires_at'])
    .executeTakeFirst();
}

/** Once the code is on its way the sealed one is not needed; one that was refused is void. */
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

/** Nothing is sent after all: the challenge stays as it is for whoever has asked. */
export async function withholdDispatch(db: Db, challengeId: string): Promise<void> {
  await db
    .updateTable('otp_challenges')
    .set({ code_sealed: null, deliverable: false })
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

/** Forgets daily budgets whose day is over. @returns how many */
export async function deleteBudgets(db: Db, now: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('otp_contacts')
    .where('resets_at', '<=', now)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Erases the codes of a person and of the contacts that they had. */
export async function deleteChallengesOf(
  db: Db,
  userId: string,
  contacts: readonly string[],
): Promise<void> {
  await db
    .deleteFrom('otp_challenges')
    .where((eb) =>
      contacts.length > 0
        ? eb.or([eb('user_id', '=', userId), eb('contact', 'in', contacts)])
        : eb('user_id', '=', userId),
    )
    .execute();
  if (contacts.length > 0) {
    await db.deleteFrom('otp_contacts').where('contact', 'in', contacts).execute();
  }
}

/** Codes sent by SMS within a span, and how many of them were used. */
export async function countSent(
  db: Db,
  span: { from: Date; to: Date },
): Promise<{ sent: number; used: number }> {
  const { rows } = await sql<{ sent: number; used: number }>`
    select count(*)::int as sent, count(consumed_at)::int as used from otp_challenges
    where channel = 'sms' and deliverable and dispatched_at is not null and failed_at is null
      and created_at >= ${span.from} and created_at < ${span.to}`.execute(db);
  return rows[0] ?? { sent: 0, used: 0 };
}
