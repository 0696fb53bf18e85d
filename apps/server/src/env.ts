import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { loadEnvFile } from 'node:process';
import { defaultConfig, type ApiConfig } from '@chapar/api';
import { isSupportedCountry, type CountryCode } from 'libphonenumber-js';
import { z } from 'zod';

const shortestSecret = 32;
const shortestShared = 16;
const dayInSeconds = 86_400;
const highestPort = 65_535;

const whole = (fallback: number, min: number, max: number): z.ZodType<number> =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );

/** An origin as browsers send it: scheme, host and port, nothing after. */
const origins = list.pipe(
  z.array(
    z
      .string()
      .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'is not an origin'),
  ),
);

const proxies = list.pipe(
  z.array(
    z.string().refine((text) => {
      const [address = '', bits] = text.split('/');
      const named = ['loopback', 'linklocal', 'uniquelocal'].includes(text);
      return named || (isIP(address) !== 0 && (bits === undefined || /^[0-9]{1,3}$/.test(bits)));
    }, 'is not an address, a network or one of loopback, linklocal, uniquelocal'),
  ),
);

const onOff = z.enum(['on', 'off']).transform((value) => value === 'on');

const country = z
  .string()
  .refine((code): code is CountryCode => isSupportedCountry(code), 'is not a country code');

const testNumber = /^(\+[0-9]{8,15}):([0-9]{3,10})$/;

/**
 * Every variable of the environment that Chapar reads, with its default. README and
 * `.env.example` list the same ones.
 */
export const envSchema = z.object({
  NODE_ENV: z.enum(['development', 'production']).default('development'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(4000, 0, highestPort),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug']).optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_POOL_SIZE: whole(20, 2, 500),
  DATA_DIR: z.string().min(1).default('.data'),
  SECRET_KEY: z.string().optional(),
  TRUST_PROXY: proxies,
  ALLOWED_ORIGINS: origins,
  DEV_ROUTES: onOff.optional(),
  SMS_PROVIDER: z.enum(['console', 'webhook']).default('console'),
  SMS_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
  SMS_WEBHOOK_SECRET: z.string().optional(),
  SMS_COUNTRIES: z
    .string()
    .default('IR')
    .transform((text) => text.split(',').map((code) => code.trim()))
    .pipe(z.array(country)),
  DEFAULT_COUNTRY: z.string().default('IR').pipe(country),
  OTP_LENGTH: whole(defaultConfig.otp.length, 3, 10),
  OTP_LIFE_SECONDS: whole(defaultConfig.otp.lifeSeconds, 30, 3_600),
  OTP_SENDS_PER_PHONE_PER_DAY: whole(defaultConfig.otp.sendsPerPhonePerDay, 1, 1_000),
  OTP_SENDS_PER_ADDRESS_PER_HOUR: z.coerce.number().int().min(1).optional(),
  OTP_TEST_NUMBERS: list.pipe(
    z.array(z.string().regex(testNumber, 'must look like +989120000000:123456')),
  ),
  ACCESS_TOKEN_SECONDS: whole(defaultConfig.session.accessSeconds, 5, dayInSeconds),
  REFRESH_IDLE_DAYS: whole(30, 1, 365),
  REFRESH_ABSOLUTE_DAYS: whole(180, 1, 3_650),
  SESSIONS_PER_USER: whole(defaultConfig.session.perUser, 1, 1_000),
  STREAM_RETENTION_DAYS: whole(defaultConfig.stream.retentionDays, 1, 365),
});

type Env = z.infer<typeof envSchema>;

/** The environment, read and checked. */
export interface Config {
  mode: 'development' | 'production';
  host: string;
  port: number;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug';
  databaseUrl: string | null;
  poolSize: number;
  /** Absolute. */
  dataDir: string;
  /** Null in development when none is given: one is made and kept in the data folder. */
  secretKey: string | null;
  trustProxy: string[] | false;
  allowedOrigins: string[];
  devRoutes: boolean;
  sms: { provider: 'console' } | { provider: 'webhook'; url: string; secret: string };
  api: ApiConfig;
}

/** Something in the environment is not right. The message says what, and how to mend it. */
export class ConfigError extends Error {}

/** Reads the environment once; `.env` in the working folder fills in what is not set. */
export function readConfig(): Config {
  if (existsSync('.env')) {
    loadEnvFile('.env');
  }
  return parseConfig(process.env);
}

/** @throws ConfigError naming every variable that is not right */
export function parseConfig(source: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = envSchema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      ({ path: [name], message }) => `${String(name)}: ${message}`,
    );
    throw new ConfigError(lines.join('; '));
  }
  const env = parsed.data;
  const complaints = env.NODE_ENV === 'production' ? refuseInProduction(env) : [];
  if (env.SMS_PROVIDER === 'webhook' && (!env.SMS_WEBHOOK_URL || !env.SMS_WEBHOOK_SECRET)) {
    complaints.push('SMS_WEBHOOK_URL and SMS_WEBHOOK_SECRET: needed by SMS_PROVIDER=webhook');
  } else if (
    env.SMS_WEBHOOK_SECRET !== undefined &&
    env.SMS_WEBHOOK_SECRET.length < shortestShared
  ) {
    complaints.push(`SMS_WEBHOOK_SECRET: must have at least ${shortestShared} characters`);
  }
  if (env.SECRET_KEY !== undefined && env.SECRET_KEY.length < shortestSecret) {
    complaints.push(`SECRET_KEY: must have at least ${shortestSecret} characters`);
  }
  if (complaints.length > 0) {
    throw new ConfigError(complaints.join('; '));
  }
  return toConfig(env);
}

