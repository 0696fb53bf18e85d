import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadEnvFile } from 'node:process';
import { defaultConfig, type ApiConfig } from '@chapar/api';
import { dayInSeconds, envSchema, testNumber, type Env } from './env-schema.ts';

const shortestSecret = 32;
const shortestShared = 16;

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
