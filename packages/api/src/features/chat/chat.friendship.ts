import type { Cause } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { areFriends } from '../friend/index.ts';
import { findDirect } from './chat.repository.ts';
import { lockStream, updateLine } from './chat.room.repository.ts';
import { directKeyOf } from './chat.rules.ts';

/**
 * Lets the direct conversation of two people take messages while they are friends, and no longer. Its stream
 * is locked: a message on its way is either before the end of the friendship, or not written.
 */
export async function followFriendship(
  _call: Cause,
  tx: Tx,
  [a, b]: readonly [string, string],
): Promise<void> {
  const conversationId = await findDirect(tx.db, directKeyOf(a, b));
  if (conversationId === undefined) {
    return;
  }
  await lockStream(tx.db, conversationId);
  const isOpen = await areFriends(tx.db, a, b);
  await updateLine(tx.db, conversationId, { message_open: isOpen });
}
