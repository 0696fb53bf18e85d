import type { FriendRequestView, FriendView, Page } from '@chapar/contract';
import type { Call, SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { tell } from '../stream/index.ts';
import { toUserCard } from '../user/index.ts';
import { deleteBlocksOf } from './friend.block.repository.ts';
import { endFriendship, followChange } from './friend.changed.ts';
import { deleteFriendsOf, findFriends, findRequests, lockPair } from './friend.repository.ts';
import { toFriendView, toRequestView } from './friend.view.ts';

interface PageInput {
  cursor?: string | null | undefined;
  limit: number;
}

/** Ends a friendship, from either side. What was said in chat stays. */
export function removeFriend(
  call: SignedInCall,
  userId: string,
): Promise<{ id: string; relation: 'none' }> {
  const me = call.actor.userId;
  return transaction(call, async (tx) => {
    await lockPair(tx.db, me, userId);
    const told = await endFriendship(call, tx, userId);
    if (told.length === 0) {
      throw new AppError('FRIEND_NOT_FOUND');
    }
    await tell(call, tx, told);
    return { id: userId, relation: 'none' };
  });
}

/** The caller's friends, newest first. */
export async function listFriends(
  { app, actor }: SignedInCall,
  { cursor, limit }: PageInput,
): Promise<Page<FriendView>> {
  const before = readCursor(cursor, ['date', 'id']);
  const rows = await findFriends(app.db, { userId: actor.userId, before, limit: limit + 1 });
  return toPage(
    rows,
    limit,
    (row) => toFriendView(toUserCard(row), row.created_at),
    (row) => [row.created_at.getTime(), row.id],
  );
}

/** Requests that wait for an answer, newest first. */
export async function listRequests(
  { app, actor }: SignedInCall,
  { cursor, limit, relation }: PageInput & { relation?: 'incoming' | 'outgoing' | undefined },
): Promise<Page<FriendRequestView>> {
  const before = readCursor(cursor, ['date', 'id']);
  const { userId } = actor;
  const rows = await findRequests(app.db, { userId, relation, before, limit: limit + 1 });
  return toPage(
    rows,
    limit,
    (row) =>
      toRequestView(
        row,
        row.sender_id === userId ? 'outgoing' : 'incoming',
        toUserCard({ id: row.user_id, first_name: row.first_name, last_name: row.last_name }),
      ),
    (row) => [row.created_at.getTime(), row.id],
  );
}

/**
 * Erases a person from among their friends, who are told as of an end of friendship, and from the lists
 * of those who have blocked them.
 */
export async function forgetFriends(call: Call, tx: Tx, userId: string): Promise<void> {
  const friends = await deleteFriendsOf(tx.db, userId);
  for (const friendId of friends) {
    await followChange(call, tx, userId, friendId);
  }
  await tell(
    call,
    tx,
    friends.map((streamId) => ({ streamId, type: 'friend.removed', body: { userId } })),
  );
  const blockers = await deleteBlocksOf(tx.db, userId);
  await tell(
    call,
    tx,
    blockers.map((streamId) => ({ streamId, type: 'friend.unblocked', body: { userId } })),
  );
}
