import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { envSchema } from '../src/env-schema.ts';
import { ConfigError, parseConfig } from '../src/env.ts';

const secret = 'Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u';
const databasePassword = 'Tk3Qz8';
const webhookSecret = 'hook-9Lr4Tz7Qe2Vx';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: `postgres://chapar:${databasePassword}@db.internal:5432/chapar`,
  SECRET_KEY: secret,
  SMS_PROVIDER: 'webhook',
  SMS_WEBHOOK_URL: 'https://sms.internal/send',
  SMS_WEBHOOK_SECRET: webhookSecret,
};

/** What a refused environment is told. */
function complaintOf(env: Record<string, string | undefined>): string {
  try {
    parseConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the environment was accepted');
}

describe('the variables that are documented', () => {
  const read = (name: string): string =>
    readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
  const readme = [...read('README.md').matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \|/gm)];
  const example = [...read('.env.example').matchAll(/^#? ?([A-Z_]+)=(.*)$/gm)];
  const names = Object.keys(envSchema.shape);

  test.for([
    ['README.md', readme],
    ['.env.example', example],
  ] as const)('%s lists those that are read, in their order', ([, rows]) => {
    expect(rows.map(([, name]) => name)).toEqual(names);
  });

  test('have the defaults that are written there', () => {
    const { data } = envSchema.safeParse({});
    for (const [name, value] of Object.entries(data ?? {})) {
      const text = String(value);
      const inReadme = readme.find(([, row]) => row === name)?.[2];
      const inExample = example.find(([, row]) => row === name)?.[2];
      expect({ name, inReadme, inExample }).toEqual({
        name,
        inReadme: text === '' ? '—' : `\`${text}\``,
        inExample: text,
      });
    }
  });
});

describe('in production', () => {
  test('a whole configuration is accepted', () => {
    expect(parseConfig(production)).toMatchObject({
      mode: 'production',
      logLevel: 'info',
      secretKey: secret,
      devRoutes: false,
      sms: { provider: 'webhook', secret: webhookSecret },
      api: { otp: { sendsPerAddressPerHour: 10 } },
    });
  });

  test.for([
    { name: 'SECRET_KEY', why: 'missing', value: undefined },
    { name: 'SECRET_KEY', why: 'empty', value: '' },
    { name: 'SECRET_KEY', why: 'short', value: secret.slice(0, 31) },
    { name: 'SECRET_KEY', why: 'an example', value: 'change-me-0123456789-abcdefghijklmn' },
    { name: 'SECRET_KEY', why: 'of one letter', value: 'x'.repeat(64) },
    { name: 'DATABASE_URL', why: 'missing', value: undefined },
    { name: 'SMS_PROVIDER', why: 'the console', value: 'console' },
    { name: 'SMS_PROVIDER', why: 'missing', value: undefined },
    { name: 'SMS_WEBHOOK_URL', why: 'missing', value: undefined },
    { name: 'SMS_WEBHOOK_SECRET', why: 'missing', value: undefined },
    { name: 'SMS_WEBHOOK_SECRET', why: 'short', value: 'hook-9Lr4Tz7Qe2' },
    { name: 'DEV_ROUTES', why: 'on', value: 'on' },
    { name: 'OTP_TEST_NUMBERS', why: 'given', value: '+989120000000:123456' },
  ])('$name is refused when it is $why', ({ name, value }) => {
    expect(complaintOf({ ...production, [name]: value })).toContain(name);
  });

  test('everything that is wrong is named at once', () => {
    const complaint = complaintOf({ NODE_ENV: 'production', DEV_ROUTES: 'on' });
    for (const name of ['SECRET_KEY', 'DATABASE_URL', 'SMS_PROVIDER', 'DEV_ROUTES']) {
      expect(complaint).toContain(`${name}:`);
    }
  });
});

describe('anywhere', () => {
  test('nothing has to be set', () => {
    expect(parseConfig({})).toMatchObject({
      mode: 'development',
      logLevel: 'warn',
      databaseUrl: null,
      secretKey: null,
      trustProxy: false,
      devRoutes: true,
      sms: { provider: 'console' },
      api: { otp: { length: 6, sendsPerAddressPerHour: 1_000 } },
    });
  });

  test('lists are split at commas, and test numbers have their codes', () => {
    const config = parseConfig({
      TRUST_PROXY: '10.0.0.1, 10.1.0.0/16',
      ALLOWED_ORIGINS: 'https://a.example,https://b.example',
      SMS_COUNTRIES: 'IR,DE',
      OTP_TEST_NUMBERS: '+989120000000:123456, +989120000001:654321',
    });
    expect(config.trustProxy).toEqual(['10.0.0.1', '10.1.0.0/16']);
    expect(config.allowedOrigins).toEqual(['https://a.example', 'https://b.example']);
    expect(config.api.smsCountries).toEqual(['IR', 'DE']);
    expect([...config.api.otp.testCodes]).toEqual([
      ['+989120000000', '123456'],
      ['+989120000001', '654321'],
    ]);
  });

  test('lives, lengths and limits reach the product', () => {
    const { api } = parseConfig({
      OTP_LENGTH: '8',
      OTP_LIFE_SECONDS: '240',
      ACCESS_TOKEN_SECONDS: '60',
      REFRESH_IDLE_DAYS: '2',
      REFRESH_ABSOLUTE_DAYS: '3',
      SESSIONS_PER_USER: '4',
      STREAM_RETENTION_DAYS: '5',
    });
    expect(api).toMatchObject({
      otp: { length: 8, lifeSeconds: 240 },
      session: {
        accessSeconds: 60,
        refreshIdleSeconds: 172_800,
        refreshAbsoluteSeconds: 259_200,
        perUser: 4,
      },
      stream: { retentionDays: 5 },
    });
  });

  test.for([
    ['NODE_ENV', 'staging'],
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['LOG_LEVEL', 'loud'],
    ['DATABASE_URL', 'not a url'],
    ['DATABASE_URL', 'mysql://chapar@localhost/chapar'],
    ['DATABASE_POOL_SIZE', '1'],
    ['SECRET_KEY', 'short'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '10.0.0.1, proxy.internal'],
    ['DEV_ROUTES', 'yes'],
    ['SMS_PROVIDER', 'pigeon'],
    ['SMS_PROVIDER', 'webhook'],
    ['SMS_WEBHOOK_URL', 'ftp://sms.internal'],
    ['SMS_COUNTRIES', 'XX'],
    ['SMS_COUNTRIES', 'IR,'],
    ['DEFAULT_COUNTRY', 'iran'],
    ['OTP_LENGTH', '2'],
    ['OTP_LENGTH', '11'],
    ['OTP_LIFE_SECONDS', '29'],
    ['OTP_TEST_NUMBERS', '09120000000:123456'],
    ['OTP_TEST_NUMBERS', '+989120000000'],
    ['ACCESS_TOKEN_SECONDS', '0'],
    ['REFRESH_IDLE_DAYS', '0'],
    ['STREAM_RETENTION_DAYS', '366'],
  ] as const)('%s=%s is refused by name', ([name, value]) => {
    expect(complaintOf({ [name]: value })).toContain(
      value === 'webhook' ? 'SMS_WEBHOOK_URL' : `${name}:`,
    );
  });

  test('no complaint repeats a secret', () => {
    const shortSecret = secret.slice(0, 20);
    const complaints = [
      complaintOf({ ...production, PORT: 'abc', DEV_ROUTES: 'on' }),
      complaintOf({ ...production, SECRET_KEY: shortSecret }),
      complaintOf({ ...production, SECRET_KEY: `example-${secret}` }),
      complaintOf({ ...production, SMS_WEBHOOK_URL: 'nowhere' }),
      complaintOf({ ...production, DATABASE_URL: `chapar:${databasePassword}@db` }),
      complaintOf({ OTP_TEST_NUMBERS: '09120000000:739154' }),
    ];
    for (const complaint of complaints) {
      for (const hidden of [secret, shortSecret, webhookSecret, databasePassword, '739154']) {
        expect(complaint).not.toContain(hidden);
      }
    }
  });
});

test.for([
  { HOST: '127.0.0.1', devRoutes: true },
  { HOST: 'localhost', devRoutes: true },
  { HOST: '::1', devRoutes: true },
  { HOST: '0.0.0.0', devRoutes: false },
  { HOST: '192.168.1.5', devRoutes: false },
  { HOST: '0.0.0.0', DEV_ROUTES: 'on', devRoutes: true },
  { HOST: '127.0.0.1', DEV_ROUTES: 'off', devRoutes: false },
])('the development inbox is for this machine unless asked for: %j', ({ devRoutes, ...env }) => {
  expect(parseConfig(env).devRoutes).toBe(devRoutes);
});
