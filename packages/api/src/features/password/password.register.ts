import type { Device, OtpRequested, Registered } from '@chapar/contract';
import type { Call } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError, fieldError, isAppError } from '../../errors.ts';
import { contactOf } from '../../kernel/contact.ts';
import {
  afterRedeem,
  challenge,
  checkCode,
  keepingCode,
  redeem,
  type RightCode,
} from '../otp/index.ts';
import { startSession } from '../session/index.ts';
import { checkBirthday, createUser, readKind, toMe } from '../user/index.ts';
import { requireOffered } from './password.method.ts';
import { upsertHash } from './password.repository.ts';
import { requireStrong } from './password.strength.ts';

export interface Registration {
  challengeId: string;
  code: string;
  kind: string | undefined;
  password: string;
  firstName: string;
  lastName: string;
  birthday: string | undefined;
  email: string | undefined;
  device: Device | undefined;
}

/**
 * Makes an account with a password for a phone number or e-mail address that a code has proved.
 * That the contact has an account already is told to its owner only: to nobody before the code.
 *
 * @throws AppError `PASSWORD_WEAK`, `INPUT_INVALID` (birthday), the errors of a code,
 *   `USER_PHONE_TAKEN`, `USER_EMAIL_TAKEN`, `USER_KIND_UNKNOWN`, `BUSY`, `AUTH_METHOD_OFF`
 */
export async function register(call: Call, input: Registration): Promise<Registered> {
  const { app } = call;
  const { challengeId, code, password, firstName, lastName, birthday, email, device } = input;
  requireOffered(app);
  const kind = readKind(app.config, input.kind);
  if (birthday !== undefined) {
    checkBirthday(call, birthday, null);
  }
  await requireStrong(app, password, { firstName, lastName, email: email ?? null });
  const right = await checkCode(call, { challengeId, code, purpose: 'register', userId: null });
  const hash = await hashFor(call, right, { password, email });
  const registered = await transaction(call, async (tx) => {
    await redeem(call, tx, right);
    const name = { contact: right.contact, kind };
    const user = await createUser(call, tx, { name, firstName, lastName, birthday });
    if (!user) {
      throw new AppError(right.contact.channel === 'sms' ? 'USER_PHONE_TAKEN' : 'USER_EMAIL_TAKEN');
    }
    await upsertHash(tx.db, { userId: user.id, hash, now: call.now });
    const start = { userId: user.id, device, method: 'password' as const };
    const pair = await startSession(call, tx, start);
    return { ...pair, user: toMe(user), isNewUser: true, isRestored: false };
  });
  await afterRedeem(call, right);
  const emailChallenge = await confirmLater(call, right, registered.user.id, email);
  return { ...registered, emailChallenge };
}

/** Checks what depends on the contact, which is known by now, and hashes the password. */
function hashFor(
  call: Call,
  right: RightCode,
  { password, email }: { password: string; email: string | undefined },
): Promise<string> {
  const { channel, address } = right.contact;
  return keepingCode(call, right, async () => {
    if (channel === 'mail' && email !== undefined && email !== address) {
      throw fieldError('email', 'one-contact');
    }
    const owner = channel === 'sms' ? { phone: address } : { email: address };
    await requireStrong(call.app, password, owner);
    return call.app.hasher.hash(password);
  });
}

/** Mails the code that confirms a further address. The account is there whether it works or not. */
async function confirmLater(
  call: Call,
  { contact }: RightCode,
  userId: string,
  email: string | undefined,
): Promise<OtpRequested | null> {
  if (email === undefined || contact.channel === 'mail') {
    return null;
  }
  try {
    return await challenge(call, {
      contact: contactOf('mail', email),
      purpose: 'confirm-email',
      userId,
      captcha: undefined,
    });
  } catch (error) {
    if (isAppError(error)) {
      return null;
    }
    throw error;
  }
}
