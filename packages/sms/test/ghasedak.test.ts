import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { field } from '../src/http.ts';
import { createGhasedak, type GhasedakOptions } from '../src/providers/ghasedak.ts';
import type { ProviderMessage, TextMessage } from '../src/provider.ts';
import { faultyRecipients, refusedKeys, type FakeRequest } from '../src/testing/fake-provider.ts';
import { FakeGhasedak, type FakeGhasedakOptions } from '../src/testing/fake-ghasedak.ts';

const apiKey = 'GHTESTKEY0001';
const line = '30005088';
const to = '+989121110001';
const root = '/rest/api/v1/WebService';
const timeouts = { connectMs: 500, totalMs: 500 };
const text: TextMessage = { kind: 'text', to, ref: '70000001', text: 'سلام دنیا' };
const template: ProviderMessage = {
  kind: 'template',
  to,
  ref: '70000002',
  template: 'newOtp',
  values: [
    { name: 'Name', value: 'سارا' },
    { name: 'Code', value: '48213' },
  ],
};

function lineOf(request: FakeRequest | undefined): string {
  const query = request?.query.toString() ?? '';
  return `${request?.method ?? ''} ${request?.path ?? ''}${query && `?${query}`}`;
}

describe('with the fake', () => {
  let fake: FakeGhasedak;

  async function started(options: FakeGhasedakOptions = {}): Promise<FakeGhasedak> {
    const templates = [{ name: 'newOtp', variables: ['Name', 'Code'] }];
    return new FakeGhasedak({ templates, lines: [line], ...options }).start();
  }

  function create(options: Partial<GhasedakOptions> = {}) {
    return createGhasedak({ apiKey, line, url: fake.url, timeouts, ...options });
  }

  beforeEach(async () => {
    fake = await started();
  });

  afterEach(async () => {
    await fake.stop();
  });

  const ok = {
    outcome: 'accepted',
    providerMessageId: '55001',
    cost: { amount: '1200', unit: 'IRR' },
  };

  test('sends a text', async () => {
    expect(await create().send(text)).toEqual(ok);
    const [request] = fake.requests;
    expect(lineOf(request)).toBe(`POST ${root}/SendSingleSMS`);
    expect(request?.headers).toMatchObject({
      apikey: apiKey,
      'content-type': 'application/json; charset=UTF-8',
    });
    expect(request?.body).toBe(
      '{"lineNumber":"30005088","receptor":"09121110001","message":"سلام دنیا","clientReferenceId":"70000001"}',
    );
    expect(fake.log).toMatchObject([{ id: '55001', text: 'سلام دنیا', line, ref: '70000001' }]);
  });

  test('sends a template', async () => {
    expect(await create().send(template)).toEqual(ok);
    const [request] = fake.requests;
    expect(lineOf(request)).toBe(`POST ${root}/SendOtpSMS`);
    expect(request?.body).toBe(
      '{"templateName":"newOtp","receptors":[{"mobile":"09121110001","clientReferenceId":"70000002"}],"inputs":[{"param":"Name","value":"سارا"},{"param":"Code","value":"48213"}]}',
    );
    expect(fake.log).toMatchObject([
      { template: 'newOtp', values: ['سارا', '48213'], line: null, ref: '70000002' },
    ]);
  });

  test.each(['pascal', 'camel'] as const)(
    'reads every answer with keys in %s case',
    async (casing) => {
      await fake.stop();
      fake = await started({ casing });
      const provider = create();
      expect(await provider.send(text)).toEqual(ok);
      expect(await provider.send(template)).toEqual({ ...ok, providerMessageId: '55002' });
      fake.receive({ from: '09121110001', line, text: 'لغو11' });
      expect(await provider.receive(line)).toHaveLength(1);
      expect(await provider.credit()).toEqual({ amount: '1497600', unit: 'IRR' });
      expect(await provider.status(['55002'])).toHaveLength(1);
      expect(await provider.find({ message: template, triedAt: new Date() })).toEqual({
        found: 'yes',
        providerMessageId: '55002',
      });
    },
  );

  test.each<[string, ProviderMessage, readonly [string, string, string]]>([
    [
      'a number that cannot be',
      { ...text, to: '+982112345678' },
      ['400', 'message', 'bad-request'],
    ],
    [
      'such a number for a template',
      { ...template, to: '+982112345678' },
      ['400', 'message', 'bad-request'],
    ],
    [
      'an unknown template',
      { ...template, template: 'nope' },
      ['428', 'account', 'template-missing'],
    ],
    [
      'a missing value',
      { ...template, values: template.values.slice(1) },
      ['429', 'message', 'template-args'],
    ],
    [
      'a value too many',
      { ...template, values: [...template.values, { name: 'More', value: '1' }] },
      ['429', 'message', 'template-args'],
    ],
    [
      'a value under a wrong name',
      { ...template, values: template.values.map(({ value }) => ({ name: 'code', value })) },
      ['429', 'message', 'template-args'],
    ],
  ])('is refused for %s', async (_, message, [providerCode, scope, error]) => {
    expect(await create().send(message)).toEqual({
      outcome: 'rejected',
      scope,
      error,
      providerCode,
      httpStatus: 400,
    });
    expect(fake.log).toEqual([]);
  });

  test.each([
    ['', 'empty-message'],
    ['س'.repeat(1_001), 'too-long'],
  ])('asks nothing for a text that nobody takes (%#)', async (wrong, error) => {
    const outcome = { outcome: 'rejected', scope: 'message', error, providerCode: null };
    expect(await create().send({ ...text, text: wrong })).toEqual(outcome);
    expect(fake.requests).toEqual([]);
  });

  test('sends 1000 characters', async () => {
    expect(await create().send({ ...text, text: 'س'.repeat(1_000) })).toMatchObject({
      outcome: 'accepted',
      cost: { amount: '18000' },
    });
  });

  test.each([
    [refusedKeys.bad, 'auth'],
    [refusedKeys.disabled, 'auth'],
    [refusedKeys.ip, 'ip-not-allowed'],
    [refusedKeys.noCredit, 'no-credit'],
    ['', 'auth'],
  ])('with the key %j: %s', async (key, error) => {
    expect(await create({ apiKey: key }).send(text)).toMatchObject({ scope: 'account', error });
    expect(fake.log).toEqual([]);
  });

  test('is refused for a line of somebody else', async () => {
    const wrong = create({ line: '10001' });
    expect(await wrong.send(text)).toMatchObject({ scope: 'account', error: 'bad-sender' });
    expect(await wrong.receive('10001')).toBeNull();
  });

  test('is refused when the credit does not reach', async () => {
    fake.credit = 2_000;
    expect(await create().send(text)).toMatchObject({ outcome: 'accepted' });
    expect(await create().send(template)).toMatchObject({ scope: 'account', error: 'no-credit' });
    expect(await create().credit()).toEqual({ amount: '800', unit: 'IRR' });
  });

  test('sends again what it is told to send again, unless the panel forbids it', async () => {
    await create().send(text);
    await create().send(text);
    expect(fake.log).toHaveLength(2);
    await fake.stop();
    fake = await started({ blocksDuplicates: true });
    expect(await create().send(text)).toEqual(ok);
    expect(await create().send(text)).toEqual({ outcome: 'accepted', providerMessageId: '55001' });
    expect(fake.log).toHaveLength(1);
  });

  test('waits when it is told that this is too much', async () => {
    const message = { ...text, to: `+98912111${faultyRecipients.throttledOnce}` };
    expect(await create().send(message)).toMatchObject({ scope: 'provider', error: 'throttled' });
    expect(await create().send(message)).toMatchObject({ outcome: 'accepted' });
  });

  test.each([
    ['text', text],
    ['template', template],
  ] as const)('finds a %s whose answer was lost', async (_, message) => {
    const lost = { ...message, to: `+98912111${faultyRecipients.droppedAfterStoring}` };
    expect(await create().send(lost)).toMatchObject({ outcome: 'unknown', reason: 'reset' });
    expect(await create().find({ message: lost, triedAt: new Date() })).toEqual({
      found: 'yes',
      providerMessageId: '55001',
    });
    expect(lineOf(fake.requests.at(-1))).toBe(
      `GET ${root}/CheckSmsStatus?Ids=${message.ref}&Type=2`,
    );
    const never = { ...message, ref: '70000099' };
    expect(await create().find({ message: never, triedAt: new Date() })).toEqual({
      found: 'absent',
    });
  });

  test('does not know after an answer that does not come', async () => {
    const late = { ...text, to: `+98912111${faultyRecipients.lateButStored}` };
    const provider = create({ timeouts: { connectMs: 100, totalMs: 100 } });
    expect(await provider.send(late)).toEqual({ outcome: 'unknown', reason: 'timeout' });
    expect(fake.log).toHaveLength(1);
  });

  test('knows that nothing was sent when nobody listens', async () => {
    await fake.stop();
    const busy = { outcome: 'rejected', scope: 'provider', error: 'busy' };
    expect(await create().send(text)).toMatchObject(busy);
    expect(await create().status(['55001'])).toBeNull();
    fake = await started();
  });

  test('tells where messages are', async () => {
    const provider = create();
    const ends = ['0001', '0002', '0003', '0004', '0005'];
    for (const end of ends) {
      await provider.send({ ...text, to: `+98912111${end}` });
    }
    const ids = ends.map((_, i) => String(55_001 + i));
    const states = async () => (await provider.status(ids))?.map(({ state }) => state);
    expect(await states()).toEqual(Array.from(ends, () => 'queued'));
    fake.clock.advance(2_000);
    const sent = 'sent-to-carrier';
    expect(await states()).toEqual([sent, sent, 'blacklisted', sent, sent]);
    fake.clock.advance(300_000);
    expect(await states()).toEqual(['delivered', 'undelivered', 'blacklisted', 'failed', sent]);
    expect(fake.requests.at(-1)?.query.toString()).toBe(
      'Ids=55001&Ids=55002&Ids=55003&Ids=55004&Ids=55005&Type=1',
    );
    expect(await provider.status(['1'])).toEqual([]);
  });

  test('the fake reads ids in one list, and not more than 100', async () => {
    await create().send(text);
    await create().send(template);
    const ask = async (query: string) =>
      (await fetch(`${fake.url}${root}/CheckSmsStatus?${query}`, { headers: { apiKey } })).json();
    const both = await ask('Ids=55001,55002&Type=1');
    expect(field(both, 'Data')).toMatchObject([
      { MessageId: '55001', ClientReferenceId: '70000001', Status: 0, Price: 1_200 },
      { MessageId: '55002', ClientReferenceId: '70000002', Receptor: '09121110001' },
    ]);
    const many = Array.from({ length: 101 }, (_, i) => i).join(',');
    for (const query of [`Ids=${many}&Type=1`, 'Ids=55001&Type=3', 'Type=1']) {
      expect(await ask(query)).toMatchObject({ IsSuccess: false, StatusCode: 400 });
    }
  });

  test('receives each text once', async () => {
    fake.receive({ from: '09121110001', line, text: 'لغو11' });
    fake.receive({ from: '09351110002', line: '10008000', text: 'سلام' });
    const texts = await create().receive(line);
    expect(texts).toMatchObject([
      { providerMessageId: '12345', from: '+989121110001', line, text: 'لغو11' },
    ]);
    expect(Math.abs((texts?.[0]?.receivedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(5_000);
    expect(lineOf(fake.requests[0])).toBe(
      `GET ${root}/GetReceivedSmses?LineNumber=30005088&IsRead=false`,
    );
    expect(await create().receive(line)).toEqual([]);
  });

  test('the fake has no other calls, and refuses what the adapter never sends', async () => {
    const headers = { apiKey, 'content-type': 'application/json' };
    for (const path of ['/SendBulkSMS', `${root}/Nothing`]) {
      const answer = await fetch(`${fake.url}${path}`, { method: 'POST', headers, body: '{}' });
      expect(answer.status).toBe(404);
    }
    const receptors = [{ mobile: '09121110001' }, { mobile: '09351110002' }];
    const answer = await fetch(`${fake.url}${root}/SendOtpSMS`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ templateName: 'newOtp', receptors }),
    });
    expect(await answer.json()).toMatchObject({ StatusCode: 400 });
    for (const [message, StatusCode] of [
      ['', 400],
      ['س'.repeat(1_001), 413],
    ] as const) {
      const refused = await fetch(`${fake.url}${root}/SendSingleSMS`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ lineNumber: line, receptor: '09121110001', message }),
      });
      expect(await refused.json()).toMatchObject({ StatusCode });
    }
  });
});
