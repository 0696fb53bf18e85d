import type { FriendRequestView, UserCard } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { requirePhone } from '../../kernel/phone.ts';
import { tell } from '../stream/index.ts';
import { requireUser } from '../user/index.ts';
import { acceptPending } from './friend.answer.ts';
import { findBlockers } from './friend.block.repository.ts';
import { areFriends, findPendingBetween, insertRequest, lockPair } from './friend.repository.ts';
import { decideRequest, type Refusal } from './friend.rules.ts';
import { toRequestView } from './friend.view.ts';

/**
 * Asks somebody to be friends. When the other one has asked already, both are friends now; two
 * people who ask each other at the same instant become friends once.
 *
 * @throws AppError `USER_NOT_FOUND` (by whom the caller is blocked, too), `PHONE_INVALID`,
 *   `FRIEND_SELF`, `FRIEND_BLOCKED`, `FRIEND_ALREADY`, `FRIEND_REQUEST_EXISTS`
 */
export async function requestFriend(
  call: SignedInCall,
  who: { userId: string } | { phone: string },
): Promise<FriendRequestView> {
  const { app, actor } = call;
  const other = await requireUser(app.db, toKey(call, who));
  if (other.id === actor.userId) {
    throw new AppError('FRIEND_SELF');
  }
  const me = await requireUser(app.db, { id: actor.userId });
  return transaction(call, async (tx) => {
    await lockPair(tx.db, me.id, other.id);
    const pending = await findPendingBetween(tx.db, me.id, other.id);
    const decision = decideRequest(
      {
        blockedBy: await findBlockers(tx.db, me.id, other.id),
        areFriends: await areFriends(tx.db, me.id, other.id),
        pending: pending ? { id: pending.id, senderId: pending.sender_id } : null,
      },
      me.id,
    );
    if (decision.do === 'create') {
      return create(call, tx, me, other);
    }
    if (decision.do === 'accept') {
      return acceptPending(call, tx, { requestId: decision.requestId, me, other });
    }
    throw refusalOf(decision, other.id);
  });
}

function refusalOf(decision: Refusal, otherId: string): AppError {
  switch (decision.reason) {
    case 'blocked':
      return new AppError('FRIEND_BLOCKED', { data: { userId: otherId } });
    case 'hidden':
      return new AppError('USER_NOT_FOUND');
    case 'friends':
      return new AppError('FRIEND_ALREADY');
    case 'requested':
      return new AppError('FRIEND_REQUEST_EXISTS', { data: { requestId: decision.requestId } });
  }
}

function toKey(
  { app }: SignedInCall,
  who: { userId: string } | { phone: string },
): { id: string } | { phone: string; kind: string } {
  if ('userId' in who) {
    return { id: who.userId };
  }
  const { e164 } = requirePhone(who.phone, app.config.defaultCountry);
  return { phone: e164, kind: app.config.accountKinds[0] };
}

async function create(
  call: SignedInCall,
  tx: Tx,
  me: UserCard,
  other: UserCard,
): Promise<FriendRequestView> {
  const request = await insertRequest(tx.db, {
    id: call.app.deps.newId(),
    senderId: me.id,
    recipientId: other.id,
    now: call.now,
  });
  const mine = toRequestView(request, 'outgoing', other);
  await tell(call, tx, [
    { streamId: me.id, type: 'friend.requested', body: mine },
    { streamId: other.id, type: 'friend.requested', body: toRequestView(request, 'incoming', me) },
  ]);
  return mine;
}
