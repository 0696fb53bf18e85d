import type { OtpPurpose, OtpRequested } from '@chapar/contract';
import type { Call } from '../../call.ts';
import { enqueue } from '../../database/queue.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import type { Contact } from '../../kernel/contact.ts';
import { after, second, secondsUntil } from '../../kernel/duration.ts';
import { cancelSms } from '../sms/index.ts';
import { spendSmsBudget } from './otp.budget.ts';
import { hashCode, makeCode, sealCode } from './otp.code.ts';
import { findRecent, insertChallenge, lockContact, replaceOpen } from './otp.repository.ts';
import { carriedAttempts, decideRequest, type RequestDecision } from './otp.rules.ts';

/** What a code can be for. One for one purpose is wrong for every other. */
export type CodePurpose = OtpPurpose | 'change-phone' | 'confirm-email' | 'confirm';

/** A code that somebody wants to be sent. */
export interface CodeWanted {
  contact: Contact;
  purpose: CodePurpose;
  /** Who asks, where they are signed in: the code is good for them only. */
  userId: string | null;
  captcha: string | undefined;
}

type Challenged = { done: OtpRequested } | { refusal: AppError };

/**
 * Sends a code. Whether the contact has an account plays no part: the work and the answer are the
 * same. A code that is asked for again replaces the one before and has what is left of its guesses.
 *
 * @throws AppError `OTP_RESEND_TOO_SOON`, `OTP_TOO_MANY_REQUESTS`, `OTP_CAPTCHA_REQUIRED`,
 *   `MAIL_OFF`
 */
export async function challenge(call: Call, wanted: CodeWanted): Promise<OtpRequested> {
  const { app, now } = call;
  const { contact, purpose } = wanted;
  if (contact.channel === 'mail' && !app.deps.mail) {
    throw new AppError('MAIL_OFF');
  }
  const deliverable = isDeliverable(call, contact);
  if (deliverable && contact.channel === 'sms') {
    // Only what would be sent may use up money; the decision itself is made again under the lock.
    const decision = decide(call, await findRecent(app.db, contact.address, now));
    if (decision.do === 'refuse') {
      throw refusal(decision, now);
    }
    await spendSmsBudget(call, contact, wanted.captcha);
  }
  const result = await transaction(call, async (tx): Promise<Challenged> => {
    await lockContact(tx.db, contact.address);
    const recent = await findRecent(tx.db, contact.address, now);
    const decision = decide(call, recent);
    if (decision.do === 'refuse') {
      return { refusal: refusal(decision, now) };
    }
    const last = recent.find((row) => row.purpose === purpose && row.user_id === wanted.userId);
    const attempts = carriedAttempts(
      last && {
        attempts: last.attempts,
        expiresAt: last.expires_at,
        consumedAt: last.consumed_at,
      },
      app.config.otp.attemptsPerChallenge,
      now,
    );
    const made = await store(call, tx, { ...wanted, attempts, deliverable });
    return { done: { ...made, resendAt: decision.resendAt } };
  });
  if ('refusal' in result) {
    throw result.refusal;
  }
  return result.done;
}

function decide(
  { app, now }: Call,
  recent: readonly { created_at: Date; consumed_at: Date | null }[],
): RequestDecision {
  const sent = recent.map((row) => ({ createdAt: row.created_at, consumedAt: row.consumed_at }));
  return decideRequest(sent, app.config.otp, now);
}

function refusal(decision: { reason: 'too-soon' | 'too-many'; until: Date }, now: Date): AppError {
  const code = decision.reason === 'too-soon' ? 'OTP_RESEND_TOO_SOON' : 'OTP_TOO_MANY_REQUESTS';
  return new AppError(code, { data: { retryAfterSeconds: secondsUntil(decision.until, now) } });
}

/** The code of a test number; undefined for every other contact, and after the last day. */
function testCodeOf({ app, now }: Call, contact: Contact): string | undefined {
  const { testCodes, testCodesUntil } = app.config.otp;
  return now < testCodesUntil ? testCodes.get(contact.address) : undefined;
}

/** Numbers of countries that are not served, and test numbers, get the answer and no code. */
function isDeliverable(call: Call, contact: Contact): boolean {
  if (contact.channel === 'mail') {
    return true;
  }
  const { country } = contact;
  const isServed = country !== undefined && call.app.config.smsCountries.includes(country);
  return isServed && testCodeOf(call, contact) === undefined;
}

async function store(
  call: Call,
  tx: Tx,
  wanted: CodeWanted & { attempts: number; deliverable: boolean },
): Promise<{ challengeId: string; expiresAt: Date }> {
  const { app, connection, now } = call;
  const { deps, config, secrets } = app;
  const { purpose, userId, deliverable } = wanted;
  const { address: contact, channel } = wanted.contact;
  const challengeId = deps.newId();
  const code = testCodeOf(call, wanted.contact) ?? makeCode(deps, config.otp.length);
  const lifeSeconds = channel === 'mail' ? config.otp.mailLifeSeconds : config.otp.lifeSeconds;
  const expiresAt = after(now, lifeSeconds * second);
  const { deviceKey } = connection;
  await cancelSms(call, tx, await replaceOpen(tx.db, { contact, purpose, userId }, now));
  await insertChallenge(tx.db, {
    id: challengeId,
    contact,
    channel,
    purpose,
    user_id: userId,
    code_hash: hashCode(secrets, { challengeId, contact, purpose, userId, deviceKey }, code),
    code_sealed: deliverable ? sealCode(deps, secrets, challengeId, code) : null,
    attempts: wanted.attempts,
    created_at: now,
    expires_at: expiresAt,
    deliverable,
  });
  if (deliverable) {
    const payload = { challengeId, language: connection.language };
    await enqueue(tx.db, 'otp.send', payload, { key: `otp.send:${challengeId}`, isUrgent: true });
  }
  return { challengeId, expiresAt };
}
