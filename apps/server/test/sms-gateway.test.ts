import {
  createKavenegar,
  createMeliPayamak,
  TemplateBook,
  type SmsProvider,
  type TemplateSpec,
} from '@chapar/sms';
import { FakeKavenegar, FakeMeliPayamak, refusedKeys } from '@chapar/sms/testing';
import { describe, expect, test } from 'vitest';
import { ConsoleSmsProvider } from '../src/gateways/sms/console.ts';
import { createSmsGateway, type SmsGatewayOptions } from '../src/gateways/sms/gateway.ts';

const templates: TemplateSpec[] = [
  {
    name: 'otp',
    texts: { fa: 'کد ورود: {code}', en: 'Your code: {code}' },
    providers: {
      kavenegar: { fa: { template: 'login/otp', slots: [{ variable: 'code', name: 'token' }] } },
    },
  },
  { name: 'T1', texts: { fa: 'سفارش {number}', en: 'Order {number}' } },
];

interface Warning {
  data: object;
  message: string;
}

function gatewayOver(providers: readonly SmsProvider[], more: Partial<SmsGatewayOptions> = {}) {
  const { maxLength = 60 } = more;
  const warnings: Warning[] = [];
  const gateway = createSmsGateway({
    providers,
    templates: new TemplateBook(templates, { maxLength }),
    maxLength,
    log: { warn: (data, message) => warnings.push({ data, message }) },
    ...more,
  });
  return { gateway, warnings };
}

const silent = new ConsoleSmsProvider(() => undefined);
const trying = { onTry: () => Promise.resolve(), othersAt: () => Promise.resolve([]) };
const to = '+989121110001';
const code = {
  kind: 'template' as const,
  template: 'otp',
  language: 'fa' as const,
  values: { code: '48213' },
  to,
  isCode: true,
};

describe('a draft', () => {
  const { gateway } = gatewayOver([silent]);

  test('M11: is the template with its values, and how many SMS it makes', () => {
    const { template, language, values } = code;
    const content = { kind: 'template' as const, template, language, values };
    expect(gateway.draft(content)).toEqual({ text: 'کد ورود: 48213', parts: 1 });
    expect(gateway.draft({ ...content, language: 'en' })).toEqual({
      text: 'Your code: 48213',
      parts: 1,
    });
  });

  test('M3: of words of one’s own has the configured length at most', () => {
    expect(gateway.draft({ kind: 'text', text: 'س'.repeat(60) })).toMatchObject({ parts: 1 });
    expect(gateway.draft({ kind: 'text', text: '😀'.repeat(60) })).toMatchObject({ parts: 2 });
    expect(gateway.draft({ kind: 'text', text: 'س'.repeat(61) })).toEqual({ fault: 'too-long' });
  });

  test.for([
    { template: 'T2', values: {}, fault: 'no-template' },
    { template: 'T1', values: {}, fault: 'bad-values' },
    { template: 'T1', values: { number: '' }, fault: 'bad-values' },
    { template: 'T1', values: { number: 'a\nb' }, fault: 'bad-values' },
    { template: 'T1', values: { number: '7'.repeat(101) }, fault: 'bad-values' },
    { template: 'T1', values: { number: '7'.repeat(99) }, fault: 'too-long' },
  ])('M11: says why there is none: $fault of $template', ({ fault, template, values }) => {
    const content = { kind: 'template' as const, template, language: 'en' as const, values };
    expect(gateway.draft(content)).toEqual({ fault });
  });
});

test('M10: says of each provider what it can be asked, in their order', async () => {
  await using fake = await new FakeKavenegar().start();
  const kavenegar = createKavenegar({ apiKey: 'any', url: fake.url });
  const { gateway } = gatewayOver([silent, kavenegar]);
  expect(gateway.providers).toEqual([
    { name: 'console', statusSeconds: 0, statusBatch: 1, hasCredit: false },
    { name: 'kavenegar', statusSeconds: 48 * 3_600, statusBatch: 500, hasCredit: true },
  ]);
});

test('a text goes out through a provider without templates, and each try is announced', async () => {
  const { gateway } = gatewayOver([silent]);
  const tried: string[] = [];
  const onTry = ({ provider }: { provider: string }): Promise<void> => {
    tried.push(provider);
    return Promise.resolve();
  };
  const result = await gateway.send({ ...code, ref: '101' }, { ...trying, onTry });
  expect(result).toMatchObject({ outcome: { outcome: 'accepted' }, provider: 'console' });
  expect(silent.last(to)[0]).toMatchObject({ text: 'کد ورود: 48213', ref: '101' });
  expect(tried).toEqual(['console']);
  const failing = { ...trying, onTry: () => Promise.reject(new Error('not written down')) };
  await expect(gateway.send({ ...code, ref: '102' }, failing)).rejects.toThrow('not written down');
  expect(silent.last(to)).toHaveLength(1);
});

