import { limitNames, parsePhone } from '@chapar/api';
import { phoneSchema } from '@chapar/contract';
import { rateLimit } from './env-fields.ts';
import { dayInSeconds, type Env } from './env-schema.ts';
import { complainOfSms } from './env-sms-checks.ts';

/** What is wrong with variables that are right one by one. Every complaint begins with a name. */
export function complain(env: Env, now: Date): string[] {
  return [
    ...(env.NODE_ENV === 'production' ? shortcuts(env) : []),
    ...secrets(env),
    ...complainOfSms(env),
    ...gateways(env),
    ...testNumbers(env, now),
    ...limits(env),
    ...firstAdmin(env),
  ];
}

/** Milliseconds since 1970 at which the day of `OTP_TEST_NUMBERS_UNTIL` is over in UTC. */
export function endOfDay(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) + dayInSeconds * 1_000;
}

/** The phone of the first administrator in E.164. @returns null when it is not one */
export function firstAdminPhone(env: Env): string | null {
  const typed = phoneSchema.safeParse(env.FIRST_ADMIN_PHONE);
  return typed.success ? (parsePhone(typed.data, env.DEFAULT_COUNTRY)?.e164 ?? null) : null;
}

/** Whether mail is sent, and how, where nothing is said. */
export function mailProviderOf(env: Env): 'console' | 'smtp' | 'off' {
  return env.MAIL_PROVIDER ?? (env.NODE_ENV === 'production' ? 'off' : 'console');
}

/** How processes tell each other of events, where nothing is said: as far as the database reaches. */
export function hubOf(env: Env): 'memory' | 'postgres' | 'redis' {
  return env.HUB ?? (env.DATABASE_URL === undefined ? 'memory' : 'postgres');
}

type Check = readonly [isWrong: boolean, complaint: string];

const failed = (checks: readonly Check[]): string[] =>
  checks.flatMap(([isWrong, complaint]) => (isWrong ? [complaint] : []));

/** What is handy in development and a hole in production. */
function shortcuts(env: Env): string[] {
  return failed([
    [
      !env.SECRET_KEY,
      'SECRET_KEY: missing; make one with `openssl rand -base64 48` and keep it secret',
    ],
    [
      isGuessable(env.SECRET_KEY),
      'SECRET_KEY: is an example or too simple; make one with `openssl rand -base64 48`',
    ],
    [!env.DATABASE_URL, 'DATABASE_URL: missing; the embedded PostgreSQL is for development'],
    [
      env.MAIL_PROVIDER === 'console',
      'MAIL_PROVIDER: `console` prints login codes and is for development; choose another',
    ],
    [env.DEV_ROUTES === true, 'DEV_ROUTES: shows login codes to anybody; switch it off'],
    [env.OTP_TEST_NUMBERS.length > 0, 'OTP_TEST_NUMBERS: known codes; remove them'],
  ]);
}

const fewestDifferent = 10;

function isGuessable(secret: string | undefined): boolean {
  if (secret === undefined) {
    return false;
  }
  return (
    /change|secret|example|default|password/i.test(secret) || new Set(secret).size < fewestDifferent
  );
}

const shortestSecret = 32;
const shortestShared = 16;

function secrets(env: Env): string[] {
  const isShort = (secret: string | undefined, shortest: number): boolean =>
    secret !== undefined && secret.length < shortest;
  return failed([
    [
      isShort(env.SMS_WEBHOOK_SECRET, shortestShared),
      `SMS_WEBHOOK_SECRET: must have at least ${shortestShared} characters`,
    ],
    [
      isShort(env.SECRET_KEY, shortestSecret),
      `SECRET_KEY: must have at least ${shortestSecret} characters`,
    ],
  ]);
}

/** What one choice needs of other variables. */
function gateways(env: Env): string[] {
  return failed([
    [
      mailProviderOf(env) === 'smtp' && (!env.SMTP_URL || !env.MAIL_FROM),
      'SMTP_URL and MAIL_FROM: needed by MAIL_PROVIDER=smtp',
    ],
    [
      env.RATE_LIMIT_STORE === 'redis' && !env.REDIS_URL,
      'REDIS_URL: needed by RATE_LIMIT_STORE=redis',
    ],
    [env.HUB === 'redis' && !env.REDIS_URL, 'REDIS_URL: needed by HUB=redis'],
    [
      (env.CAPTCHA_VERIFY_URL === undefined) !== (env.CAPTCHA_SECRET === undefined),
      'CAPTCHA_VERIFY_URL and CAPTCHA_SECRET: set both or none',
    ],
    [
      env.PASSWORD_MAX_LENGTH <= env.PASSWORD_MIN_LENGTH,
      'PASSWORD_MAX_LENGTH: must be more than PASSWORD_MIN_LENGTH',
    ],
  ]);
}

/** Known codes open accounts: somebody has to say until when, and to think of it again then. */
function testNumbers(env: Env, now: Date): string[] {
  if (env.OTP_TEST_NUMBERS.length === 0) {
    return [];
  }
  const until = env.OTP_TEST_NUMBERS_UNTIL;
  return failed([
    [
      until === undefined,
      'OTP_TEST_NUMBERS_UNTIL: missing; say until which day the codes of OTP_TEST_NUMBERS are good',
    ],
    [
      until !== undefined && endOfDay(until) <= now.getTime(),
      'OTP_TEST_NUMBERS_UNTIL: is over; remove OTP_TEST_NUMBERS, or name a later day',
    ],
  ]);
}

/** A misspelt limit would be none. */
function limits(env: Env): string[] {
  return env.RATE_LIMITS.flatMap((entry) => {
    const [, name = ''] = rateLimit.exec(entry) ?? [];
    return limitNames.includes(name) ? [] : [`RATE_LIMITS: there is no limit called ${name}`];
  });
}

/** Whether the password is good enough is found out when the account is made. */
function firstAdmin(env: Env): string[] {
  const { FIRST_ADMIN_PHONE: phone, FIRST_ADMIN_PASSWORD: password } = env;
  return failed([
    [
      (phone === undefined) !== (password === undefined),
      'FIRST_ADMIN_PHONE and FIRST_ADMIN_PASSWORD: set both or none',
    ],
    [
      phone !== undefined && firstAdminPhone(env) === null,
      'FIRST_ADMIN_PHONE: is not a phone number',
    ],
  ]);
}
