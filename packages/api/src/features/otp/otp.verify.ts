import type { Device, OtpVerified } from '@chapar/contract';
import type { Call } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { startSession } from '../session/index.ts';
import { signInByPhone } from '../user/index.ts';
import { isCode } from './otp.code.ts';
import {
  consume,
  findChallenge,
  refundAttempt,
  spendAttempt,
  type SpentAttempt,
} from './otp.repository.ts';
import { explainRefusal } from './otp.rules.ts';

/**
 * Signs in by a code. The attempt is spent before the comparison, in a statement of its own;
 * then one transaction uses the code up, finds or makes the account and starts the session.
 *
 * @throws AppError `OTP_CODE_INVALID`, `OTP_EXPIRED`, `OTP_CHALLENGE_LOCKED`, `USER_INACTIVE`
 */
export async function verifyOtp(
  call: Call,
  input: { challengeId: string; code: string; device: Device | undefined },
): Promise<OtpVerified> {
  const { challengeId } = input;
  const { phone, purpose, code_hash: hash } = await spendOrRefuse(call, challengeId);
  if (!isCode(call.app.secrets, { challengeId, phone, purpose }, input.code, hash)) {
    throw new AppError('OTP_CODE_INVALID');
  }
  return transaction(call, async (tx) => {
    if (!(await consume(tx.db, challengeId, call.now))) {
      throw new AppError('OTP_EXPIRED');
    }
    await refundAttempt(tx.db, phone);
    const signedIn = await signInByPhone(call, tx, phone);
    if (!signedIn) {
      throw new AppError('USER_INACTIVE');
    }
    const { user, isNew } = signedIn;
    const pair = await startSession(call, tx, { userId: user.id, device: input.device });
    return { ...pair, user, isNewUser: isNew };
  });
}

async function spendOrRefuse({ app, now }: Call, challengeId: string): Promise<SpentAttempt> {
  const { attemptsPerChallenge, wrongPerPhonePerDay } = app.config.otp;
  const spent = await spendAttempt(app.db, { challengeId, attemptsPerChallenge, now });
  if (spent) {
    if (spent.phone_count > wrongPerPhonePerDay) {
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
