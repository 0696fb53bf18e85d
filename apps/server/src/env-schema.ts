import { chatFields } from './env-chat-fields.ts';
import { defaultConfig } from '@chapar/api';
import { z } from 'zod';
import {
  accountKinds,
  authMethods,
  country,
  hostName,
  list,
  mailFrom,
  onOff,
  origins,
  productName,
  proxies,
  rateLimits,
  serverUrl,
  testNumber,
  timeZone,
  waits,
  whole,
} from './env-fields.ts';
import { smsEnv } from './env-sms.ts';

export const dayInSeconds = 86_400;
const highestPort = 65_535;
/** The longest that anybody has asked for; the default is what is safe. */
const longestDrainSeconds = 600;
const longestAccessSeconds = 60 * dayInSeconds;

const { otp, password, account, session, stream, organization } = defaultConfig;

/**
 * Every variable of the environment that Chapar reads, with its default. README and
 * `.env.example` list the same ones.
 */
export const envSchema = z.object({
  NODE_ENV: z.enum(['development', 'production']).default('development'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(4000, 0, highestPort),
  ROLE: z.enum(['all', 'http', 'socket']).default('all'),
  DRAIN_SECONDS: z.coerce.number().int().min(0).max(longestDrainSeconds).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug']).optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_POOL_SIZE: whole(20, 2, 500),
  DATA_DIR: z.string().min(1).default('.data'),
  SECRET_KEY: z.string().optional(),
  TRUST_PROXY: proxies,
  ALLOWED_ORIGINS: origins,
  DEV_ROUTES: onOff.optional(),
  PRODUCT_NAME: productName,
  TIME_ZONE: timeZone,
  AUTH_METHODS: authMethods,
  ACCOUNT_KINDS: accountKinds,
  FIRST_ADMIN_PHONE: z.string().optional(),
  FIRST_ADMIN_PASSWORD: z.string().optional(),
  ...smsEnv,
  DEFAULT_COUNTRY: z.string().default('IR').pipe(country),
  MAIL_PROVIDER: z.enum(['console', 'smtp', 'off']).optional(),
  SMTP_URL: serverUrl(/^smtps?$/, /^\/?$/).optional(),
  MAIL_FROM: mailFrom.optional(),
  OTP_LENGTH: whole(otp.length, 3, 10),
  OTP_LIFE_SECONDS: whole(otp.lifeSeconds, 30, 3_600),
  OTP_MAIL_LIFE_SECONDS: whole(otp.mailLifeSeconds, 60, dayInSeconds),
  OTP_ATTEMPTS: whole(otp.attemptsPerChallenge, 1, 10),
  OTP_WRONG_PER_DAY: whole(otp.wrongPerContactPerDay, 1, 100),
  OTP_RESEND_SECONDS: waits(otp.resendSeconds),
  OTP_SENDS_PER_10_MINUTES: whole(otp.sendsPerContactPer10Minutes, 1, 100),
  OTP_SENDS_PER_DAY: whole(otp.sendsPerContactPerDay, 1, 1_000),
  OTP_WEB_DOMAIN: hostName.optional(),
  OTP_TEST_NUMBERS: list.pipe(
    z.array(z.string().regex(testNumber, 'must look like +989120000000:123456')),
  ),
  OTP_TEST_NUMBERS_UNTIL: z.iso.date('must look like 2027-01-31').optional(),
  PASSWORD_MIN_LENGTH: whole(password.minLength, 8, 64),
  PASSWORD_MAX_LENGTH: whole(password.maxLength, 50, 128),
  PASSWORD_LONGEST_WAIT_SECONDS: whole(password.longestDelaySeconds, 60, 3_600),
  PASSWORD_BREACH_CHECK: z.enum(['off', 'pwned-passwords']).default('off'),
  CAPTCHA_VERIFY_URL: z.url({ protocol: /^https?$/ }).optional(),
  CAPTCHA_SECRET: z.string().optional(),
  MIN_AGE: whole(account.minAge, 0, 100),
  MAX_AGE: whole(account.maxAge, 100, 150),
  ERASE_AFTER_DAYS: whole(account.eraseAfterDays, 1, 365),
  AUDIT_DAYS: whole(account.auditDays, 30, 3_650),
  ACCESS_TOKEN_SECONDS: whole(session.accessSeconds, 5, longestAccessSeconds),
  REFRESH_GRACE_SECONDS: whole(session.refreshGraceSeconds, 0, 60),
  REFRESH_IDLE_DAYS: whole(30, 1, 3_650),
  REFRESH_ABSOLUTE_DAYS: whole(180, 1, 3_650),
  SESSIONS_PER_USER: whole(session.perUser, 1, 1_000),
  ORGANIZATION_MEMBERS: whole(organization.members, 1, 100_000),
  ORGANIZATIONS_PER_PERSON: whole(organization.perUser, 1, 1_000),
  RATE_LIMIT_STORE: z.enum(['memory', 'postgres', 'redis']).default('memory'),
  HUB: z.enum(['memory', 'postgres', 'redis']).optional(),
  REDIS_URL: serverUrl(/^rediss?$/, /^\/?[0-9]{0,4}$/).optional(),
  RATE_LIMITS: rateLimits,
  STREAM_RETENTION_DAYS: whole(stream.retentionDays, 1, 365),
  ...chatFields,
});

/** The environment after zod: every value of its type, defaults filled in. */
export type Env = z.infer<typeof envSchema>;
