import type { FriendBlockedView, Page, UserCard } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { tell, type Told } from '../stream/index.ts';
import { getUserCard, lockUser, toUserCard } from '../user/index.ts';
import { deleteBlock, findBlocked, insertBlock } from './friend.block.repository.ts';
import { endFriendship } from './friend.changed.ts';
import { closePendingBetween, lockPair } from './friend.repository.ts';
import { toBlockedView, toRequestView } from './friend.view.ts';

/**
 * Blocks somebody: a friendship and a request that waits between the two end. The other one hears of
 * those ends as if the caller had ended them by hand, and nothing of the block. A closed account can be
 * blocked too, since its owner may come back.
 *
 * @throws AppError `FRIEND_BLOCK_SELF`, `USER_NOT_FOUND`, `FRIEND_BLOCK_EXISTS`
 */
export async function blockUser(
  call: SignedInCall,
  userId: string,
): Promise<{ id: string; relation: 'blocked' }> {
  const me = call.actor.userId;
  if (userId === me) {
    throw new AppError('FRIEND_BLOCK_SELF');
  }
  return transaction(call, async (tx) => {
    await lockPair(tx.db, me, userId);
    // Locked, so that no block is left of somebody who is erased at this moment.
    const user = await lockUser(tx.db, userId);
    if (!user || user.status === 'erased') {
      throw new AppError('USER_NOT_FOUND');
    }
    if (!(await insertBlock(tx.db, { blockerId: me, blockedId: userId, now: call.now }))) {
      throw new AppError('FRIEND_BLOCK_EXISTS');
    }
    const blocked = toUserCard(user);
    await tell(call, tx, [
      ...(await endPending(call, tx, blocked)),
      ...(await endFriendship(call, tx, userId)),
      { streamId: me, type: 'friend.blocked', body: toBlockedView(blocked, call.now) },
    ]);
    return { id: userId, relation: 'blocked' };
  });
}

/** What waits between the two ends as the caller would end it: their own is canceled, the other's declined. */
async function endPending(call: SignedInCall, tx: Tx, other: UserCard): Promise<Told[]> {
  const { actor, now } = call;
  const closed = await closePendingBetween(tx.db, actor.userId, other.id, now);
  if (closed.length === 0) {
    return [];
  }
  const me = await getUserCard(tx.db, actor.userId);
  return closed.flatMap((request) => {
    const type = request.sender_id === me.id ? 'friend.canceled' : 'friend.declined';
    return [
      { streamId: me.id, type, body: toRequestView(request, 'none', other) },
      { streamId: other.id, type, body: toRequestView(request, 'none', me) },
    ] as const;
  });
}

/** Lifts a block. What it has ended does not come back. @throws AppError `FRIEND_BLOCK_NOT_FOUND` */
export function unblockUser(
  call: SignedInCall,
  userId: string,
): Promise<{ id: string; relation: 'none' }> {
  const me = call.actor.userId;
  return transaction(call, async (tx) => {
    await lockPair(tx.db, me, userId);
    if (!(await deleteBlock(tx.db, me, userId))) {
      throw new AppError('FRIEND_BLOCK_NOT_FOUND');
    }
    await tell(call, tx, [{ streamId: me, type: 'friend.unblocked', body: { userId } }]);
    return { id: userId, relation: 'none' };
  });
}

/** Whom the caller has blocked, the newest first. */
export async function listBlocked(
  { app, actor }: SignedInCall,
  { cursor, limit }: { cursor?: string | null | undefined; limit: number },
): Promise<Page<FriendBlockedView>> {
  const before = readCursor(cursor, ['date', 'id']);
  const rows = await findBlocked(app.db, { userId: actor.userId, before, limit: limit + 1 });
  return toPage(
    rows,
    limit,
    (row) => toBlockedView(toUserCard(row), row.created_at),
    (row) => [row.created_at.getTime(), row.id],
  );
}
