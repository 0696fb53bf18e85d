import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadEnvFile } from 'node:process';
import type { ApiConfig } from '@chapar/api';
import { toApiConfig } from './env-api.ts';
import { complain, firstAdminPhone, hubOf, mailProviderOf } from './env-checks.ts';
import { envSchema, type Env } from './env-schema.ts';
import { toSmsSettings, type SmsSettings } from './env-sms-config.ts';
import { isLoopback } from './loopback.ts';

/** The environment, read and checked. */
export interface Config {
  mode: 'development' | 'production';
  host: string;
  port: number;
  /** What this process serves: calls, sockets, or both. */
  role: 'all' | 'http' | 'socket';
  /** How long sockets are given to move to another process before this one ends. */
  drainMs: number;
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
  sms: SmsSettings;
  mail:
    | { provider: 'console' }
    | { provider: 'smtp'; url: string; from: string }
    | { provider: 'off' };
  captcha: { url: string; secret: string } | null;
  /** Whether new passwords are looked up in a list of breached ones. */
  breachCheck: boolean;
  rateLimitStore: 'memory' | 'postgres' | 'redis';
  /** How processes tell each other of events. */
  hub: 'memory' | 'postgres' | 'redis';
  /** Given when the store or the hub is `redis`. */
  redisUrl: string | null;
  /** Whose account is made at the start, with the rights of an administrator. The phone is E.164. */
  firstAdmin: { phone: string; password: string } | null;
  api: ApiConfig;
}

/** In production, where other processes take over. */
const usualDrainSeconds = 20;

/** Something in the environment is not right. The message says what, and how to mend it. */
export class ConfigError extends Error {}

/** Reads the environment once; `.env` in the working folder fills in what is not set. */
export function readConfig(): Config {
  if (existsSync('.env')) {
    loadEnvFile('.env');
  }
  return parseConfig(process.env);
}

/** @throws ConfigError naming every variable that is not right, and repeating no secret */
export function parseConfig(
  source: Record<string, string | undefined>,
  now: Date = new Date(),
): Config {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = envSchema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      ({ path: [name], message }) => `${String(name)}: ${message}`,
    );
    throw new ConfigError(lines.join('; '));
  }
  const complaints = complain(parsed.data, now);
  if (complaints.length > 0) {
    throw new ConfigError(complaints.join('; '));
  }
  return toConfig(parsed.data);
}

function toConfig(env: Env): Config {
  const production = env.NODE_ENV === 'production';
  return {
    mode: env.NODE_ENV,
    host: env.HOST,
    port: env.PORT,
    role: env.ROLE,
    drainMs: (env.DRAIN_SECONDS ?? (production ? usualDrainSeconds : 0)) * 1_000,
    logLevel: env.LOG_LEVEL ?? (production ? 'info' : 'warn'),
    databaseUrl: env.DATABASE_URL ?? null,
    poolSize: env.DATABASE_POOL_SIZE,
    dataDir: path.resolve(env.DATA_DIR),
    secretKey: env.SECRET_KEY ?? null,
    trustProxy: env.TRUST_PROXY.length > 0 ? env.TRUST_PROXY : false,
    allowedOrigins: env.ALLOWED_ORIGINS,
    // Where only this machine can reach it, the codes on `/dev/*` are nobody else's to see.
    devRoutes: env.DEV_ROUTES ?? (!production && isLoopback(env.HOST)),
    ...toGateways(env),
    rateLimitStore: env.RATE_LIMIT_STORE,
    hub: hubOf(env),
    redisUrl: env.REDIS_URL ?? null,
    firstAdmin: toFirstAdmin(env),
    api: toApiConfig(env),
  };
}

function toGateways(env: Env): Pick<Config, 'sms' | 'mail' | 'captcha' | 'breachCheck'> {
  const { SMTP_URL: smtpUrl = '', MAIL_FROM: from = '' } = env;
  const { CAPTCHA_VERIFY_URL: captchaUrl, CAPTCHA_SECRET: captchaSecret } = env;
  const mail = mailProviderOf(env);
  return {
    sms: toSmsSettings(env),
    mail: mail === 'smtp' ? { provider: mail, url: smtpUrl, from } : { provider: mail },
    captcha: captchaUrl && captchaSecret ? { url: captchaUrl, secret: captchaSecret } : null,
    breachCheck: env.PASSWORD_BREACH_CHECK === 'pwned-passwords',
  };
}

function toFirstAdmin(env: Env): Config['firstAdmin'] {
  const phone = firstAdminPhone(env);
  const password = env.FIRST_ADMIN_PASSWORD;
  return phone !== null && password !== undefined ? { phone, password } : null;
}
