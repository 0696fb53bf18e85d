import { readFileSync } from 'node:fs';
import { defaultConfig } from '@chapar/api';
import { describe, expect, test } from 'vitest';
import { envSchema } from '../src/env-schema.ts';
import { ConfigError, parseConfig } from '../src/env.ts';

const secret = 'Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u';
const databasePassword = 'Tk3Qz8';
const webhookSecret = 'hook-9Lr4Tz7Qe2Vx';
const mailPassword = 'Mp5Wd1Yk';
const redisPassword = 'Rd8Nc3Vb';
const captchaSecret = 'cap-4Hs9Jf2Lm';
const adminPassword = 'Adm7-Gx2Qp9Zt';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: `postgres://chapar:${databasePassword}@db.internal:5432/chapar`,
  SECRET_KEY: secret,
  SMS_PROVIDERS: 'webhook',
  SMS_WEBHOOK_URL: 'https://sms.internal/send',
  SMS_WEBHOOK_SECRET: webhookSecret,
};

/** With everything that has a secret. */
const connected = {
  ...production,
  MAIL_PROVIDER: 'smtp',
  SMTP_URL: `smtps://chapar:${mailPassword}@mail.internal`,
  MAIL_FROM: 'Chapar <codes@chapar.example>',
  RATE_LIMIT_STORE: 'redis',
  HUB: 'redis',
  REDIS_URL: `rediss://default:${redisPassword}@redis.internal:6380/2`,
  CAPTCHA_VERIFY_URL: 'https://captcha.example/siteverify',
  CAPTCHA_SECRET: captchaSecret,
  FIRST_ADMIN_PHONE: '09121234567',
  FIRST_ADMIN_PASSWORD: adminPassword,
};

