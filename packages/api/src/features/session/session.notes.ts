import type { SessionEndReason } from '@chapar/contract';
import type { Call } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import type { AuthMethod } from '../../deps.ts';
import { alertOf, recordAll, type AuditNote } from '../audit/index.ts';
import { tell, type News } from '../stream/index.ts';
import type { NewSession, Replaced } from './session.open.repository.ts';

/** What is written down about a person's sessions, and told on their line, in this order. */
export interface SessionNotes {
  entries: AuditNote[];
  events: News[];
}

/** Reasons that their owner may not have expected. */
const alarming = new Set<SessionEndReason>(['refresh-reused', 'too-many']);

/**
 * Of sessions that end.
 *
 * @param actorId who ends them, where it is not the person
 */
export function notesOfEnd(
  ended: readonly string[],
  reason: SessionEndReason,
  actorId?: string,
): SessionNotes {
  const type = reason === 'refresh-reused' ? 'refresh-reused' : 'session-ended';
  const actor = actorId === undefined ? {} : { actorId };
  const entries = ended.map((sessionId): AuditNote => {
    return { type, sessionId, detail: { reason }, ...actor };
  });
  const alerts = alarming.has(reason) ? entries.map((entry) => alertOf(entry)) : [];
  const told = ended.map((sessionId): News => {
    return { type: 'session.ended', body: { sessionId, reason } };
  });
  return { entries, events: [...alerts, ...told] };
}

/** Of a session that begins: before it, reason by reason, those that it does not leave room for. */
export function notesOfStart(
  { id: sessionId, deviceName }: NewSession,
  method: AuthMethod,
  replaced: readonly Replaced[],
): SessionNotes {
  const ends = (['replaced', 'expired', 'too-many'] as const).map((reason) => {
    const ended = replaced.filter((one) => one.reason === reason).map(({ id }) => id);
    return notesOfEnd(ended, reason);
  });
  return {
    entries: [
      ...ends.flatMap(({ entries }) => entries),
      { type: 'signed-in', sessionId, detail: { method } },
    ],
    events: [
      ...ends.flatMap(({ events }) => events),
      { type: 'session.started', body: { sessionId, deviceName } },
    ],
  };
}

/** Writes notes down in the transaction of what they are about. */
export async function writeNotes(
  call: Call,
  tx: Tx,
  userId: string,
  { entries, events }: SessionNotes,
): Promise<void> {
  await recordAll(call, tx, userId, entries);
  await tell(
    call,
    tx,
    events.map((news) => ({ streamId: userId, ...news })),
  );
}
