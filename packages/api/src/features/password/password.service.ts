import type { Call, SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { record } from '../audit/index.ts';
import { afterRedeem, checkCode, giveBack, keepingCode, redeem, voidCodes } from '../otp/index.ts';
import { endSessionsOf, readActor, requireFresh } from '../session/index.ts';
import { findAccount, findUser, readKind, type UserRow } from '../user/index.ts';
import { requireOffered } from './password.method.ts';
import { deleteDelays, deletePassword, findPassword, upsertHash } from './password.repository.ts';
import { requireStrong, type PasswordOwner } from './password.strength.ts';
import { beginTry, nameOfPerson, namesOfAccount, undoTry } from './password.tries.ts';

const freshSeconds = 300;

/**
 * Sets the caller's first password or replaces the one they have: with the one they have, or
 * within five minutes of having proved who they are (OWASP ASVS 5.0, 6.2.3). Their other sessions
 * end.
 *
 * @throws AppError `SESSION_NOT_FRESH`, `PASSWORD_WRONG`, `PASSWORD_TOO_MANY_TRIES`,
 *   `PASSWORD_WEAK`, `BUSY`, `AUTH_METHOD_OFF`, `SESSION_ENDED` when it ended meanwhile
 */
export async function setPassword(
  call: SignedInCall,
  { password, current }: { password: string; current: string | undefined },
): Promise<void> {
  const { app, actor } = call;
  requireOffered(app);
  if (current === undefined) {
    requireFresh(call, freshSeconds);
  } else {
    await checkPassword(call, current);
  }
  const user = await requireRow(call, actor.userId);
  await requireStrong(app, password, ownerOf(user));
  const hash = await app.hasher.hash(password);
  await transaction(call, async (tx) => {
    await replace(call, tx, { user, hash, keepSession: actor.sessionId });
    // Somebody else may have changed it, and ended this session, while the hash was made.
    await readActor({ ...call, app: { ...app, db: tx.db } }, call.connection.auth);
    await record(call, tx, {
      type: 'password-set',
      userId: user.id,
      sessionId: actor.sessionId,
      isAlert: true,
    });
  });
}

/**
 * Compares the caller's password once more.
 *
 * @throws AppError `PASSWORD_WRONG`, `PASSWORD_TOO_MANY_TRIES`, `BUSY`, `AUTH_METHOD_OFF`
 */
export async function checkPassword(call: SignedInCall, password: string): Promise<void> {
  const { app, actor } = call;
  requireOffered(app);
  const name = nameOfPerson(actor.userId);
  await beginTry(call, name);
  const stored = await findPassword(app.db, actor.userId);
  const { isRight } = await undoTry(call, name, () =>
    app.hasher.verify(password, stored?.hash ?? null),
  );
  if (!isRight) {
    throw new AppError('PASSWORD_WRONG');
  }
  await deleteDelays(app.db, [name]);
}

/** A code for a new password, as its owner gives it back. */
export interface ResetCode {
  challengeId: string;
  code: string;
}

/**
 * Says whether a code for a new password is right, and leaves it as it is. A wrong one costs an
 * attempt.
 *
 * @throws AppError `OTP_CODE_INVALID`, `OTP_EXPIRED`, `OTP_CHALLENGE_LOCKED`, `AUTH_METHOD_OFF`
 */
export async function checkResetCode(call: Call, code: ResetCode): Promise<void> {
  requireOffered(call.app);
  await giveBack(call, await checkCode(call, { ...code, purpose: 'reset-password', userId: null }));
}

/**
 * Sets a new password by a code and ends every session of the account, the thief's among them.
 *
 * @throws AppError the errors of a code, `PASSWORD_WEAK`, `USER_INACTIVE`, `USER_NOT_FOUND`,
 *   `USER_KIND_UNKNOWN`, `BUSY`, `AUTH_METHOD_OFF`
 */
export async function resetPassword(
  call: Call,
  input: ResetCode & { password: string; kind: string | undefined },
): Promise<void> {
  const { app } = call;
  const { challengeId, code, password } = input;
  requireOffered(app);
  const kind = readKind(app.config, input.kind);
  await requireStrong(app, password, {});
  const given = { challengeId, code, purpose: 'reset-password' as const, userId: null };
  const right = await checkCode(call, given);
  const { user, hash } = await keepingCode(call, right, async () => {
    const found = await findAccount(app.db, { contact: right.contact, kind });
    if (!found) {
      throw new AppError('USER_NOT_FOUND');
    }
    if (found.status === 'inactive') {
      throw new AppError('USER_INACTIVE');
    }
    await requireStrong(app, password, ownerOf(found));
    return { user: found, hash: await app.hasher.hash(password) };
  });
  await transaction(call, async (tx) => {
    await redeem(call, tx, right);
    await replace(call, tx, { user, hash, keepSession: null });
    await record(call, tx, { type: 'password-reset', userId: user.id, isAlert: true });
  });
  await afterRedeem(call, right);
}

/** Sets somebody else's password, for staff. Every session of theirs ends. */
export async function setPasswordOf(
  call: SignedInCall,
  { userId, password }: { userId: string; password: string },
): Promise<void> {
  const { app, actor } = call;
  requireOffered(app);
  const user = await requireRow(call, userId);
  await requireStrong(app, password, ownerOf(user));
  const hash = await app.hasher.hash(password);
  await transaction(call, async (tx) => {
    await replace(call, tx, { user, hash, keepSession: null, actorId: actor.userId });
    await record(call, tx, {
      type: 'password-set',
      userId,
      actorId: actor.userId,
      isAlert: true,
    });
  });
}

/** Erases a person's password and the failures counted under their names. */
export async function forgetPassword(call: Call, tx: Tx, user: UserRow): Promise<void> {
  await deletePassword(tx.db, user.id);
  await deleteDelays(tx.db, [...namesOfAccount(call.app, user), nameOfPerson(user.id)]);
}

async function replace(
  call: Call,
  tx: Tx,
  change: { user: UserRow; hash: string; keepSession: string | null; actorId?: string },
): Promise<void> {
  const { user, hash, keepSession, actorId } = change;
  await upsertHash(tx.db, { userId: user.id, hash, now: call.now });
  await deleteDelays(tx.db, [...namesOfAccount(call.app, user), nameOfPerson(user.id)]);
  await voidCodes(call, tx, user);
  await endSessionsOf(call, tx, {
    userId: user.id,
    choice: keepSession === null ? 'all' : { allBut: keepSession },
    reason: 'password-changed',
    ...(actorId === undefined ? {} : { actorId }),
  });
}

async function requireRow(call: Call, userId: string): Promise<UserRow> {
  const user = await findUser(call.app.db, userId);
  if (!user || user.status === 'erased') {
    throw new AppError('USER_NOT_FOUND');
  }
  return user;
}

function ownerOf(user: UserRow): PasswordOwner {
  const { phone, email, first_name: firstName, last_name: lastName } = user;
  return { phone, email, firstName, lastName };
}