/** What is handy in development and a hole in production. */
function refuseInProduction(env: Env): string[] {
  const complaints: string[] = [];
  const refuse = (when: boolean, complaint: string): void => {
    if (when) {
      complaints.push(complaint);
    }
  };
  refuse(
    !env.SECRET_KEY,
    'SECRET_KEY: missing; make one with `openssl rand -base64 48` and keep it secret',
  );
  refuse(
    isGuessable(env.SECRET_KEY),
    'SECRET_KEY: is an example or too simple; make one with `openssl rand -base64 48`',
  );
  refuse(!env.DATABASE_URL, 'DATABASE_URL: missing; the embedded PostgreSQL is for development');
  refuse(
    env.SMS_PROVIDER === 'console',
    'SMS_PROVIDER: `console` prints login codes and is for development; choose another',
  );
  refuse(env.DEV_ROUTES === true, 'DEV_ROUTES: shows login codes to anybody; switch it off');
  refuse(env.OTP_TEST_NUMBERS.length > 0, 'OTP_TEST_NUMBERS: known codes; remove them');
  return complaints;
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

/** Only this machine can reach it, so the login codes on `/dev/*` are nobody else's to see. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function toConfig(env: Env): Config {
  const production = env.NODE_ENV === 'production';
  const { SMS_WEBHOOK_URL: url = '', SMS_WEBHOOK_SECRET: secret = '' } = env;
  return {
    mode: env.NODE_ENV,
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL ?? (production ? 'info' : 'warn'),
    databaseUrl: env.DATABASE_URL ?? null,
    poolSize: env.DATABASE_POOL_SIZE,
    dataDir: path.resolve(env.DATA_DIR),
    secretKey: env.SECRET_KEY ?? null,
    trustProxy: env.TRUST_PROXY.length > 0 ? env.TRUST_PROXY : false,
    allowedOrigins: env.ALLOWED_ORIGINS,
    devRoutes: env.DEV_ROUTES ?? (!production && isLoopback(env.HOST)),
    sms:
      env.SMS_PROVIDER === 'webhook'
        ? { provider: 'webhook', url, secret }
        : { provider: 'console' },
    api: toApiConfig(env),
  };
}

/** In development one machine plays many people, so its address may ask for more codes. */
const sendsPerAddressInDevelopment = 1_000;

function toApiConfig(env: Env): ApiConfig {
  const production = env.NODE_ENV === 'production';
  const perAddress = production
    ? defaultConfig.otp.sendsPerAddressPerHour
    : sendsPerAddressInDevelopment;
  return {
    defaultCountry: env.DEFAULT_COUNTRY,
    smsCountries: env.SMS_COUNTRIES,
    otp: {
      ...defaultConfig.otp,
      length: env.OTP_LENGTH,
      lifeSeconds: env.OTP_LIFE_SECONDS,
      sendsPerPhonePerDay: env.OTP_SENDS_PER_PHONE_PER_DAY,
      sendsPerAddressPerHour: env.OTP_SENDS_PER_ADDRESS_PER_HOUR ?? perAddress,
      testCodes: new Map(
        env.OTP_TEST_NUMBERS.map((entry): [string, string] => {
          const [, phone = '', code = ''] = testNumber.exec(entry) ?? [];
          return [phone, code];
        }),
      ),
    },
    session: {
      ...defaultConfig.session,
      accessSeconds: env.ACCESS_TOKEN_SECONDS,
      refreshIdleSeconds: env.REFRESH_IDLE_DAYS * dayInSeconds,
      refreshAbsoluteSeconds: env.REFRESH_ABSOLUTE_DAYS * dayInSeconds,
      perUser: env.SESSIONS_PER_USER,
    },
    stream: { ...defaultConfig.stream, retentionDays: env.STREAM_RETENTION_DAYS },
  };
}
