import { createHash } from 'node:crypto';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../src/env.ts';
import { smsProviderNames } from '../src/env-sms-fields.ts';

const key = 'Kv7Qm2xWc5nRt7bKd4pLz9';
const callbackSecret = 'cb_Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u';

/** What each provider cannot do without. */
const needs = {
  webhook: { SMS_WEBHOOK_URL: 'https://sms.internal/send', SMS_WEBHOOK_SECRET: key },
  kavenegar: { KAVENEGAR_API_KEY: key },
  'meli-payamak': {
    MELI_PAYAMAK_USERNAME: '09120000000',
    MELI_PAYAMAK_API_KEY: key,
    MELI_PAYAMAK_FROM: '50004001',
  },
  'meli-payamak-console': { MELI_PAYAMAK_CONSOLE_TOKEN: key, MELI_PAYAMAK_FROM: '50004001' },
  'parsian-webco': { PARSIAN_WEBCO_API_KEY: key },
  'sms-ir': { SMS_IR_API_KEY: key },
  ghasedak: { GHASEDAK_API_KEY: key, GHASEDAK_LINE: '30005088' },
  ippanel: { IPPANEL_API_KEY: key, IPPANEL_FROM: '+983000505' },
  'faraz-sms': { FARAZ_SMS_API_KEY: key, FARAZ_SMS_LINE: '50002' },
  twilio: { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: key, TWILIO_FROM: '+12025550100' },
  'twilio-whatsapp': {
    TWILIO_ACCOUNT_SID: 'AC1',
    TWILIO_AUTH_TOKEN: key,
    TWILIO_WHATSAPP_FROM: '+12025550100',
  },
};

const providers = Object.entries(needs).map(([name, env]): [string, Record<string, string>] => [
  name,
  env,
]);
const lacking = providers.flatMap(([name, env]) =>
  Object.keys(env).map((variable) => ({ name, env, variable })),
);

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://chapar:Tk3Qz8@db.internal:5432/chapar',
  SECRET_KEY: 'Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u',
};

