import type { FriendRequestView, UserCard } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { tell } from '../stream/index.ts';
import { getUserCard, requireUser } from '../user/index.ts';
import { followChange } from './friend.changed.ts';
import { closeRequest, findRequest, insertFriendship, lockPair } from './friend.repository.ts';
import { toRequestView } from './friend.view.ts';

/** The recipient says yes. @throws AppError `FRIEND_REQUEST_NOT_FOUND` */
export function acceptRequest(call: SignedInCall, requestId: string): Promise<FriendRequestView> {
  return transaction(call, async (tx) => {
    const me = await requireUser(tx.db, { id: call.actor.userId });
    await lockRequest(tx, requestId, me.id);
    return acceptPending(call, tx, { requestId, me, other: null });
  });
}

/** The recipient says no. @throws AppError `FRIEND_REQUEST_NOT_FOUND` */
export function declineRequest(call: SignedInCall, requestId: string): Promise<FriendRequestView> {
  return dropRequest(call, requestId, 'declined');
}

/** The sender takes it back. @throws AppError `FRIEND_REQUEST_NOT_FOUND` */
export function cancelRequest(call: SignedInCall, requestId: string): Promise<FriendRequestView> {
  return dropRequest(call, requestId, 'canceled');
}

/**
 * Accepts in an open transaction, which has locked the pair. The conditional update decides a race: a request is answered
 * once.
 *
 * @param other the sender, where the caller has read them already
 */
export async function acceptPending(
  call: SignedInCall,
  tx: Tx,
  { requestId, me, other }: { requestId: string; me: UserCard; other: UserCard | null },
): Promise<FriendRequestView> {
  const { now } = call;
  const by = { recipientId: me.id };
  const request = await closeRequest(tx.db, { requestId, by, status: 'accepted', now });
  if (!request) {
    throw new AppError('FRIEND_REQUEST_NOT_FOUND');
  }
  const sender = other ?? (await requireUser(tx.db, { id: request.sender_id }));
  await insertFriendship(tx.db, me.id, sender.id, now);
  await followChange(call, tx, me.id, sender.id);
  const mine = toRequestView(request, 'friends', sender);
  await tell(call, tx, [
    { streamId: me.id, type: 'friend.accepted', body: mine },
    { streamId: sender.id, type: 'friend.accepted', body: toRequestView(request, 'friends', me) },
  ]);
  return mine;
}

/**
 * Makes what happens to a request take turns with everything else between its two people, such as a
 * block. A stranger makes nobody wait.
 */
async function lockRequest(tx: Tx, requestId: string, userId: string): Promise<void> {
  const request = await findRequest(tx.db, requestId);
  if (!request || ![request.sender_id, request.recipient_id].includes(userId)) {
    throw new AppError('FRIEND_REQUEST_NOT_FOUND');
  }
  await lockPair(tx.db, request.sender_id, request.recipient_id);
}

function dropRequest(
  call: SignedInCall,
  requestId: string,
  status: 'declined' | 'canceled',
): Promise<FriendRequestView> {
  const { actor, now } = call;
  return transaction(call, async (tx) => {
    await lockRequest(tx, requestId, actor.userId);
    const by = status === 'declined' ? { recipientId: actor.userId } : { senderId: actor.userId };
    const request = await closeRequest(tx.db, { requestId, by, status, now });
    if (!request) {
      throw new AppError('FRIEND_REQUEST_NOT_FOUND');
    }
    const otherId = status === 'declined' ? request.sender_id : request.recipient_id;
    const me = await getUserCard(tx.db, actor.userId);
    const other = await getUserCard(tx.db, otherId);
    const mine = toRequestView(request, 'none', other);
    await tell(call, tx, [
      { streamId: me.id, type: `friend.${status}`, body: mine },
      { streamId: other.id, type: `friend.${status}`, body: toRequestView(request, 'none', me) },
    ]);
    return mine;
  });
}
