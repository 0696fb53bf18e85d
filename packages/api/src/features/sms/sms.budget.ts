import { createHmac } from 'node:crypto';
import type { App } from '../../app.ts';
import { AppError } from '../../errors.ts';
import type { Contact } from '../../kernel/contact.ts';
import type { ParsedPhone } from '../../kernel/phone.ts';
import type { Budget } from '../../limits/limiter.ts';

const hourSeconds = 3_600;
const daySeconds = 86_400;

/** A counter by its key, and how much of it there is. */
export type NamedBudget = readonly [key: string, budget: Budget];

/** A phone number's country, where it is known. */
type WithCountry = Pick<Contact, 'country'>;

/** What all SMS together may cost: by minute, by country and hour, and by day. */
export function moneyBudgets({ config }: App, { country }: WithCountry): NamedBudget[] {
  const { perCountryPerHour, perMinute, perDay } = config.smsBudget;
  return [
    ['sms-minute', { most: perMinute, seconds: 60 }],
    [`sms-country:${country ?? 'unknown'}`, { most: perCountryPerHour, seconds: hourSeconds }],
    ['sms-day', { most: perDay, seconds: daySeconds }],
  ];
}

/**
 * Counts an SMS against budgets, one after another up to the first that is used up, so that what is
 * refused uses up little. Throws when PostgreSQL cannot count: then no SMS goes.
 *
 * @returns the seconds to wait when one of them is used up, otherwise null
 */
export async function spendSms(
  { limiters, deps }: App,
  budgets: readonly NamedBudget[],
): Promise<number | null> {
  for (const [key, budget] of budgets) {
    const { allowed, retryAfterSeconds } = await limiters.durable.spend(key, budget);
    if (!allowed) {
      // By its name only: the rest of a key may tell whose number it is.
      const [name] = key.split(':');
      deps.log.warn({ budget: name }, 'sms budget used up: SMS are refused');
      return retryAfterSeconds;
    }
  }
  return null;
}

/**
 * Counts a text of staff or of a service: by the number that it goes to, and with all others. They
 * may use half of the money, so that codes go out whatever they do.
 *
 * @throws AppError `SMS_BUDGET_SPENT`
 */
export async function spendCustomSms(app: App, phone: ParsedPhone): Promise<void> {
  const { perMinute, perDay } = app.config.smsBudget;
  const most = app.config.sms.customPerNumberPerHour;
  // Numbers are few enough to be guessed from a plain hash.
  const number = createHmac('sha256', app.secrets.otp).update(phone.e164).digest('base64url');
  const retryAfterSeconds = await spendSms(app, [
    [`sms-number:${number}`, { most, seconds: hourSeconds }],
    ['sms-custom-minute', { most: Math.ceil(perMinute / 2), seconds: 60 }],
    ['sms-custom-day', { most: Math.ceil(perDay / 2), seconds: daySeconds }],
    ...moneyBudgets(app, phone),
  ]);
  if (retryAfterSeconds !== null) {
    throw new AppError('SMS_BUDGET_SPENT', { data: { retryAfterSeconds } });
  }
}
