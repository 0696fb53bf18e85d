import type { Me, OtpRequested } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { contactOf, readContact, type Contact } from '../../kernel/contact.ts';
import { record } from '../audit/index.ts';
import { afterRedeem, challenge, checkCode, redeem, voidCodes } from '../otp/index.ts';
import { endSessionsOf } from '../session/index.ts';
import { lockUser, tellUpdated, toMe, updateUser, type UserRow } from '../user/index.ts';
import { queueNotice } from './account.notice.ts';

/** A code with its challenge, as the person gives it back. */
export interface Code {
  challengeId: string;
  code: string;
}

/**
 * Sends a code to the phone number that is to be the caller's new one.
 *
 * @throws AppError `PHONE_INVALID` and what {@link challenge} throws
 */
export function requestPhone(
  call: SignedInCall,
  { phone, captcha }: { phone: string; captcha: string | undefined },
): Promise<OtpRequested> {
  const { app, actor } = call;
  const contact = readContact({ phone }, app.config.defaultCountry);
  return challenge(call, { contact, purpose: 'change-phone', userId: actor.userId, captcha });
}

/**
 * Makes the number that a code has proved the caller's. The old number is told, every other
 * session ends, and so do all codes under way: whoever took the old SIM card has nothing left.
 *
 * @throws AppError the errors of a code, `USER_PHONE_TAKEN`
 */
export async function changePhone(call: SignedInCall, code: Code): Promise<Me> {
  const { actor, now } = call;
  const right = await checkCode(call, { ...code, purpose: 'change-phone', userId: actor.userId });
  const phone = right.contact.address;
  const me = await refusingTaken('USER_PHONE_TAKEN', () =>
    transaction(call, async (tx) => {
      const before = await requireRow(tx, actor.userId);
      await redeem(call, tx, right);
      await voidCodes(call, tx, before);
      const user = await updateUser(tx.db, actor.userId, { phone, phone_changed_at: now });
      const others = { allBut: actor.sessionId };
      await endSessionsOf(call, tx, {
        userId: actor.userId,
        choice: others,
        reason: 'phone-changed',
      });
      await finish(call, tx, { before, user, type: 'phone-changed' });
      if (before.phone !== null) {
        await notify(call, tx, before, contactOf('sms', before.phone));
      }
      return toMe(user);
    }),
  );
  await afterRedeem(call, right);
  return me;
}

/**
 * Mails a code to the address that is to be the caller's. Asking again sends another one.
 *
 * @throws AppError what {@link challenge} throws
 */
export function requestEmail(call: SignedInCall, email: string): Promise<OtpRequested> {
  const contact = contactOf('mail', email);
  const { userId } = call.actor;
  return challenge(call, { contact, purpose: 'confirm-email', userId, captcha: undefined });
}

/**
 * Makes the address that a code has proved the caller's. The address before is told, and codes
 * that were mailed to it prove nothing any more.
 *
 * @throws AppError the errors of a code, `USER_EMAIL_TAKEN`
 */
export async function confirmEmail(call: SignedInCall, code: Code): Promise<Me> {
  const { actor } = call;
  const right = await checkCode(call, { ...code, purpose: 'confirm-email', userId: actor.userId });
  const email = right.contact.address;
  return refusingTaken('USER_EMAIL_TAKEN', () =>
    transaction(call, async (tx) => {
      const before = await requireRow(tx, actor.userId);
      await redeem(call, tx, right);
      const user = await updateUser(tx.db, actor.userId, { email });
      await finish(call, tx, { before, user, type: 'email-changed' });
      if (before.email !== null && before.email !== email) {
        await voidCodes(call, tx, { id: before.id, phone: null, email: before.email });
        await notify(call, tx, before, contactOf('mail', before.email));
      }
      return toMe(user);
    }),
  );
}

async function finish(
  call: SignedInCall,
  tx: Tx,
  change: { before: UserRow; user: UserRow; type: 'phone-changed' | 'email-changed' },
): Promise<void> {
  const { user, type } = change;
  const { sessionId } = call.actor;
  await record(call, tx, { type, userId: user.id, sessionId, isAlert: true });
  await tellUpdated(call, tx, user);
}

/** Tells a contact that it is the account's no longer, in the language that its owner has chosen. */
function notify(call: SignedInCall, tx: Tx, user: UserRow, contact: Contact): Promise<void> {
  return queueNotice(call, tx, contact, user.language ?? call.connection.language);
}

async function requireRow(tx: Tx, userId: string): Promise<UserRow> {
  const user = await lockUser(tx.db, userId);
  if (user?.status !== 'active') {
    throw new AppError('SESSION_ENDED');
  }
  return user;
}

/** SQLSTATE of a unique constraint that would not hold (PostgreSQL, appendix A). */
const uniqueViolation = '23505';

/** Whoever has proved a contact may know that somebody else's account has it. */
async function refusingTaken<T>(
  code: 'USER_PHONE_TAKEN' | 'USER_EMAIL_TAKEN',
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === uniqueViolation) {
      throw new AppError(code, { cause: error });
    }
    throw error;
  }
}
