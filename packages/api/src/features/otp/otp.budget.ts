import type { Call } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { neighbourhoodOf } from '../../kernel/address.ts';
import type { Contact } from '../../kernel/contact.ts';
import { subjectsOf } from '../../limits/guard.ts';
import type { Budget, Spent } from '../../limits/limiter.ts';

const tenMinutes = 600;
const hour = 3_600;
const day = 86_400;

/** Numbers that differ in so many last digits only are one block: such lists are dialled by bots. */
const digitsOfBlock = 3;

/**
 * Counts an SMS against what SMS may cost, by the source that asks, the block of numbers, the
 * country, and all together. Called right before a code is stored, so that a request that is
 * refused for another reason costs nothing. Throws when PostgreSQL cannot count: then no SMS goes.
 *
 * @throws AppError `OTP_CAPTCHA_REQUIRED` for a source whose codes are never used,
 *   `OTP_TOO_MANY_REQUESTS`
 */
export async function spendSmsBudget(
  call: Call,
  contact: Contact,
  captcha: string | undefined,
): Promise<void> {
  const { smsBudget } = call.app.config;
  await requireHonestSource(call, captcha);
  const block = contact.address.slice(0, -digitsOfBlock);
  await spendAll(call, [
    [`otp-block:${block}`, { most: smsBudget.perBlockPer10Minutes, seconds: tenMinutes }],
  ]);
  await spendAll(call, [
    [
      `otp-country:${contact.country ?? 'unknown'}`,
      { most: smsBudget.perCountryPerHour, seconds: hour },
    ],
    ['otp-minute', { most: smsBudget.perMinute, seconds: 60 }],
    ['otp-day', { most: smsBudget.perDay, seconds: day }],
  ]);
}

async function spendAll(call: Call, budgets: readonly [string, Budget][]): Promise<void> {
  const { limiters, deps } = call.app;
  const spent = await Promise.all(
    budgets.map(async ([key, budget]): Promise<Spent & { key: string }> => {
      return { key, ...(await limiters.durable.spend(key, budget)) };
    }),
  );
  const refused = spent.filter(({ allowed }) => !allowed);
  if (refused.length > 0) {
    const keys = refused.map(({ key }) => key);
    deps.log.warn({ budgets: keys }, 'sms budget used up: codes are refused');
    const retryAfterSeconds = Math.max(...refused.map((one) => one.retryAfterSeconds));
    throw new AppError('OTP_TOO_MANY_REQUESTS', { data: { retryAfterSeconds } });
  }
}

/**
 * The device, and the addresses around the caller's: an attacker has many of one or the other.
 * With each the number of codes that it may ask for and not use.
 */
function sourcesOf({ app, connection }: Call): [key: string, most: number][] {
  const { unusedPerSource } = app.config.smsBudget;
  const near = `otp-unused:near:${neighbourhoodOf(connection.ip)}`;
  const sources: [string, number][] = [[near, unusedPerSource * app.config.limits.addressFactor]];
  const { device } = subjectsOf(connection);
  return device === undefined
    ? sources
    : [...sources, [`otp-unused:device:${device}`, unusedPerSource]];
}

/** A source that asks for many codes and uses none has to show that a person is there. */
async function requireHonestSource(call: Call, captcha: string | undefined): Promise<void> {
  const { limiters, deps } = call.app;
  const spent = await Promise.all(
    sourcesOf(call).map(([key, most]) => limiters.durable.spend(key, { most, seconds: day })),
  );
  if (spent.every(({ allowed }) => allowed)) {
    return;
  }
  const { ip } = call.connection;
  if (captcha !== undefined && (await deps.captcha?.check({ token: captcha, ip }))) {
    return;
  }
  deps.log.warn({ ip }, 'many codes asked for and none used: a captcha is asked for');
  throw new AppError('OTP_CAPTCHA_REQUIRED');
}

/** A code was used: the source that it came from is not suspicious. */
export async function clearSource(call: Call): Promise<void> {
  const { durable } = call.app.limiters;
  await Promise.all(sourcesOf(call).map(([key]) => durable.forget(key)));
}