/** What a refused environment is told. */
function complaintOf(env: Record<string, string | undefined>, now?: Date): string {
  try {
    parseConfig(env, now);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the environment was accepted');
}

describe('the variables that are documented', () => {
  const read = (name: string): string =>
    readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
  const readme = [...read('README.md').matchAll(/^\| `([A-Z0-9_]+)` \| ([^|]+) \|/gm)];
  const example = [...read('.env.example').matchAll(/^#? ?([A-Z0-9_]+)=(.*)$/gm)];
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
      sms: { providers: [{ name: 'webhook', secret: webhookSecret }] },
      mail: { provider: 'off' },
      captcha: null,
      rateLimitStore: 'memory',
      hub: 'postgres',
      redisUrl: null,
      firstAdmin: null,
      api: { limits: { addressFactor: 1 } },
    });
  });

  test('so is one with a mail server, Redis, a captcha and a first administrator', () => {
    expect(parseConfig(connected)).toMatchObject({
      mail: { provider: 'smtp', url: connected.SMTP_URL, from: connected.MAIL_FROM },
      captcha: { url: connected.CAPTCHA_VERIFY_URL, secret: captchaSecret },
      rateLimitStore: 'redis',
      hub: 'redis',
      redisUrl: connected.REDIS_URL,
      firstAdmin: { phone: '+989121234567', password: adminPassword },
    });
  });

  test.for([
    { name: 'SECRET_KEY', why: 'missing', value: undefined },
    { name: 'SECRET_KEY', why: 'empty', value: '' },
    { name: 'SECRET_KEY', why: 'short', value: secret.slice(0, 31) },
    { name: 'SECRET_KEY', why: 'an example', value: 'change-me-0123456789-abcdefghijklmn' },
    { name: 'SECRET_KEY', why: 'of one letter', value: 'x'.repeat(64) },
    { name: 'DATABASE_URL', why: 'missing', value: undefined },
    { name: 'SMS_PROVIDERS', why: 'the console', value: 'console' },
    { name: 'SMS_PROVIDERS', why: 'the console after another', value: 'webhook,console' },
    { name: 'SMS_PROVIDERS', why: 'missing', value: undefined },
    { name: 'SMS_WEBHOOK_URL', why: 'missing', value: undefined },
    { name: 'SMS_WEBHOOK_SECRET', why: 'missing', value: undefined },
    { name: 'SMS_WEBHOOK_SECRET', why: 'short', value: 'hook-9Lr4Tz7Qe2' },
    { name: 'MAIL_PROVIDER', why: 'the console', value: 'console' },
    { name: 'DEV_ROUTES', why: 'on', value: 'on' },
    { name: 'OTP_TEST_NUMBERS', why: 'given', value: '+989120000000:123456' },
  ])('$name is refused when it is $why', ({ name, value }) => {
    expect(complaintOf({ ...production, [name]: value })).toContain(name);
  });

  test('everything that is wrong is named at once', () => {
    const complaint = complaintOf({ NODE_ENV: 'production', DEV_ROUTES: 'on' });
    for (const name of ['SECRET_KEY', 'DATABASE_URL', 'SMS_PROVIDERS', 'DEV_ROUTES']) {
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
      sms: { providers: [{ name: 'console' }], templatesFile: null, callbackSecret: null },
      mail: { provider: 'console' },
      captcha: null,
      breachCheck: false,
      rateLimitStore: 'memory',
      hub: 'memory',
      firstAdmin: null,
      api: { ...defaultConfig, limits: { overrides: new Map(), addressFactor: 100 } },
    });
  });

  test('lists are split at commas, and test numbers have their codes', () => {
    const config = parseConfig({
      TRUST_PROXY: '10.0.0.1, 10.1.0.0/16',
      ALLOWED_ORIGINS: 'https://a.example,https://b.example',
      SMS_COUNTRIES: 'IR,DE',
      AUTH_METHODS: 'password',
      ACCOUNT_KINDS: 'personal, shop,2nd-shop',
      OTP_TEST_NUMBERS: '+989120000000:123456, +989120000001:654321',
      OTP_TEST_NUMBERS_UNTIL: '2999-12-31',
      RATE_LIMITS: 'otp.request:address=10/3600, otp.verify:address=5/60',
    });
    expect(config.trustProxy).toEqual(['10.0.0.1', '10.1.0.0/16']);
    expect(config.allowedOrigins).toEqual(['https://a.example', 'https://b.example']);
    expect(config.api.smsCountries).toEqual(['IR', 'DE']);
    expect(config.api.authMethods).toEqual(['password']);
    expect(config.api.accountKinds).toEqual(['personal', 'shop', '2nd-shop']);
    expect([...config.api.otp.testCodes]).toEqual([
      ['+989120000000', '123456'],
      ['+989120000001', '654321'],
    ]);
    expect([...config.api.limits.overrides]).toEqual([
      ['otp.request:address', { most: 10, seconds: 3_600 }],
      ['otp.verify:address', { most: 5, seconds: 60 }],
    ]);
  });

  test('lives, lengths and limits reach the product', () => {
    const { api, breachCheck } = parseConfig({
      PRODUCT_NAME: ' چاپارِ\u200cما ',
      TIME_ZONE: 'Europe/Berlin',
      SMS_PER_MINUTE: '11',
      SMS_PER_DAY: '12',
      SMS_PER_COUNTRY_PER_HOUR: '13',
      OTP_LENGTH: '8',
      OTP_LIFE_SECONDS: '240',
      OTP_MAIL_LIFE_SECONDS: '900',
      SMS_PER_BLOCK_PER_10_MINUTES: '14',
      SMS_UNUSED_PER_SOURCE: '15',
      OTP_ATTEMPTS: '3',
      OTP_WRONG_PER_DAY: '9',
      OTP_RESEND_SECONDS: '30, 30,120',
      OTP_SENDS_PER_10_MINUTES: '4',
      OTP_SENDS_PER_DAY: '7',
      OTP_WEB_DOMAIN: 'App.Chapar.example',
      PASSWORD_MIN_LENGTH: '12',
      PASSWORD_MAX_LENGTH: '64',
      PASSWORD_LONGEST_WAIT_SECONDS: '600',
      PASSWORD_BREACH_CHECK: 'pwned-passwords',
      MIN_AGE: '18',
      MAX_AGE: '110',
      ERASE_AFTER_DAYS: '14',
      AUDIT_DAYS: '90',
      ACCESS_TOKEN_SECONDS: '60',
      REFRESH_GRACE_SECONDS: '10',
      REFRESH_IDLE_DAYS: '2',
      REFRESH_ABSOLUTE_DAYS: '3',
      SESSIONS_PER_USER: '4',
      ORGANIZATION_MEMBERS: '50',
      ORGANIZATIONS_PER_PERSON: '7',
      CHAT_MESSAGE_LENGTH: '101',
      CHAT_SENDS_PER_PERSON: '2/3',
      CHAT_SENDS_PER_CONVERSATION: '4/5',
      CHAT_MEMBERS_PER_GROUP: '102',
      CHAT_CONVERSATIONS_PER_PERSON: '103',
      CHAT_MENTIONS_PER_MESSAGE: '14',
      CHAT_NEW_ACCOUNT_HOURS: '15',
      CHAT_NEW_ACCOUNT_LINKS: '16',
      CHAT_REACTIONS_PER_MESSAGE: '17',
      CHAT_REACTIONS_PER_PERSON: '18',
      CHAT_PINS_PER_CONVERSATION: '19',
      CHAT_PINNED_CONVERSATIONS: '21',
      CHAT_INVITES_PER_CONVERSATION: '22',
      CHAT_EDIT_SECONDS: '23',
      CHAT_DELETE_SECONDS: '24',
      CHAT_RECEIPT_MEMBERS: '25',
      CHAT_REPORTS_PER_DAY: '26',
      CHAT_SEARCH_MS: '127',
      STREAM_RETENTION_DAYS: '5',
    });
    expect(breachCheck).toBe(true);
    expect(api).toMatchObject({
      productName: 'چاپارِ\u200cما',
      defaultTimeZone: 'Europe/Berlin',
      smsBudget: {
        perMinute: 11,
        perDay: 12,
        perCountryPerHour: 13,
        perBlockPer10Minutes: 14,
        unusedPerSource: 15,
      },
      otp: {
        length: 8,
        lifeSeconds: 240,
        mailLifeSeconds: 900,
        attemptsPerChallenge: 3,
        wrongPerContactPerDay: 9,
        resendSeconds: [30, 30, 120],
        sendsPerContactPer10Minutes: 4,
        sendsPerContactPerDay: 7,
        webDomain: 'app.chapar.example',
      },
      password: { minLength: 12, maxLength: 64, passes: 2, longestDelaySeconds: 600 },
      account: { minAge: 18, maxAge: 110, eraseAfterDays: 14, auditDays: 90 },
      session: {
        accessSeconds: 60,
        refreshIdleSeconds: 172_800,
        refreshAbsoluteSeconds: 259_200,
        perUser: 4,
      },
      stream: { retentionDays: 5 },
      organization: { members: 50, perUser: 7 },
      chat: {
        messageLength: 101,
        sendsPerPerson: { perSecond: 2, burst: 3 },
        sendsPerConversation: { perSecond: 4, burst: 5 },
        membersPerGroup: 102,
        conversationsPerPerson: 103,
        mentionsPerMessage: 14,
        newAccountHours: 15,
        newAccountLinks: 16,
        reactionsPerMessage: 17,
        reactionsPerPerson: 18,
        pinsPerConversation: 19,
        pinnedConversations: 21,
        invitesPerConversation: 22,
        editSeconds: 23,
        deleteSeconds: 24,
        receiptMembers: 25,
        reportsPerDay: 26,
        searchMs: 127,
      },
    });
  });

  test.for([
    ['NODE_ENV', 'staging'],
    ['PORT', 'abc'],
    ['CHAT_SENDS_PER_PERSON', '5'],
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
    ['SMS_PROVIDERS', 'pigeon'],
    ['SMS_PROVIDERS', 'console,console'],
    ['SMS_PROVIDERS', ','],
    ['PRODUCT_NAME', 'x'.repeat(41)],
    ['PRODUCT_NAME', ' '],
    ['PRODUCT_NAME', 'Chapar {code}'],
    ['PRODUCT_NAME', 'Chapar\nlogin'],
    ['TIME_ZONE', 'Asia/Nowhere'],
    ['TIME_ZONE', '+03:30'],
    ['AUTH_METHODS', 'otp,magic'],
    ['AUTH_METHODS', ','],
    ['AUTH_METHODS', 'otp,otp'],
    ['ACCOUNT_KINDS', 'Personal'],
    ['ACCOUNT_KINDS', 'a b'],
    ['ACCOUNT_KINDS', '-a'],
    ['ACCOUNT_KINDS', 'x'.repeat(21)],
    ['ACCOUNT_KINDS', 'personal,shop,personal'],
    ['ACCOUNT_KINDS', ','],
    ['SMS_WEBHOOK_URL', 'ftp://sms.internal'],
    ['SMS_COUNTRIES', 'XX'],
    ['SMS_COUNTRIES', 'IR,'],
    ['SMS_PER_MINUTE', '0'],
    ['SMS_PER_DAY', 'many'],
    ['SMS_PER_COUNTRY_PER_HOUR', '0'],
    ['DEFAULT_COUNTRY', 'iran'],
    ['MAIL_PROVIDER', 'pigeon'],
    ['SMTP_URL', 'mail.internal'],
    ['SMTP_URL', 'http://mail.internal'],
    ['SMTP_URL', 'smtp://'],
    ['SMTP_URL', 'smtp://mail.internal/x'],
    ['SMTP_URL', 'smtp://mail.internal?tls.rejectUnauthorized=false'],
    ['SMTP_URL', 'smtp://u:100%@mail.internal'],
    ['MAIL_FROM', 'chapar'],
    ['MAIL_FROM', 'Chapar codes@chapar.example'],
    ['MAIL_FROM', 'Chapar <codes@chapar.example'],
    ['MAIL_FROM', 'codes@chapar.example>'],
    ['MAIL_FROM', 'Chapar, Inc <codes@chapar.example>'],
    ['MAIL_FROM', 'codes@chapar.example, eve@evil.example'],
    ['MAIL_FROM', 'Chapar <codes@chapar.example>\r\nBcc: eve@evil.example'],
    ['OTP_LENGTH', '2'],
    ['OTP_LENGTH', '11'],
    ['OTP_LIFE_SECONDS', '29'],
    ['OTP_MAIL_LIFE_SECONDS', '59'],
    ['OTP_SENDS_PER_DAY', '0'],
    ['OTP_ATTEMPTS', '11'],
    ['OTP_WRONG_PER_DAY', '101'],
    ['OTP_RESEND_SECONDS', '60,30'],
    ['OTP_RESEND_SECONDS', ','],
    ['OTP_SENDS_PER_10_MINUTES', '0'],
    ['SMS_PER_BLOCK_PER_10_MINUTES', '0'],
    ['SMS_UNUSED_PER_SOURCE', '0'],
    ['PASSWORD_LONGEST_WAIT_SECONDS', '59'],
    ['REFRESH_GRACE_SECONDS', '61'],
    ['OTP_WEB_DOMAIN', 'https://chapar.example'],
    ['OTP_WEB_DOMAIN', 'chapar.example/login'],
    ['OTP_WEB_DOMAIN', 'chapar..example'],
    ['OTP_WEB_DOMAIN', '-chapar.example'],
    ['OTP_TEST_NUMBERS', '09120000000:123456'],
    ['OTP_TEST_NUMBERS', '+989120000000'],
    ['OTP_TEST_NUMBERS_UNTIL', '2027-02-30'],
    ['OTP_TEST_NUMBERS_UNTIL', 'tomorrow'],
    ['PASSWORD_MIN_LENGTH', '7'],
    ['PASSWORD_MIN_LENGTH', '65'],
    ['PASSWORD_MAX_LENGTH', '49'],
    ['PASSWORD_MAX_LENGTH', '129'],
    ['PASSWORD_BREACH_CHECK', 'on'],
    ['CAPTCHA_VERIFY_URL', 'captcha.example'],
    ['MIN_AGE', '-1'],
    ['MAX_AGE', '99'],
    ['ERASE_AFTER_DAYS', '0'],
    ['AUDIT_DAYS', '29'],
    ['RATE_LIMIT_STORE', 'disk'],
    ['HUB', 'kafka'],
    ['ROLE', 'worker'],
    ['DRAIN_SECONDS', '-1'],
    ['DRAIN_SECONDS', '601'],
    ['REDIS_URL', 'redis.internal'],
    ['REDIS_URL', 'http://redis.internal'],
    ['REDIS_URL', 'redis://redis.internal/x'],
    ['REDIS_URL', 'redis://u:100%@redis.internal'],
    ['RATE_LIMITS', 'otp.request:address'],
    ['RATE_LIMITS', 'otp.request:phone=1/60'],
    ['RATE_LIMITS', 'otp.request:address=0/60'],
    ['RATE_LIMITS', 'otp.request:address=1/0'],
    ['RATE_LIMITS', 'otp.request:address=1.5/60'],
    ['RATE_LIMITS', 'otp.request:address=1/60,otp.request:address=2/60'],
    ['RATE_LIMITS', 'otp.reqest:address=1/60'],
    ['RATE_LIMITS', 'constructor:address=1/60'],
    ['ACCESS_TOKEN_SECONDS', '0'],
    ['REFRESH_IDLE_DAYS', '0'],
    ['STREAM_RETENTION_DAYS', '366'],
  ] as const)('%s=%s is refused by name', ([name, value]) => {
    expect(complaintOf({ [name]: value })).toContain(`${name}:`);
  });

  test.for([
    { env: { MAIL_PROVIDER: 'smtp' }, needs: 'SMTP_URL and MAIL_FROM' },
    {
      env: { MAIL_PROVIDER: 'smtp', SMTP_URL: 'smtp://localhost' },
      needs: 'SMTP_URL and MAIL_FROM',
    },
    { env: { RATE_LIMIT_STORE: 'redis' }, needs: 'REDIS_URL' },
    { env: { HUB: 'redis' }, needs: 'REDIS_URL' },
    { env: { CAPTCHA_SECRET: 'x' }, needs: 'CAPTCHA_VERIFY_URL and CAPTCHA_SECRET' },
    {
      env: { CAPTCHA_VERIFY_URL: 'https://captcha.example' },
      needs: 'CAPTCHA_VERIFY_URL and CAPTCHA_SECRET',
    },
    {
      env: { FIRST_ADMIN_PHONE: '09121234567' },
      needs: 'FIRST_ADMIN_PHONE and FIRST_ADMIN_PASSWORD',
    },
    {
      env: { FIRST_ADMIN_PASSWORD: adminPassword },
      needs: 'FIRST_ADMIN_PHONE and FIRST_ADMIN_PASSWORD',
    },
    {
      env: { FIRST_ADMIN_PHONE: '0912', FIRST_ADMIN_PASSWORD: adminPassword },
      needs: 'FIRST_ADMIN_PHONE',
    },
    {
      env: { PASSWORD_MIN_LENGTH: '64', PASSWORD_MAX_LENGTH: '64' },
      needs: 'PASSWORD_MAX_LENGTH',
    },
    {
      env: { OTP_TEST_NUMBERS: '+989120000000:123456' },
      needs: 'OTP_TEST_NUMBERS_UNTIL',
    },
  ])('$env lacks $needs', ({ env, needs }) => {
    expect(complaintOf(env)).toMatch(new RegExp(`^${needs}: `));
  });

  test('numbers with known codes are good until the end of their last day in UTC, and then stop the start', () => {
    const env = {
      OTP_TEST_NUMBERS: '+989120000000:123456',
      OTP_TEST_NUMBERS_UNTIL: '2027-01-31',
    };
    const { api } = parseConfig(env, new Date('2027-01-31T23:59:59.999Z'));
    expect(api.otp.testCodesUntil).toEqual(new Date('2027-02-01T00:00:00Z'));
    expect(complaintOf(env, new Date('2027-02-01T00:00:00Z'))).toMatch(
      /^OTP_TEST_NUMBERS_UNTIL: is over/,
    );
    const left = { OTP_TEST_NUMBERS_UNTIL: '2027-01-31' };
    expect(parseConfig(left, new Date('2028-01-01')).api.otp.testCodes.size).toBe(0);
    expect(parseConfig({}).api.otp.testCodesUntil).toEqual(new Date(0));
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
      complaintOf({ OTP_TEST_NUMBERS: '+989120000000:739154' }),
      complaintOf({ ...connected, PORT: 'abc' }),
      complaintOf({ ...connected, SMTP_URL: `chapar:${mailPassword}@mail.internal` }),
      complaintOf({ ...connected, SMTP_URL: `smtp://chapar:${mailPassword}%@mail.internal` }),
      complaintOf({ ...connected, REDIS_URL: `redis://:${redisPassword}@redis.internal/x` }),
      complaintOf({ ...connected, REDIS_URL: `http://:${redisPassword}@redis.internal` }),
      complaintOf({ ...connected, CAPTCHA_VERIFY_URL: undefined }),
      complaintOf({ ...connected, FIRST_ADMIN_PHONE: 'abc' }),
      complaintOf({ ...connected, PASSWORD_MIN_LENGTH: '64', PASSWORD_MAX_LENGTH: '64' }),
    ];
    for (const complaint of complaints) {
      for (const hidden of [
        secret,
        shortSecret,
        webhookSecret,
        databasePassword,
        mailPassword,
        redisPassword,
        captchaSecret,
        adminPassword,
        '739154',
      ]) {
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
