import type { SessionEndReason } from '@chapar/contract';
import type { Call, SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { notesOfEnd, writeNotes } from './session.notes.ts';
import { endSessions, type SessionChoice } from './session.repository.ts';

/** Which sessions of whom end, and why. */
export interface SessionEnd {
  userId: string;
  choice: SessionChoice;
  reason: SessionEndReason;
  /** Who ends them, where it is not the person. */
  actorId?: string | undefined;
}

/**
 * Ends sessions, writes it down and tells the person's line, by which their open sockets are
 * closed. Calls with their tokens are refused from the commit on.
 *
 * @returns ids of the sessions that this call ended
 */
export async function end(
  call: Call,
  tx: Tx,
  { userId, choice, reason, actorId }: SessionEnd,
): Promise<string[]> {
  const ended = await endSessions(tx.db, userId, choice, { reason, now: call.now });
  await writeNotes(call, tx, userId, notesOfEnd(ended, reason, actorId));
  return ended;
}

/** Ends one of the caller's sessions; one that is not theirs is not found. */
export async function removeSession(call: SignedInCall, sessionId: string): Promise<void> {
  const reason = sessionId === call.actor.sessionId ? 'signed-out' : 'removed';
  const ended = await endOwn(call, { only: sessionId }, reason);
  if (ended.length === 0) {
    throw new AppError('SESSION_NOT_FOUND');
  }
}

export async function removeOtherSessions(call: SignedInCall): Promise<{ removed: number }> {
  const ended = await endOwn(call, { allBut: call.actor.sessionId }, 'removed');
  return { removed: ended.length };
}

/** Signs the caller out everywhere. */
export async function removeAllSessions(call: SignedInCall): Promise<void> {
  await endOwn(call, 'all', 'signed-out');
}

/** Signs the caller out. */
export async function endCurrentSession(call: SignedInCall): Promise<void> {
  await endOwn(call, { only: call.actor.sessionId }, 'signed-out');
}

function endOwn(
  call: SignedInCall,
  choice: SessionChoice,
  reason: SessionEndReason,
): Promise<string[]> {
  return transaction(call, (tx) => end(call, tx, { userId: call.actor.userId, choice, reason }));
}
