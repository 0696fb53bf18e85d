import type { Cause, SignedInCall } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import type { Told } from '../stream/index.ts';
import { deleteFriendship } from './friend.repository.ts';

/**
 * Lets other features follow two people who have become friends, or are friends no more: in the same
 * transaction, and before anything is told to anybody's own line.
 */
export async function followChange(cause: Cause, tx: Tx, a: string, b: string): Promise<void> {
  for (const follow of cause.app.friendshipChanged) {
    await follow(cause, tx, [a, b]);
  }
}

/**
 * Ends the caller's friendship with somebody, under the lock of the two.
 *
 * @returns what to tell in the same transaction; nothing where there was none
 */
export async function endFriendship(call: SignedInCall, tx: Tx, other: string): Promise<Told[]> {
  const me = call.actor.userId;
  if (!(await deleteFriendship(tx.db, me, other))) {
    return [];
  }
  await followChange(call, tx, me, other);
  return [
    { streamId: me, type: 'friend.removed', body: { userId: other } },
    { streamId: other, type: 'friend.removed', body: { userId: me } },
  ];
}
