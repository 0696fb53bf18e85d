import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  FakeFarazSms,
  FakeGhasedak,
  FakeIpPanel,
  FakeKavenegar,
  FakeMeliPayamak,
  FakeParsianWebCo,
  FakeSmsIr,
  FakeTwilio,
  type FakeOptions,
  type FakeProvider,
} from '@chapar/sms/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from './harness.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chapar-providers-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const token = { template: 'login-otp', slots: [{ variable: 'code', name: 'token' }] };
const bodyId = { template: '123456', slots: [{ variable: 'code', name: '1' }] };

async function openFakes(): Promise<[FakeKavenegar, FakeMeliPayamak]> {
  const kavenegar = new FakeKavenegar({
    templates: [{ name: 'login-otp', variables: ['token'] }],
  });
  const meliPayamak = new FakeMeliPayamak({
    lines: ['50004001'],
    templates: [{ name: '123456', variables: ['1'] }],
  });
  return Promise.all([kavenegar.start(), meliPayamak.start()]);
}

const keys = {
  SMS_PROVIDERS: 'kavenegar,meli-payamak',
  KAVENEGAR_API_KEY: 'Kv7Qm2xWc5nRt7bKd4pLz9',
  MELI_PAYAMAK_USERNAME: '09120000000',
  MELI_PAYAMAK_API_KEY: 'Mp5Wd1Yk8Tz3Qr6Lx2Vb9c',
  MELI_PAYAMAK_FROM: '50004001',
};

/** Signs in by what has come to the fake. */
async function signIn(server: TestServer, fake: FakeProvider, phone: string): Promise<string> {
  const client = server.client();
  const before = fake.log.length;
  const { challengeId } = await client.otp.request.mutate({ phone });
  await expect.poll(() => fake.log.length, { timeout: 10_000 }).toBe(before + 1);
  const sms = fake.log.at(-1);
  const code = /\d{6}/.exec([sms?.values, sms?.text].join(' '))?.[0] ?? '';
  const { user } = await client.otp.verify.mutate({ challengeId, code });
  return user.id;
}

test.for([
  { by: 'text', template: null },
  { by: 'template', template: 'login-otp' },
])(
  'M6, M7, M10: logs in by $by, and through the next provider when the first is down',
  async (way) => {
    const [kavenegar, meliPayamak] = await openFakes();
    await using first = kavenegar;
    await using second = meliPayamak;
    const file = path.join(folder, 'templates.json');
    const providers = { kavenegar: { en: token }, 'meli-payamak': { en: bodyId } };
    await writeFile(file, JSON.stringify({ otp: { providers } }));
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
    const env = { KAVENEGAR_URL: first.url, MELI_PAYAMAK_URL: second.url };
    const templates = way.template === null ? {} : { SMS_TEMPLATES_FILE: file };
    await using server = await startServer({ ...keys, ...env, ...templates }, null, log);

    expect(await signIn(server, first, '+989121110021')).toBeTruthy();
    expect(first.log[0]).toMatchObject({ template: way.template });
    expect(second.requests).toHaveLength(0);
    await first.stop();
    expect(await signIn(server, second, '+989121110022')).toBeTruthy();
    expect(second.log[0]).toMatchObject({ template: way.template && '123456' });

    const codes = [...first.log, ...second.log].flatMap(
      ({ text, values }) => /\d{6}/.exec([values, text].join(' '))?.[0] ?? [],
    );
    expect(codes).toHaveLength(2);
    const secrets = [keys.KAVENEGAR_API_KEY, keys.MELI_PAYAMAK_API_KEY, ...codes];
    for (const secret of secrets) {
      expect(lines.join('')).not.toContain(secret);
    }
  },
);

interface Provider {
  row: string;
  name: string;
  open: (options: FakeOptions) => FakeProvider;
  env: Record<string, string>;
  url: string;
  /** What the code's template is called there, and its slot. */
  template?: string;
  slot?: string;
  line?: string;
  phone?: string;
}

const apiKey = 'Kv7Qm2xWc5nRt7bKd4pLz9';
const abroad = '+12025550123';
const contentSid = `HX${'1b'.repeat(16)}`;
const twilio = {
  open: (options: FakeOptions) =>
    new FakeTwilio({
      ...options,
      lines: ['+15005550006', 'whatsapp:+15005550006'],
      isWindowOpen: true,
    }),
  url: 'TWILIO_URL',
  template: contentSid,
  slot: '1',
  phone: abroad,
};
const account = { TWILIO_ACCOUNT_SID: `AC${'0a'.repeat(16)}`, TWILIO_AUTH_TOKEN: apiKey };

