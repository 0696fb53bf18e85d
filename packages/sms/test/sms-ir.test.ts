import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SendOutcome } from '../src/outcome.ts';
import { SmsIrClient } from '../src/providers/sms-ir.client.ts';
import { createSmsIr } from '../src/providers/sms-ir.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { faultyRecipients, refusedKeys } from '../src/testing/fake-provider.ts';
import { FakeSmsIr } from '../src/testing/fake-sms-ir.ts';
import {
  apiKey,
  callOf,
  code,
  ok,
  other,
  rejected,
  text,
  timeouts,
  to,
} from './sms-ir.messages.ts';

describe('SMS.ir with its fake', () => {
  let clock: FakeClock;
  let fake: FakeSmsIr;

  beforeEach(async () => {
    clock = new FakeClock();
    const templates = [
      { name: '200001', variables: ['CODE'] },
      { name: '200002', variables: ['NAME', 'CODE'] },
    ];
    fake = await new FakeSmsIr({ clock, templates, credit: 10, lateMs: 1_000 }).start();
  });

  afterEach(() => fake.stop());

  function create(key = apiKey) {
    return createSmsIr({ apiKey: key, line: '10008000', url: fake.url, timeouts });
  }

  function found(outcome: SendOutcome): string | null {
    return outcome.outcome === 'accepted' ? outcome.providerMessageId : null;
  }

  test('sends a template', async () => {
    expect(await create().send(code())).toEqual({
      outcome: 'accepted',
      providerMessageId: '89545112',
      cost: { amount: '1', unit: 'credit' },
    });
    const [request] = fake.requests;
    expect(callOf(request)).toBe('POST /v1/send/verify');
    expect(request?.headers).toMatchObject({
      'x-api-key': apiKey,
      accept: 'application/json',
      'content-type': 'application/json; charset=UTF-8',
    });
    expect(request?.body).toBe(
      '{"mobile":"09121110001","templateId":200001,"parameters":[{"name":"CODE","value":"48213"}]}',
    );
    expect(fake.log[0]).toMatchObject({ text: '48213', template: '200001', line: null });
  });

  test('sends a text to one number', async () => {
    expect(await create().send(text())).toMatchObject({ outcome: 'accepted' });
    const [request] = fake.requests;
    expect(callOf(request)).toBe('POST /v1/send/bulk');
    expect(request?.body).toBe(
      '{"lineNumber":10008000,"messageText":"سلام دنیا","mobiles":["09121110001"],"sendDateTime":null}',
    );
    expect(fake.log[0]).toMatchObject({ text: 'سلام دنیا', line: '10008000', to: '09121110001' });
  });

  test('sends a text to many numbers', async () => {
    const client = new SmsIrClient({ apiKey, line: '10008000', url: fake.url, timeouts });
    const wrong = '+982112345678';
    expect(await client.sendBulk('سلام', [to, wrong, other])).toEqual([
      { outcome: 'accepted', providerMessageId: '89545112' },
      rejected('recipient', 'bad-number', null),
      { outcome: 'accepted', providerMessageId: '89545113' },
    ]);
    expect(fake.log.map((message) => message.to)).toEqual(['09121110001', '09351110002']);
    const late = `+98912111${faultyRecipients.throttledOnce}`;
    expect(await client.sendBulk('سلام', [to, late])).toEqual([
      rejected('provider', 'throttled', '20', 429),
      rejected('provider', 'throttled', '20', 429),
    ]);
    const many = Array.from({ length: 101 }, () => to);
    expect((await client.sendBulk('سلام', many))[100]).toMatchObject({ error: 'batch-too-big' });
    expect((await client.sendBulk(' ', [to]))[0]).toMatchObject({ error: 'empty-message' });
    expect(await client.sendBulk('سلام', [])).toEqual([]);
  });

  test('has no texts without a line', async () => {
    const provider = createSmsIr({ apiKey, url: fake.url, timeouts });
    expect(provider.capabilities).toMatchObject({ text: false, template: true });
    expect(await provider.send(text())).toEqual(rejected('account', 'unsupported', null));
    expect(fake.requests).toEqual([]);
    expect(await provider.send(code())).toMatchObject({ outcome: 'accepted' });
  });

  test('writes a line that is no number as it is', async () => {
    const line = '12345678901234567890';
    const provider = createSmsIr({ apiKey, line, url: fake.url, timeouts });
    expect(await provider.send(text())).toEqual(rejected('account', 'bad-sender', '101', 400));
    expect(fake.requests[0]?.body).toContain(`"lineNumber":"${line}"`);
  });

  test.each([
    ['a value of 26 characters', code('1'.repeat(26)), 'message', 'template-args'],
    ['a template that is no number', { ...code(), template: 'otp' }, 'account', 'template-missing'],
  ])('asks nothing for %s', async (_, message, scope, error) => {
    expect(await create().send(message)).toEqual(rejected(scope, error, null));
    expect(fake.requests).toEqual([]);
  });

  test('sends a value of 25 characters', async () => {
    expect(await create().send(code('1'.repeat(25)))).toMatchObject({ outcome: 'accepted' });
  });

  test.each([
    [{ ...code(), template: '200009' }, 'account', 'template-missing', '113'],
    [{ ...code(), template: '200002' }, 'account', 'template-args', '116'],
    [{ ...code(), to: '+982112345678' }, 'recipient', 'bad-number', '104'],
    [text('+98912'), 'recipient', 'bad-number', '104'],
    [text(to, ''), 'message', 'empty-message', '103'],
    [text(to, 'س'.repeat(800)), 'account', 'no-credit', '102'],
  ])('is refused %j', async (message, scope, error, providerCode) => {
    expect(await create().send(message)).toEqual(rejected(scope, error, providerCode, 400));
    expect(fake.log).toEqual([]);
  });

  test.each([
    ['', 'auth', '10', 401],
    [refusedKeys.bad, 'auth', '10', 401],
    [refusedKeys.ip, 'ip-not-allowed', '12', 403],
    [refusedKeys.disabled, 'account-disabled', '13', 401],
    [refusedKeys.noCredit, 'no-credit', '102', 400],
  ])('with the key %j: %s', async (key, error, providerCode, status) => {
    const outcome = rejected('account', error, providerCode, status);
    expect(await create(key).send(code())).toEqual(outcome);
    expect(await create(key).send(text())).toEqual(outcome);
    expect(JSON.stringify(outcome)).not.toContain('key-');
  });

  test('the fake reads names of fields in capitals, and refuses long values', async () => {
    const ask = async (value: string) => {
      const body = {
        Mobile: '9121110001',
        TemplateId: 200_001,
        Parameters: [{ Name: 'code', Value: value }],
      };
      const answer = await fetch(`${fake.url}/v1/send/verify`, {
        method: 'POST',
        headers: { 'X-API-KEY': apiKey, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return `${answer.status} ${await answer.text()}`;
    };
    expect(await ask('48213')).toBe(
      '200 {"status":1,"message":"موفق","data":{"messageId":89545112,"cost":1}}',
    );
    expect(await ask('1'.repeat(26))).toContain('400 {"status":114,');
  });

  test.each(['/v1/send/nothing/there', '/v2/credit', '/'])('the fake has no %s', async (path) => {
    const answer = await fetch(fake.url + path, { headers: { 'X-API-KEY': apiKey } });
    expect(answer.status).toBe(404);
  });

  test('the fake lists its lines', async () => {
    const answer = await fetch(`${fake.url}/v1/line`, { headers: { 'X-API-KEY': apiKey } });
    expect(await answer.json()).toEqual(ok([10_008_000]));
  });

  test('tells the credit that is left', async () => {
    await create().send(text(to, 'س'.repeat(71)));
    expect(await create().credit()).toEqual({ amount: '8', unit: 'credit' });
  });

  test('tells where a message is', async () => {
    const ids: string[] = [];
    for (const number of ['0001', '0002', '0003', '0004', '0005']) {
      ids.push(found(await create().send(text(`+98912111${number}`))) ?? '');
    }
    const states = async () => (await create().status(ids))?.map(({ state }) => state);
    expect(await states()).toEqual(ids.map(() => 'queued'));
    clock.advance(2_000);
    const sent = 'sent-to-carrier';
    expect(await states()).toEqual([sent, sent, 'blacklisted', sent, sent]);
    clock.advance(300_000);
    expect(await states()).toEqual(['delivered', 'undelivered', 'blacklisted', 'failed', sent]);
    expect(await create().status(['1'])).toMatchObject([{ state: 'unknown' }]);
  });

  test('hears texts of a line, newest first', async () => {
    fake.receive({ from: '09121110001', line: '10008000', text: 'first' });
    fake.receive({ from: '09121110001', line: '20008000', text: 'not ours' });
    fake.receive({ from: '09351110002', line: '10008000', text: 'second' });
    const heard = await create().receive('10008000');
    expect(heard).toMatchObject([
      { from: other, line: '10008000', text: 'second', providerMessageId: null },
      { from: to, text: 'first' },
    ]);
    expect(await create().receive('10008000')).toEqual(heard);
  });
});
