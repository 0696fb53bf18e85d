import { sql } from 'kysely';
import type { SmsDelivery } from '@chapar/contract';
import type { Db } from '../../database/tables.ts';
import { after } from '../../kernel/duration.ts';
import { isFinal, statesBefore } from './sms.rules.ts';

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