const outside: readonly Provider[] = [
  {
    row: 'M5',
    name: 'parsian-webco',
    open: (options) => new FakeParsianWebCo(options),
    env: { PARSIAN_WEBCO_API_KEY: apiKey },
    url: 'PARSIAN_WEBCO_URL',
    template: '2',
  },
  {
    row: 'M6',
    name: 'meli-payamak',
    open: (options) => new FakeMeliPayamak(options),
    env: {
      MELI_PAYAMAK_USERNAME: '09120000000',
      MELI_PAYAMAK_API_KEY: apiKey,
      MELI_PAYAMAK_FROM: '50004001',
    },
    url: 'MELI_PAYAMAK_URL',
  },
  {
    row: 'M6',
    name: 'meli-payamak-console',
    open: (options) => new FakeMeliPayamak(options),
    env: { MELI_PAYAMAK_CONSOLE_TOKEN: apiKey, MELI_PAYAMAK_FROM: '50004001' },
    url: 'MELI_PAYAMAK_CONSOLE_URL',
  },
  {
    row: 'M7',
    name: 'kavenegar',
    open: (options) => new FakeKavenegar(options),
    env: { KAVENEGAR_API_KEY: apiKey },
    url: 'KAVENEGAR_URL',
    slot: 'token',
  },
  {
    row: 'M10',
    name: 'sms-ir',
    open: (options) => new FakeSmsIr(options),
    env: { SMS_IR_API_KEY: apiKey, SMS_IR_LINE: '50004001' },
    url: 'SMS_IR_URL',
    slot: 'CODE',
  },
  {
    row: 'M10',
    name: 'ghasedak',
    open: (options) => new FakeGhasedak(options),
    env: { GHASEDAK_API_KEY: apiKey, GHASEDAK_LINE: '50004001' },
    url: 'GHASEDAK_URL',
    slot: 'Code',
  },
  {
    row: 'M10',
    name: 'ippanel',
    open: (options) => new FakeIpPanel(options),
    env: { IPPANEL_API_KEY: apiKey, IPPANEL_FROM: '+983000505' },
    url: 'IPPANEL_URL',
    line: '+983000505',
  },
  {
    row: 'M10',
    name: 'faraz-sms',
    open: (options) => new FakeFarazSms(options),
    env: { FARAZ_SMS_API_KEY: apiKey, FARAZ_SMS_LINE: '50004001' },
    url: 'FARAZ_SMS_URL',
  },
  {
    row: 'M8',
    name: 'twilio',
    env: { ...account, TWILIO_FROM: '+15005550006', SMS_COUNTRIES: 'US' },
    ...twilio,
  },
  {
    row: 'M9',
    name: 'twilio-whatsapp',
    env: { ...account, TWILIO_WHATSAPP_FROM: '+15005550006', SMS_COUNTRIES: 'US' },
    ...twilio,
  },
];

test.for(outside)('$row: logs in by a code that $name sends by its template', async (provider) => {
  const { name, open, env, url } = provider;
  const { template = '123456', slot = 'code', line = '50004001' } = provider;
  await using fake = open({ lines: [line], templates: [{ name: template, variables: [slot] }] });
  await fake.start();
  const file = path.join(folder, 'templates.json');
  const version = { template, slots: [{ variable: 'code', name: slot }] };
  await writeFile(file, JSON.stringify({ otp: { providers: { [name]: { en: version } } } }));
  await using server = await startServer({
    ...env,
    SMS_PROVIDERS: name,
    [url]: fake.url,
    SMS_TEMPLATES_FILE: file,
  });
  expect(await signIn(server, fake, provider.phone ?? '+989121110023')).toBeTruthy();
  expect(fake.log[0]).toMatchObject({ template });
});

test('the templates file is read before anything is opened', async () => {
  const database = { url: 'postgres://127.0.0.1:1/none', drop: () => Promise.resolve() };
  const file = path.join(folder, 'nowhere.json');
  await expect(startServer({ SMS_TEMPLATES_FILE: file }, database)).rejects.toThrow(
    'SMS_TEMPLATES_FILE: cannot be read (ENOENT)',
  );
});