function complaintOf(env: Record<string, string | undefined>): string {
  try {
    parseConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the environment was accepted');
}

describe('providers', () => {
  test('M10: all can be chosen together, and keep their order', () => {
    const names = smsProviderNames.filter((name) => name !== 'console').toReversed();
    const env = Object.assign({}, production, ...Object.values(needs)) as Record<string, string>;
    const { sms } = parseConfig({ ...env, SMS_PROVIDERS: names.join(', ') });
    expect(sms.providers.map(({ name }) => name)).toEqual(names);
  });

  test.for(lacking)('M10: $name without $variable stops the start by name', (one) => {
    const { name, env, variable } = one;
    const complaint = complaintOf({ ...env, SMS_PROVIDERS: name, [variable]: undefined });
    expect(complaint).toBe(`${variable}: missing; ${name} in SMS_PROVIDERS needs it`);
    expect(complaintOf({ ...env, SMS_PROVIDERS: name, [variable]: '' })).toBe(complaint);
  });

  test('M10: what is not chosen needs nothing', () => {
    expect(parseConfig({ KAVENEGAR_API_KEY: 'change-me' }).sms.providers).toEqual([
      { name: 'console' },
    ]);
  });

  const keys = lacking.filter(({ variable }) => /_(KEY|TOKEN)$/.test(variable));
  test.for(keys)('M10: $variable is no example in production ($name)', (one) => {
    const { name, env, variable } = one;
    for (const value of ['change-me', 'your-api-key', 'aaaaaaaaaaaaaaa', 'Kv7Qm2x']) {
      const given = { ...env, SMS_PROVIDERS: name, [variable]: value };
      const complaint = complaintOf({ ...production, ...given });
      expect(complaint).toContain(`${variable}: is an example or too simple; ${name} needs`);
      expect(complaint).not.toContain(value);
      expect(parseConfig(given).sms.providers).toHaveLength(1);
    }
    expect(parseConfig({ ...production, ...env, SMS_PROVIDERS: name }).mode).toBe('production');
  });

  test('everything about one reaches it', () => {
    const { sms } = parseConfig({
      ...needs.kavenegar,
      ...needs['sms-ir'],
      ...needs.twilio,
      SMS_PROVIDERS: 'kavenegar,sms-ir,twilio,twilio-whatsapp',
      KAVENEGAR_SENDER: '10004346',
      KAVENEGAR_URL: 'https://relay.internal/kavenegar/',
      SMS_IR_LINE: '30004505',
      SMS_IR_URL: 'http://127.0.0.1:8080',
      TWILIO_FROM: 'MG0123456789abcdef0123456789abcdef',
      TWILIO_WHATSAPP_FROM: '+12025550101',
      TWILIO_URL: 'http://localhost:8081/',
      SMS_TEMPLATES_FILE: 'sms.json',
      SMS_ON_UNKNOWN_CODE: 'stop',
      SMS_CALLBACK_SECRET: callbackSecret,
    });
    const account = { accountSid: 'AC1', authToken: key, url: 'http://localhost:8081' };
    expect(sms).toEqual({
      providers: [
        {
          name: 'kavenegar',
          apiKey: key,
          sender: '10004346',
          url: 'https://relay.internal/kavenegar',
        },
        { name: 'sms-ir', apiKey: key, line: '30004505', url: 'http://127.0.0.1:8080' },
        {
          name: 'twilio',
          ...account,
          messagingServiceSid: 'MG0123456789abcdef0123456789abcdef',
        },
        { name: 'twilio-whatsapp', ...account, channel: 'whatsapp', from: '+12025550101' },
      ],
      templatesFile: path.resolve('sms.json'),
      onUnknownCode: 'stop',
      callbackSecret,
    });
  });
});

describe('what the product has to know', () => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  test('floors, lives and budgets', () => {
    const { api } = parseConfig({
      ...needs.kavenegar,
      ...needs['meli-payamak'],
      SMS_PROVIDERS: 'kavenegar,meli-payamak',
      SMS_CREDIT_FLOORS: 'kavenegar=500000, meli-payamak=1000',
      SMS_MAX_LENGTH: '900',
      SMS_LOG_DAYS: '30',
      SMS_PER_NUMBER_PER_HOUR: '3',
    });
    expect(api.sms).toEqual({
      maxLength: 900,
      logDays: 30,
      creditFloors: new Map([
        ['kavenegar', 500_000],
        ['meli-payamak', 1_000],
      ]),
      customPerNumberPerHour: 3,
    });
  });

  test('services by the hashes of their keys', () => {
    const { api } = parseConfig({
      SERVICE_KEYS: `billing:${sha256('one')}, shop-2:${sha256('two').toUpperCase()}`,
    });
    expect([...api.services]).toEqual([
      ['billing', createHash('sha256').update('one').digest()],
      ['shop-2', createHash('sha256').update('two').digest()],
    ]);
  });

  test.for([
    ['SMS_CREDIT_FLOORS', 'kavenegar=1'],
    ['SMS_CREDIT_FLOORS', 'console'],
    ['SMS_CREDIT_FLOORS', 'console=-1'],
    ['SMS_CREDIT_FLOORS', 'console=1,console=2'],
    ['SMS_MAX_LENGTH', '0'],
    ['SMS_MAX_LENGTH', '901'],
    ['SMS_ON_UNKNOWN_CODE', 'again'],
    ['SMS_LOG_DAYS', '0'],
    ['SMS_LOG_DAYS', '3651'],
    ['SMS_PER_NUMBER_PER_HOUR', '1001'],
    ['SERVICE_KEYS', 'billing'],
    ['SERVICE_KEYS', 'billing:abcdef'],
    ['SERVICE_KEYS', `Billing:${sha256('one')}`],
    ['SERVICE_KEYS', `${'x'.repeat(31)}:${sha256('one')}`],
    ['SERVICE_KEYS', `billing:${sha256('one')},billing:${sha256('two')}`],
    ['SERVICE_KEYS', `billing:${sha256('one')},shop:${sha256('one')}`],
    ['SMS_CALLBACK_SECRET', callbackSecret.slice(0, 31)],
    ['SMS_CALLBACK_SECRET', `${callbackSecret}/`],
    ['SMS_CALLBACK_SECRET', 'abcabcabc'.repeat(5)],
    ['KAVENEGAR_API_KEY', `${key}\n${key}`],
    ['KAVENEGAR_API_KEY', `${key} ${key}`],
    ['KAVENEGAR_SENDER', 'Chapar'],
    ['KAVENEGAR_URL', 'http://relay.internal'],
    ['KAVENEGAR_URL', `https://chapar:${key}@relay.internal`],
    ['KAVENEGAR_URL', `https://relay.internal?key=${key}`],
    ['TWILIO_FROM', 'a name that is far too long'],
    ['TWILIO_WHATSAPP_FROM', '2025550100'],
  ] as const)('%s=%s is refused by name, and not repeated', ([name, value]) => {
    const complaint = complaintOf({ [name]: value });
    expect(complaint).toMatch(new RegExp(`^${name}: `));
    expect(complaint).not.toContain(key);
    expect(complaint).not.toContain(callbackSecret.slice(0, 31));
    expect(complaint).not.toContain(sha256('one'));
  });
});
