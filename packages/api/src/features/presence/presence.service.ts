import type { PresenceEvent } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { SignedInCall } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { deleteOrphans, deletePresences } from './presence.repository.ts';

/**
 * How these people are and how they change, until the call is aborted. A peer that does not read gets
 * nothing, and afterwards how everybody is then.
 *
 * @param drained resolves false when the peer reads too slowly
 */
export async function* watchPresence(
  { app, actor, signal }: SignedInCall,
  userIds: readonly string[],
  drained: () => Promise<boolean>,
): AsyncGenerator<PresenceEvent, void> {
  const watch = app.presence.watch(actor.userId, userIds);
  const isOver = (): boolean => signal.aborted || watch.isOver;
  try {
    while (!isOver()) {
      await watch.ready(signal);
      if (await drained()) {
        yield* watch.take();
      }
    }
  } finally {
    app.presence.unwatch(watch);
  }
}

/** Erases where a person is online. */
export function forgetPresence(tx: Tx, userId: string): Promise<void> {
  return deletePresences(tx.db, userId);
}

/** Removes what dead nodes have left. @returns how many rows */
export function forgetLostPresences(app: App): Promise<number> {
  return deleteOrphans(app.db);
}
