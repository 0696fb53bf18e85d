import type { Me, UserCard } from '@chapar/contract';
import type { Call, SignedInCall } from '../../call.ts';
import type { Db } from '../../database/tables.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { openPersonalStream, tell } from '../stream/index.ts';
import { findActiveUser, findOrInsertUser, findUser, updateNames } from './user.repository.ts';
import { toMe, toUserCard } from './user.view.ts';

/** A name that is undefined stays as it is; null clears it. */
interface NewNames {
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
}

export async function getMe({ app, actor }: SignedInCall): Promise<Me> {
  const user = await findUser(app.db, actor.userId);
  if (!user) {
    throw new AppError('USER_NOT_FOUND');
  }
  return toMe(user);
}

/** Changes the caller's names; their other devices are told. */
export function updateMe(call: SignedInCall, { firstName, lastName }: NewNames): Promise<Me> {
  return transaction(call, async (tx) => {
    const user = await updateNames(tx.db, call.actor.userId, { firstName, lastName });
    await tell(call, tx, [{ streamId: user.id, type: 'user.updated', body: toUserCard(user) }]);
    return toMe(user);
  });
}

/**
 * The account of a phone number whose owner has just proved it, made on first use together with
 * its line of the live stream.
 *
 * @returns null when the account is closed
 */
export async function signInByPhone(
  call: Call,
  tx: Tx,
  phone: string,
): Promise<{ user: Me; isNew: boolean } | null> {
  const { user, isNew } = await findOrInsertUser(tx.db, {
    id: call.app.deps.newId(),
    phone,
    now: call.now,
  });
  if (user.status !== 'active') {
    return null;
  }
  if (isNew) {
    await openPersonalStream(tx, user.id);
  }
  return { user: toMe(user), isNew };
}

/** The card of somebody we know of, whether their account is open or closed. */
export async function getUserCard(db: Db, userId: string): Promise<UserCard> {
  const user = await findUser(db, userId);
  if (!user) {
    throw new AppError('USER_NOT_FOUND');
  }
  return toUserCard(user);
}

/** The card of somebody with an open account. @throws AppError `USER_NOT_FOUND` */
export async function requireUser(
  db: Db,
  by: { id: string } | { phone: string },
): Promise<UserCard> {
  const user = await findActiveUser(db, by);
  if (!user) {
    throw new AppError('USER_NOT_FOUND');
  }
  return toUserCard(user);
}
