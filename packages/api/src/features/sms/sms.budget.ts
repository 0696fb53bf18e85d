import type { App } from '../../app.ts';
import type { Contact } from '../../kernel/contact.ts';
import type { Budget } from '../../limits/limiter.ts';

const hourSeconds = 3_600;
const daySeconds = 86_400;

/** A counter by its key, and how much of it there is. */
export type NamedBudget = readonly [key: string, budget: Budget];

/** What all SMS together may cost: by minute, by country and hour, and by day. */
export function moneyBudgets({ config }: App, { country }: Contact): NamedBudget[] {
  const { perCountryPerHour, perMinute, perDay } = config.smsBudget;
  return [
    ['sms-minute', { most: perMinute, seconds: 60 }],
    [`sms-country:${country ?? 'unknown'}`, { most: perCountryPerHour, seconds: hourSeconds }],
    ['sms-day', { most: perDay, seconds: daySeconds }],
  ];
}

/** Texts of staff and services may use half of it, so that codes go out whatever they do. */
export function customBudgets(app: App, contact: Contact): NamedBudget[] {
  const { perMinute, perDay } = app.config.smsBudget;
  return [
    ['sms-custom-minute', { most: Math.ceil(perMinute / 2), seconds: 60 }],
    ['sms-custom-day', { most: Math.ceil(perDay / 2), seconds: daySeconds }],
    ...moneyBudgets(app, contact),
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
