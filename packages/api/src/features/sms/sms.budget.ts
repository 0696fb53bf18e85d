import type { App } from '../../app.ts';
import type { Contact } from '../../kernel/contact.ts';
import type { Budget, Spent } from '../../limits/limiter.ts';

const hour = 3_600;
const day = 86_400;

/** A counter by its key, and how much of it there is. */
export type NamedBudget = readonly [key: string, budget: Budget];

/** What all SMS together may cost: by country and hour, by minute and by day. */
export function moneyBudgets({ config }: App, { country }: Contact): NamedBudget[] {
  const { perCountryPerHour, perMinute, perDay } = config.smsBudget;
  return [
    [`sms-country:${country ?? 'unknown'}`, { most: perCountryPerHour, seconds: hour }],
    ['sms-minute', { most: perMinute, seconds: 60 }],
    ['sms-day', { most: perDay, seconds: day }],
  ];
}

/**
 * Counts an SMS against budgets, all at once. Throws when PostgreSQL cannot count: then no SMS goes.
 *
 * @returns the seconds to wait when one of them is used up, otherwise null
 */
export async function spendSms(
  { limiters, deps }: App,
  budgets: readonly NamedBudget[],
): Promise<number | null> {
  const spent = await Promise.all(
    budgets.map(async ([key, budget]): Promise<Spent & { key: string }> => {
      return { key, ...(await limiters.durable.spend(key, budget)) };
    }),
  );
  const refused = spent.filter(({ allowed }) => !allowed);
  if (refused.length === 0) {
    return null;
  }
  const names = refused.map(({ key }) => key);
  deps.log.warn({ budgets: names }, 'sms budget used up: SMS are refused');
  return Math.max(...refused.map((one) => one.retryAfterSeconds));
}
