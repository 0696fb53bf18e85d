import type { Device, Login, OtpPurpose, OtpRequested } from '@chapar/contract';
import type { Call } from '../../call.ts';
import type { ApiConfig } from '../../deps.ts';
import type { Tx } from '../../database/transaction.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readContact } from '../../kernel/contact.ts';
import { WireResult } from '../../wire-output.ts';
import { startSession } from '../session/index.ts';
import { cancelSms } from '../sms/index.ts';
import { enterByContact, readKind } from '../user/index.ts';
import { challenge } from './otp.challenge.ts';
import { enterAtOnce } from './otp.enter.ts';
import { afterRedeem, checkCode, redeem, type RightCode } from './otp.redeem.ts';
import { deleteChallengesOf, replaceOpen } from './otp.repository.ts';

/** Which method of signing in a purpose belongs to. */
const methodOf = { login: 'otp', register: 'password', 'reset-password': 'password' } as const;

function requireOffered({ authMethods }: ApiConfig, purpose: OtpPurpose): void {
  if (!authMethods.includes(methodOf[purpose])) {
    throw new AppError('AUTH_METHOD_OFF');
  }
}

/**
 * Sends a code to a phone number or an e-mail address.
 *
 * @throws AppError `PHONE_INVALID`, `AUTH_METHOD_OFF`, and what {@link challenge} throws
 */
export function requestOtp(
  call: Call,
  input: {
    phone: string | undefined;
    email: string | undefined;
    purpose: OtpPurpose;
    captcha: string | undefined;
  },
): Promise<OtpRequested> {
  const { purpose, captcha } = input;
  requireOffered(call.app.config, purpose);
  const contact = readContact(input, call.app.config.defaultCountry);
  return challenge(call, { contact, purpose, userId: null, captcha });
}

/** A code that somebody signs in by, and where. */
interface OtpLogin {
  challengeId: string;
  code: string;
  kind: string | undefined;
  device: Device | undefined;
}

const loginToWire = WireResult.dated<Login>(['user.createdAt']);

/**
 * Signs in by a code: one transaction uses it up, finds or makes the account and starts the
 * session. Where the account is there and open, the transaction is one statement.
 *
 * @throws AppError `OTP_CODE_INVALID`, `OTP_EXPIRED`, `OTP_CHALLENGE_LOCKED`, `USER_INACTIVE`,
 *   `USER_KIND_UNKNOWN`, `AUTH_METHOD_OFF`
 */
export async function verifyOtp(call: Call, input: OtpLogin): Promise<WireResult<Login>> {
  const { challengeId, code, device } = input;
  requireOffered(call.app.config, 'login');
  const kind = readKind(call.app.config, input.kind);
  const right = await checkCode(call, { challengeId, code, purpose: 'login', userId: null });
  const entry = { kind, device };
  const login = await enterAtOnce(call, right, entry);
  return loginToWire(login ?? (await enterStepByStep(call, right, entry)));
}

/** Whatever state the account is in, and whoever else is at it. */
async function enterStepByStep(
  call: Call,
  right: RightCode,
  { kind, device }: Pick<OtpLogin, 'device'> & { kind: string },
): Promise<Login> {
  const { contact } = right;
  const login = await transaction(call, async (tx) => {
    await redeem(call, tx, right);
    const { user, isNew, isRestored } = await enterByContact(call, tx, { contact, kind });
    const pair = await startSession(call, tx, { userId: user.id, device, method: 'otp' });
    return { ...pair, user, isNewUser: isNew, isRestored };
  });
  await afterRedeem(call, right);
  return login;
}

/** Voids every code that could still change something about an account. */
export async function voidCodes(
  call: Call,
  tx: Tx,
  user: { id: string; phone: string | null; email: string | null },
): Promise<void> {
  const contacts = [user.phone, user.email].filter((contact) => contact !== null);
  const all = [{ userId: user.id }, ...contacts.map((contact) => ({ contact }))];
  const voided: string[] = [];
  for (const codes of all) {
    voided.push(...(await replaceOpen(tx.db, codes, call.now)));
  }
  await cancelSms(call, tx, voided);
}

/** Erases every code of a person. */
export function forgetCodes(tx: Tx, userId: string, contacts: readonly string[]): Promise<void> {
  return deleteChallengesOf(tx.db, userId, contacts);
}
