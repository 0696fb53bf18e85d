import { isIP } from 'node:net';
import { defaultConfig } from '@chapar/api';
import { isSupportedCountry, type CountryCode } from 'libphonenumber-js';
import { z } from 'zod';

export const dayInSeconds = 86_400;
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

/** A number and its code: `+989120000000:123456`. */
export const testNumber = /^(\+[0-9]{8,15}):([0-9]{3,10})$/;

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

/** The environment after zod: every value of its type, defaults filled in. */
export type Env = z.infer<typeof envSchema>;
