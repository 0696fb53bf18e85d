import type { AdminEventView, Page, Role } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { listEvents, record, toAdminEventView } from '../audit/index.ts';
import { voidCodes } from '../otp/index.ts';
import { setPasswordOf } from '../password/index.ts';
import { endSessionsOf } from '../session/index.ts';
import { changeStatus, findUser, lockUser, updateUser, type UserRow } from '../user/index.ts';
import { outranks } from './admin.rules.ts';

/**
 * Closes an account: its sessions end everywhere, and nobody can sign in to it.
 *
 * @param reason for staff; the person does not see it
 * @throws AppError `USER_NOT_FOUND`, `ADMIN_RANK`
 */
export function deactivateUser(
  call: SignedInCall,
  { userId, reason }: { userId: string; reason: string },
): Promise<void> {
  return transaction(call, async (tx) => {
    const user = await lockInferior(call, tx, userId);
    const to = { status: 'inactive' as const, inactiveReason: reason };
    if (!(await changeStatus(tx.db, userId, ['active', 'leaving'], to))) {
      return;
    }
    await voidCodes(call, tx, user);
    await record(call, tx, { type: 'deactivated', userId, actorId: call.actor.userId });
    const actorId = call.actor.userId;
    await endSessionsOf(call, tx, { userId, choice: 'all', reason: 'deactivated', actorId });
  });
}

/** Opens a closed account again. @throws AppError `USER_NOT_FOUND`, `ADMIN_RANK` */
export function reactivateUser(call: SignedInCall, userId: string): Promise<void> {
  return transaction(call, async (tx) => {
    await lockInferior(call, tx, userId);
    if (await changeStatus(tx.db, userId, ['inactive'], { status: 'active' })) {
      await record(call, tx, { type: 'reactivated', userId, actorId: call.actor.userId });
    }
  });
}

/** @throws AppError `USER_NOT_FOUND`, `ADMIN_RANK`, and what setting a password throws */
export async function setUserPassword(
  call: SignedInCall,
  input: { userId: string; password: string },
): Promise<void> {
  const user = await findUser(call.app.db, input.userId);
  requireInferior(call, user);
  await setPasswordOf(call, input);
}

/**
 * Makes somebody staff, an administrator, or a plain user again. Their sessions go on; the new
 * role counts from the next call.
 *
 * @throws AppError `USER_NOT_FOUND`, `ADMIN_RANK` for another administrator and for oneself
 */
export function setRole(
  call: SignedInCall,
  { userId, role }: { userId: string; role: Role },
): Promise<void> {
  return transaction(call, async (tx) => {
    const user = await lockInferior(call, tx, userId);
    if (user.role === role) {
      return;
    }
    await updateUser(tx.db, userId, { role });
    await record(call, tx, {
      type: 'role-changed',
      userId,
      actorId: call.actor.userId,
      detail: { from: user.role, to: role },
      isAlert: true,
    });
  });
}

/**
 * What is written down about an account, and what its owner has done as staff, newest first.
 *
 * @throws AppError `USER_NOT_FOUND`, `ADMIN_RANK` for somebody of a higher role
 */
export async function listUserEvents(
  { app, actor }: SignedInCall,
  { userId, cursor, limit }: { userId: string; cursor?: string | null | undefined; limit: number },
): Promise<Page<AdminEventView>> {
  const user = await findUser(app.db, userId);
  if (!user || user.status === 'erased') {
    throw new AppError('USER_NOT_FOUND');
  }
  if (outranks(user.role, actor.role)) {
    throw new AppError('ADMIN_RANK');
  }
  return listEvents(app.db, userId, { cursor, limit, withActs: true }, toAdminEventView);
}

async function lockInferior(call: SignedInCall, tx: Tx, userId: string): Promise<UserRow> {
  const user = await lockUser(tx.db, userId);
  return requireInferior(call, user);
}

function requireInferior({ actor }: SignedInCall, user: UserRow | undefined): UserRow {
  if (!user || user.status === 'erased') {
    throw new AppError('USER_NOT_FOUND');
  }
  if (!outranks(actor.role, user.role)) {
    throw new AppError('ADMIN_RANK');
  }
  return user;
}
