import { sql, type Insertable, type Selectable, type Updateable } from 'kysely';
import type { SmsDelivery, SmsStatus } from '@chapar/contract';
import type { Db, Tables } from '../../database/tables.ts';
import type { SmsOutcome } from '../../deps.ts';
import { after } from '../../kernel/duration.ts';
import { isFinal, leaseMs, statesBefore } from './sms.rules.ts';

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

/**
 * Takes a message up for sending: one that waits, or one whose sender has given no sign for so long
 * that it has stopped. Of those who try at once one gets it.
 *
 * @param claim who it is
 */
export function claimMessage(
  db: Db,
  { id, claim, now }: { id: string; claim: string; now: Date },
): Promise<SmsRow | undefined> {
  const silentSince = after(now, -leaseMs);
  return db
    .updateTable('sms_messages')
    .set((eb) => ({ status: 'sending', claim, claimed_at: now, tries: eb('tries', '+', 1) }))
    .where('id', '=', id)
    .where((eb) =>
      eb.or([
        eb('status', '=', 'waiting'),
        eb.and([eb('status', '=', 'sending'), eb('claimed_at', '<=', silentSince)]),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
}

/**
 * Writes down whom we are about to ask, before it is asked.
 *
 * @returns false when somebody else has taken the message over: then nothing may be sent
 */
export async function noteTry(
  db: Db,
  { id, claim, provider, now }: { id: string; claim: string; provider: string; now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sms_messages')
    .set((eb) => ({
      provider,
      claimed_at: now,
      tried_at: eb
        .case()
        .when(eb('provider', '=', provider))
        .then(eb.ref('tried_at'))
        .else(now)
        .end(),
    }))
    .where('id', '=', id)
    .where('claim', '=', claim)
    .where('status', '=', 'sending')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** How a message came out of one run of its job. */
export interface Finished {
  id: string;
  claim: string;
  status: SmsStatus;
  outcome: SmsOutcome | null;
  provider: string | null;
  attempts: unknown[];
  pollAt: Date | null;
  now: Date;
}

/** What an outcome says of a message. */
function columnsOf(outcome: SmsOutcome | null, now: Date): Updateable<Tables['sms_messages']> {
  if (!outcome) {
    return {};
  }
  if (outcome.outcome === 'accepted') {
    const { providerMessageId, parts, cost } = outcome;
    return {
      provider_message_id: providerMessageId,
      sent_at: now,
      cost_amount: cost?.amount ?? null,
      cost_unit: cost?.unit ?? null,
      error: null,
      provider_code: null,
      ...(parts === undefined ? {} : { parts }),
    };
  }
  return outcome.outcome === 'rejected'
    ? { error: outcome.error, provider_code: outcome.providerCode }
    : { error: outcome.reason, provider_code: null };
}

/** @returns false when somebody else has taken the message over */
export async function finishMessage(db: Db, finished: Finished): Promise<boolean> {
  const { id, claim, status, outcome, provider, attempts, pollAt, now } = finished;
  // What is to be sent again has to be there still, and begins with the first provider.
  const isKept = status === 'waiting' || status === 'dead' || status === 'unknown';
  const { numUpdatedRows } = await db
    .updateTable('sms_messages')
    .set({
      status,
      claim: null,
      claimed_at: null,
      provider,
      attempts: sql`attempts || ${JSON.stringify(attempts)}::jsonb`,
      poll_at: pollAt,
      ...columnsOf(outcome, now),
      ...(isKept ? {} : { sealed: null }),
      ...(status === 'waiting' ? { provider: null, tried_at: null } : {}),
    })
    .where('id', '=', id)
    .where('claim', '=', claim)
    .where('status', '=', 'sending')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Puts a message back into the outbox. @returns false when it is not in one of these states */
export async function reviveMessage(
  db: Db,
  { id, from, expiresAt }: { id: string; from: readonly SmsStatus[]; expiresAt: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sms_messages')
    .set({
      status: 'waiting',
      tries: 0,
      provider: null,
      tried_at: null,
      error: null,
      provider_code: null,
      expires_at: expiresAt,
    })
    .where('id', '=', id)
    .where('status', 'in', from)
    .where('sealed', 'is not', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** A message whose provider is to be asked. */
export interface DueMessage {
  id: string;
  provider_message_id: string | null;
  polls: number;
  sent_at: Date | null;
}

/**
 * Takes messages of a provider that are due for a question. Each moves on by `busyMs`, so that of
 * two who look at once none asks after the same.
 */
export async function takeDue(
  db: Db,
  provider: string,
  { now, busyMs, limit }: { now: Date; busyMs: number; limit: number },
): Promise<DueMessage[]> {
  const { rows } = await sql<DueMessage>`
    update sms_messages set poll_at = ${after(now, busyMs)}, polls = polls + 1
    where id in (
      select id from sms_messages where provider = ${provider} and poll_at <= ${now}
      order by poll_at limit ${limit} for no key update skip locked
    )
    returning id, provider_message_id, polls, sent_at`.execute(db);
  return rows;
}

/** When a provider is to be asked after some message next. */
export async function findNextPoll(db: Db, provider: string): Promise<Date | null> {
  const row = await db
    .selectFrom('sms_messages')
    .select('poll_at')
    .where('provider', '=', provider)
    .where('poll_at', 'is not', null)
    .orderBy('poll_at')
    .limit(1)
    .executeTakeFirst();
  return row?.poll_at ?? null;
}

/** Sets when messages are asked after next; those of `null` never again. */
export async function setPolls(
  db: Db,
  polls: readonly [id: string, at: Date | null][],
): Promise<void> {
  if (polls.length === 0) {
    return;
  }
  await sql`
    update sms_messages m set poll_at = next.at
    from unnest(${polls.map(([id]) => id)}::uuid[], ${polls.map(([, at]) => at)}::timestamptz[])
      as next (id, at)
    where m.id = next.id and m.poll_at is not null`.execute(db);
}

/**
 * Moves messages on to a state, where it says more than is known. A state that is final ends the
 * questions.
 *
 * @returns how many have moved
 */
export async function moveDelivery(
  db: Db,
  {
    provider,
    providerMessageIds,
    state,
    now,
  }: { provider: string; providerMessageIds: readonly string[]; state: SmsDelivery; now: Date },
): Promise<number> {
  const before = statesBefore(state);
  const { numUpdatedRows } = await db
    .updateTable('sms_messages')
    .set({ delivery: state, delivery_at: now, ...(isFinal(state) ? { poll_at: null } : {}) })
    .where('provider', '=', provider)
    .where('provider_message_id', 'in', providerMessageIds)
    .where('status', '=', 'accepted')
    .where((eb) =>
      eb.or([
        eb('delivery', 'is', null),
        ...(before.length > 0 ? [eb('delivery', 'in', before)] : []),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** Forgets messages made up to an instant. @returns how many */
export async function deleteMessagesUntil(db: Db, until: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('sms_messages')
    .where('created_at', '<=', until)
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
