import { sql, type Insertable, type Selectable } from 'kysely';
import type { SmsStatus } from '@chapar/contract';
import type { Db, Tables } from '../../database/tables.ts';

export type SmsRow = Selectable<Tables['sms_messages']>;

/** Stores a message. @returns false when its id or its number is used */
export async function insertMessage(
  db: Db,
  message: Insertable<Tables['sms_messages']>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sms_messages')
    .values(message)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export function findMessage(db: Db, id: string): Promise<SmsRow | undefined> {
  return db.selectFrom('sms_messages').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Messages, newest first, one more than asked for. */
export function findMessages(
  db: Db,
  page: {
    status: SmsStatus | undefined;
    recipient: string | undefined;
    before: [Date, string] | null;
    limit: number;
  },
): Promise<SmsRow[]> {
  let query = db
    .selectFrom('sms_messages')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (page.status !== undefined) {
    query = query.where('status', '=', page.status);
  }
  if (page.recipient !== undefined) {
    query = query.where('recipient', '=', page.recipient);
  }
  if (page.before) {
    const [at, id] = page.before;
    query = query.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(at, id)));
  }
  return query.execute();
}

/** Puts a message back into the outbox. @returns false when it is not in this state any more */
export async function reviveMessage(
  db: Db,
  { id, from, ref, expiresAt }: { id: string; from: SmsStatus; ref: string; expiresAt: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sms_messages')
    .set({
      status: 'waiting',
      ref,
      tries: 0,
      provider: null,
      tried_at: null,
      lost_providers: '[]',
      error: null,
      provider_code: null,
      expires_at: expiresAt,
    })
    .where('id', '=', id)
    .where('status', '=', from)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/**
 * Takes back messages that are not wanted any more: those that wait are not sent, and those that are
 * being sent go to no further provider.
 */
export async function cancelMessages(db: Db, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) {
    return;
  }
  await sql`
    update sms_messages set
      expires_at = ${now},
      status = case when status = 'waiting' then 'expired' else status end,
      sealed = case when status = 'waiting' then null else sealed end
    where id = any(${ids}::uuid[]) and status in ('waiting', 'sending')`.execute(db);
}

/** Messages under way of which nothing was heard for long. */
export function findStuck(
  db: Db,
  silentSince: Date,
  limit: number,
): Promise<{ id: string; purpose: string }[]> {
  return db
    .selectFrom('sms_messages')
    .select(['id', 'purpose'])
    .where('status', 'in', ['waiting', 'sending'])
    .where('created_at', '<', silentSince)
    .where((eb) => eb.or([eb('claimed_at', 'is', null), eb('claimed_at', '<', silentSince)]))
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

/** Forgets messages made up to an instant, but for those that are still to be sent. @returns how many */
export async function deleteMessagesUntil(db: Db, until: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('sms_messages')
    .where('created_at', '<=', until)
    .where('status', 'not in', ['waiting', 'sending'])
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Forgets what went to numbers, and who of the staff has sent something. */
export async function deleteTraces(
  db: Db,
  { userId, recipients }: { userId: string; recipients: readonly string[] },
): Promise<void> {
  if (recipients.length > 0) {
    await db.deleteFrom('sms_messages').where('recipient', 'in', recipients).execute();
  }
  await db
    .updateTable('sms_messages')
    .set({ sender_id: null })
    .where('sender_id', '=', userId)
    .execute();
}
