import type { OtpPurpose, OtpRequested } from '@chapar/contract';
import type { Call } from '../../call.ts';
import { enqueue } from '../../database/queue.ts';
import { spend } from '../../database/rate-limit.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { networkOf } from '../../kernel/address.ts';
import { after, hour, second, secondsUntil } from '../../kernel/duration.ts';
import { parsePhone, type ParsedPhone } from '../../kernel/phone.ts';
import { hashCode, makeCode, sealCode } from './otp.code.ts';
import { findRecent, insertChallenge, lockPhone, replaceOpen } from './otp.repository.ts';
import { carriedAttempts, decideRequest } from './otp.rules.ts';

type Requested = { done: OtpRequested } | { refusal: AppError };

/**
 * Sends a code to a phone number. Whether the number has an account plays no part: the work and
 * the answer are the same.
 *
 * @throws AppError `PHONE_INVALID`, `OTP_RESEND_TOO_SOON`, `OTP_TOO_MANY_REQUESTS`
 */
export async function requestOtp(
  call: Call,
  input: { phone: string; purpose: OtpPurpose },
): Promise<OtpRequested> {
  const { app, now } = call;
  const phone = parsePhone(input.phone, app.config.defaultCountry);
  if (!phone) {
    throw new AppError('PHONE_INVALID');
  }
  await spendAddress(call);
  const result = await transaction(call, async (tx): Promise<Requested> => {
    await lockPhone(tx.db, phone.e164);
    const recent = await findRecent(tx.db, phone.e164, now);
    const sent = recent.map((row) => ({ createdAt: row.created_at, consumedAt: row.consumed_at }));
    const decision = decideRequest(sent, app.config.otp, now);
    if (decision.do === 'refuse') {
      const code = decision.reason === 'too-soon' ? 'OTP_RESEND_TOO_SOON' : 'OTP_TOO_MANY_REQUESTS';
      const data = { retryAfterSeconds: secondsUntil(decision.until, now) };
      return { refusal: new AppError(code, { data }) };
    }
    const replaced = recent.find((row) => row.purpose === input.purpose && !row.consumed_at);
    const attempts = carriedAttempts(
      replaced && { attempts: replaced.attempts, expiresAt: replaced.expires_at },
      app.config.otp.attemptsPerChallenge,
      now,
    );
    const challenge = await challengePhone(call, tx, { phone, purpose: input.purpose, attempts });
    return { done: { ...challenge, resendAt: decision.resendAt } };
  });
  if ('refusal' in result) {
    throw result.refusal;
  }
  return result.done;
}

/** Counts the request against the caller's network, before anything else is looked at. */
async function spendAddress({ app, connection, now }: Call): Promise<void> {
  const key = `otp-address:${networkOf(connection.ip)}`;
  const { count, resetsAt } = await spend(app.db, key, hour, now);
  if (count > app.config.otp.sendsPerAddressPerHour) {
    throw new AppError('OTP_TOO_MANY_REQUESTS', {
      data: { retryAfterSeconds: secondsUntil(resetsAt, now) },
    });
  }
}

async function challengePhone(
  call: Call,
  tx: Tx,
  { phone, purpose, attempts }: { phone: ParsedPhone; purpose: OtpPurpose; attempts: number },
): Promise<{ challengeId: string; expiresAt: Date }> {
  const { app, connection, now } = call;
  const { deps, config, secrets } = app;
  const challengeId = deps.newId();
  const testCode = config.otp.testCodes.get(phone.e164);
  const code = testCode ?? makeCode(deps, config.otp.length);
  const expiresAt = after(now, config.otp.lifeSeconds * second);
  const isServed = phone.country !== undefined && config.smsCountries.includes(phone.country);
  const deliverable = isServed && testCode === undefined;
  await replaceOpen(tx.db, { phone: phone.e164, purpose, now });
  await insertChallenge(tx.db, {
    id: challengeId,
    phone: phone.e164,
    purpose,
    code_hash: hashCode(secrets, { challengeId, phone: phone.e164, purpose }, code),
    code_sealed: sealCode(deps, secrets, challengeId, code),
    attempts,
    created_at: now,
    expires_at: expiresAt,
    deliverable,
  });
  if (deliverable) {
    const payload = { challengeId, language: connection.language };
    await enqueue(tx.db, 'otp.send', payload, `otp.send:${challengeId}`);
  }
  return { challengeId, expiresAt };
}
