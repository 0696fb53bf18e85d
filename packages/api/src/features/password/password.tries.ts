import { createHmac } from 'node:crypto';
import type { App } from '../../app.ts';
import type { Call } from '../../call.ts';
import { AppError } from '../../errors.ts';
import type { Contact } from '../../kernel/contact.ts';
import { after, day, second, secondsUntil } from '../../kernel/duration.ts';
import { deleteDelaysBefore, findNextTry, spendTry, takeBackTry } from './password.repository.ts';
import { delayAfter } from './password.rules.ts';

/** Failures after which the longest wait is reached, whatever it is. */
const mostSteps = 16;

/**
 * The name that a login's failures are counted under. It depends on what was typed and not on
 * whether there is such an account, so that the wait tells nothing; and it is keyed, so that the
 * table does not hold whatever people type.
 */
export function nameOfLogin({ secrets }: App, contact: Contact, kind: string): string {
  const parts = [contact.channel, contact.address, contact.channel === 'mail' ? '' : kind];
  return createHmac('sha256', secrets.otp).update(JSON.stringify(parts)).digest('base64url');
}

/** Every name that an account can be logged in by. */
export function namesOfAccount(
  app: App,
  user: { phone: string | null; email: string | null; kind: string },
): string[] {
  const { phone, email, kind } = user;
  const sms = phone === null ? [] : [{ channel: 'sms' as const, address: phone }];
  const mail = email === null ? [] : [{ channel: 'mail' as const, address: email }];
  return [...sms, ...mail].map((contact) =>
    nameOfLogin(app, { ...contact, country: undefined }, kind),
  );
}

/** The name of a signed-in person who gives their password once more. */
export function nameOfPerson(userId: string): string {
  return `user:${userId}`;
}

/**
 * Counts a try before the password is looked at. The wait doubles with each failure and never
 * becomes a lock: signing in by a code stays open.
 *
 * @returns failures in a row, this try included
 * @throws AppError `PASSWORD_TOO_MANY_TRIES`
 */
export async function beginTry({ app, now }: Call, name: string): Promise<number> {
  const limits = app.config.password;
  const delays = Array.from({ length: mostSteps }, (_, step) => delayAfter(step + 1, limits));
  const forgottenBefore = after(now, -day);
  const failures = await spendTry(app.db, name, { delays, now, forgottenBefore });
  if (failures !== undefined) {
    return failures;
  }
  const next = (await findNextTry(app.db, name)) ?? after(now, second);
  throw new AppError('PASSWORD_TOO_MANY_TRIES', {
    data: { retryAfterSeconds: secondsUntil(next, now) },
  });
}

/** Runs a comparison; when it could not be made, the try has not been one. */
export async function undoTry<T>(
  { app, now }: Call,
  name: string,
  compare: () => Promise<T>,
): Promise<T> {
  try {
    return await compare();
  } catch (error) {
    await takeBackTry(app.db, name, now);
    throw error;
  }
}

/** Forgets waits that ended more than a day ago. @returns how many */
export function forgetOldTries({ db, deps }: App): Promise<number> {
  return deleteDelaysBefore(db, after(deps.clock.now(), -day));
}
