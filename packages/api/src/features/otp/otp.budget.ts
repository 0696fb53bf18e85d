import type { Call } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { neighbourhoodOf } from '../../kernel/address.ts';
import type { Contact } from '../../kernel/contact.ts';
import { counterName } from '../../limits/counting.ts';
import { subjectsOf } from '../../limits/guard.ts';
import { moneyBudgets, spendSms } from '../sms/index.ts';

const tenMinutes = 600;
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
  const { app } = call;
  await requireHonestSource(call, captcha);
  const block = contact.address.slice(0, -digitsOfBlock);
  const most = app.config.smsBudget.perBlockPer10Minutes;
  const retryAfterSeconds = await spendSms(app, [
    [`otp-block:${block}`, { most, seconds: tenMinutes }],
    ...moneyBudgets(app, contact),
  ]);
  if (retryAfterSeconds !== null) {
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

/** The names of the caller's counters in the table `limits`: what {@link clearSource} forgets. */
export function countersOf(call: Call): string[] {
  return sourcesOf(call).map(([key]) => counterName(key));
}

/** A code was used: the source that it came from is not suspicious. */
export async function clearSource(call: Call): Promise<void> {
  const { durable } = call.app.limiters;
  await Promise.all(sourcesOf(call).map(([key]) => durable.forget(key)));
}
