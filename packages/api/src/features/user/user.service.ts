import type { Me, UserCard, UserUpdate } from '@chapar/contract';
import type { Call, SignedInCall } from '../../call.ts';
import type { Db } from '../../database/tables.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError, fieldError } from '../../errors.ts';
import { dayIn } from '../../kernel/calendar.ts';
import { tell } from '../stream/index.ts';
import { findActiveUser, findUser, updateUser, type UserRow } from './user.repository.ts';
import { WireResult } from '../../wire-output.ts';
import { refuseBirthday } from './user.rules.ts';
import { toMe, toUserCard } from './user.view.ts';

export async function getMe({ app, actor }: SignedInCall): Promise<WireResult<Me>> {
  const user = await app.users.add(actor.userId);
  if (!user) {
    throw new AppError('USER_NOT_FOUND');
  }
  return meToWire(toMe(user));
}

const meToWire = WireResult.dated<Me>(['createdAt']);

/** Changes the caller's profile; their other devices are told. What is undefined stays. */
export function updateMe(call: SignedInCall, changes: UserUpdate): Promise<Me> {
  return transaction(call, async (tx) => {
    if (typeof changes.birthday === 'string') {
      const zone =
        changes.timeZone === undefined
          ? (await findUser(tx.db, call.actor.userId))?.time_zone
          : changes.timeZone;
      checkBirthday(call, changes.birthday, zone ?? null);
    }
    const user = await updateUser(tx.db, call.actor.userId, {
      first_name: changes.firstName,
      last_name: changes.lastName,
      birthday: changes.birthday,
      language: changes.language,
      time_zone: changes.timeZone,
      presence_visibility: changes.presenceVisibility,
      shows_receipts: changes.showsReceipts,
    });
    await tellUpdated(call, tx, user);
    return toMe(user);
  });
}

/** Tells a person's own devices what they look like now. */
export function tellUpdated(call: Call, tx: Tx, user: UserRow): Promise<void> {
  return tell(call, tx, [{ streamId: user.id, type: 'user.updated', body: toUserCard(user) }]);
}

/** @throws AppError `INPUT_INVALID` with one of three reasons */
export function checkBirthday(call: Call, birthday: string, timeZone: string | null): void {
  const { account, defaultTimeZone } = call.app.config;
  const today = dayIn(timeZone ?? defaultTimeZone, call.now);
  const reason = refuseBirthday(birthday, today, account);
  if (reason) {
    throw fieldError('birthday', reason);
  }
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
  by: { id: string } | { phone: string; kind: string },
): Promise<UserCard> {
  const user = await findActiveUser(db, by);
  if (!user) {
    throw new AppError('USER_NOT_FOUND');
  }
  return toUserCard(user);
}