test('M7: states and credit are those that the provider tells', async () => {
  await using fake = await new FakeKavenegar({ credit: 7_000 }).start();
  const kavenegar = createKavenegar({ apiKey: 'any', url: fake.url });
  const { gateway } = gatewayOver([kavenegar, silent]);
  const text = { kind: 'text' as const, text: 'سلام', to, isCode: false };
  const { outcome } = await gateway.send({ ...text, ref: '103' }, trying);
  expect(outcome).toMatchObject({ outcome: 'accepted', cost: { unit: 'IRR' } });
  const id = outcome.outcome === 'accepted' ? (outcome.providerMessageId ?? '') : '';
  fake.clock.advance(600_000);
  expect(await gateway.status('kavenegar', [id])).toMatchObject([
    { providerMessageId: id, state: 'delivered' },
  ]);
  expect(await gateway.credit('kavenegar')).toMatchObject({ unit: 'IRR' });
  for (const name of ['console', 'pigeon']) {
    expect(await gateway.status(name, [id])).toBeNull();
    expect(await gateway.credit(name)).toBeNull();
  }
  await fake.stop();
  expect(await gateway.status('kavenegar', [id])).toBeNull();
  expect(await gateway.credit('kavenegar')).toBeNull();
});

test('a template that is missing there, and an account that is refused, are left out and told', async () => {
  await using kavenegarFake = await new FakeKavenegar().start();
  await using meliFake = await new FakeMeliPayamak({ lines: ['50004001'] }).start();
  const apiKey = refusedKeys.bad;
  const { gateway, warnings } = gatewayOver([
    createKavenegar({ apiKey: 'any', url: kavenegarFake.url }),
    createMeliPayamak({ username: 'u', apiKey, from: '50004001', url: meliFake.url }),
    silent,
  ]);
  expect(gateway.closed()).toEqual([]);
  const result = await gateway.send({ ...code, ref: '104' }, trying);
  expect(result).toMatchObject({ outcome: { outcome: 'accepted' }, provider: 'console' });
  const until = expect.any(Date) as Date;
  const closed = [
    { provider: 'kavenegar', template: 'login/otp', reason: 'template-missing', until },
    { provider: 'meli-payamak', template: null, reason: 'auth', until },
  ];
  expect(gateway.closed()).toEqual(closed);
  expect(warnings).toEqual(
    closed.map((data) => ({ data, message: 'sms provider left out for now' })),
  );
  expect(JSON.stringify(warnings)).not.toMatch(/48213|989121110001|key-bad/);
});

test('a message whose sender stopped is looked for where it was', async () => {
  await using fake = await new FakeKavenegar().start();
  const kavenegar = createKavenegar({
    apiKey: 'any',
    url: fake.url,
    now: () => fake.clock.now(),
  });
  const { gateway } = gatewayOver([kavenegar, silent], { findAfterMs: 1 });
  const message = { kind: 'text' as const, text: 'سلام', to, isCode: false, ref: '105' };
  await gateway.send(message, trying);
  const lost = { provider: 'kavenegar', triedAt: fake.clock.now(), lostAt: [] };
  const result = await gateway.resume(message, lost, trying);
  expect(result).toMatchObject({ outcome: { outcome: 'accepted' }, provider: 'kavenegar' });
  expect(fake.log).toHaveLength(1);
});

test('what a provider answers is cut to what the database can hold', async () => {
  const [providerMessageId, providerCode] = ['1\u00002', '\ud83d'];
  const accepted = { outcome: 'accepted', providerMessageId } as const;
  const odd: SmsProvider = {
    name: 'odd',
    capabilities: {
      ...silent.capabilities,
      findable: ['text'],
      status: true,
      credit: true,
      statusSeconds: 60,
    },
    send: () => Promise.resolve({ ...accepted, parts: 0, cost: { amount: 'x', unit: 'IRR' } }),
    find: () => Promise.resolve({ found: 'yes', providerMessageId }),
    status: () =>
      Promise.resolve([
        { providerMessageId, state: 'delivered', providerCode: null },
        { providerMessageId: '7', state: 'delivered', providerCode },
      ]),
    credit: () => Promise.resolve({ amount: '\u0000', unit: 'IRR' }),
    receive: () => Promise.resolve(null),
  };
  const { gateway } = gatewayOver([odd], { findAfterMs: 1 });
  const message = { kind: 'text' as const, text: 'سلام', to, isCode: false, ref: '106' };
  const fitting = { outcome: 'accepted', providerMessageId: null };
  expect((await gateway.send(message, trying)).outcome).toStrictEqual(fitting);
  const stopped = { provider: 'odd', triedAt: new Date(), lostAt: [] };
  expect((await gateway.resume(message, stopped, trying)).outcome).toStrictEqual(fitting);
  expect(await gateway.status('odd', ['7'])).toEqual([
    { providerMessageId: '7', state: 'delivered', providerCode: null },
  ]);
  expect(await gateway.credit('odd')).toBeNull();
});
