import type { Call } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { contactOf, type Contact } from '../../kernel/contact.ts';
import type { CodePurpose } from './otp.challenge.ts';
import { clearSource } from './otp.budget.ts';
import { isCode } from './otp.code.ts';
import {
  consume,
  refundAttempt,
  spendAttempt,
  type SpentAttempt,
} from './otp.attempt.repository.ts';
import { findChallenge } from './otp.repository.ts';
import { explainRefusal } from './otp.rules.ts';

/** A code as somebody gives it back, for one purpose. */
export interface GivenCode {
  challengeId: string;
  code: string;
  purpose: CodePurpose;
  /** Who gives it, where they have to be signed in. */
  userId: string | null;
}

/** A code that was right. It is used up by {@link redeem} in the transaction that it is for. */
export interface RightCode {
  challengeId: string;
  contact: Contact;
}

/**
 * Compares a code. The attempt is spent before, in a statement of its own; a code for another
 * purpose, person, device or challenge is as wrong as any other.
 *
 * @throws AppError `OTP_CODE_INVALID`, `OTP_EXPIRED`, `OTP_CHALLENGE_LOCKED`
 */
export async function checkCode(call: Call, given: GivenCode): Promise<RightCode> {
  const { challengeId, code, purpose, userId } = given;
  const spent = await spendOrRefuse(call, challengeId);
  const { deviceKey } = call.connection;
  const binding = { challengeId, contact: spent.contact, purpose, userId, deviceKey };
  if (!isCode(call.app.secrets, binding, code, spent.code_hash)) {
    throw new AppError('OTP_CODE_INVALID');
  }
  return { challengeId, contact: contactOf(spent.channel, spent.contact) };
}

/**
 * Uses a right code up. Of parallel callers one does.
 *
 * @throws AppError `OTP_EXPIRED` when somebody was faster
 */
export async function redeem(call: Call, tx: Tx, { challengeId }: RightCode): Promise<void> {
  if (!(await consume(tx.db, challengeId, call.now))) {
    throw new AppError('OTP_EXPIRED');
  }
}

/** To be called once the transaction that used a code has committed. */
export async function afterRedeem(call: Call, { contact }: RightCode): Promise<void> {
  if (contact.channel === 'sms') {
    await clearSource(call);
  }
}

/** Leaves a right code as if it had not been looked at. */
export async function giveBack({ app }: Call, right: RightCode): Promise<void> {
  await refundAttempt(app.db, right.challengeId);
}

/** Does what a right code is for; when it cannot be done, the code stays right. */
export async function keepingCode<T>(
  call: Call,
  right: RightCode,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await giveBack(call, right);
    throw error;
  }
}

async function spendOrRefuse({ app, now }: Call, challengeId: string): Promise<SpentAttempt> {
  const { attemptsPerChallenge, wrongPerContactPerDay } = app.config.otp;
  const spent = await spendAttempt(app.pool, { challengeId, attemptsPerChallenge, now });
  if (spent) {
    if (spent.wrong > wrongPerContactPerDay) {
      throw new AppError('OTP_CHALLENGE_LOCKED');
    }
    return spent;
  }
  const row = await findChallenge(app.db, challengeId);
  const why = explainRefusal(
    row && {
      attempts: row.attempts,
      expiresAt: row.expires_at,
      consumedAt: row.consumed_at,
      replacedAt: row.replaced_at,
      failedAt: row.failed_at,
    },
    now,
  );
  throw new AppError(why === 'locked' ? 'OTP_CHALLENGE_LOCKED' : 'OTP_EXPIRED');
}
