import { sql, type Updateable } from 'kysely';
import type { SmsStatus } from '@chapar/contract';
import type { Db, Tables } from '../../database/tables.ts';
import type { SmsOutcome } from '../../deps.ts';
import { after } from '../../kernel/duration.ts';
import type { SmsRow } from './sms.repository.ts';
import { leaseMs } from './sms.rules.ts';

/** Providers before the last one that may have a message. */
export function lostProvidersOf(row: SmsRow): string[] {
  return row.lost_providers as string[];
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

/** A call of a provider that is about to be made for a message. */
export interface NotedTry {
  id: string;
  claim: string;
  provider: string;
  lostProviders: readonly string[];
  /** Something new begins: not once the message has expired. */
  isSend: boolean;
  now: Date;
}

/**
 * Writes down whom we are about to ask, before it is asked, and shows that its sender lives.
 *
 * @returns false when somebody else has taken the message over, or it is too late: then nothing may
 *   be sent
 */
export async function noteTry(db: Db, attempt: NotedTry): Promise<boolean> {
  const { id, claim, provider, lostProviders, isSend, now } = attempt;
  let update = db
    .updateTable('sms_messages')
    .set((eb) => ({
      provider,
      claimed_at: now,
      lost_providers: JSON.stringify(lostProviders),
      tried_at: eb
        .case()
        .when(eb('provider', '=', provider))
        .then(eb.ref('tried_at'))
        .else(now)
        .end(),
    }))
    .where('id', '=', id)
    .where('claim', '=', claim)
    .where('status', '=', 'sending');
  if (isSend) {
    update = update.where('expires_at', '>', now);
  }
  const { numUpdatedRows } = await update.executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

const mostOthers = 50;

/** A provider's ids of the last other messages to the number of one. */
export async function findOthersAt(
  db: Db,
  { id, recipient }: SmsRow,
  provider: string,
): Promise<string[]> {
  const rows = await db
    .selectFrom('sms_messages')
    .select('provider_message_id')
    .where('recipient', '=', recipient)
    .where('provider', '=', provider)
    .where('provider_message_id', 'is not', null)
    .where('id', '<>', id)
    .orderBy('created_at', 'desc')
    .limit(mostOthers)
    .execute();
  return rows.flatMap(({ provider_message_id: other }) => other ?? []);
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
  // What may be sent again has to be there still. A code never is: another one is asked for.
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
      sealed: isKept
        ? sql`case when purpose = 'code' and ${status !== 'waiting'} then null else sealed end`
        : null,
      ...(status === 'waiting' ? { provider: null, tried_at: null } : {}),
    })
    .where('id', '=', id)
    .where((eb) =>
      eb.or([
        eb.and([eb('claim', '=', claim), eb('status', '=', 'sending')]),
        // That it was accepted is a fact, whoever goes on with the message meanwhile.
        ...(status === 'accepted' ? [eb('status', 'in', ['sending', 'unknown'])] : []),
      ]),
    )
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}
