import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIpPanel } from '../src/providers/ippanel.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { FakeIpPanel } from '../src/testing/fake-ippanel.ts';
import { faultyRecipients, refusedKeys } from '../src/testing/fake-provider.ts';
import {
  apiKey,
  callOf,
  code,
  line,
  pattern,
  rejected,
  text,
  timeouts,
  to,
} from './ippanel.messages.ts';

describe('IPPanel with its fake', () => {
  let clock: FakeClock;
  let fake: FakeIpPanel;

  beforeEach(async () => {
    clock = new FakeClock();
    const templates = [
      { name: pattern, variables: ['code'] },
      { name: 'two0a1b2c3d4e5f', variables: ['name', 'code'] },
    ];
    fake = await new FakeIpPanel({ clock, templates, credit: 20_000, lateMs: 1_000 }).start();
  });

  afterEach(() => fake.stop());

  function create(key = apiKey, ours = line) {
    return createIpPanel({ apiKey: key, line: ours, url: fake.url, timeouts });
  }

  async function sent(message = text()): Promise<string> {
    const outcome = await create().send(message);
    return (outcome.outcome === 'accepted' ? outcome.providerMessageId : null) ?? '';
  }

  test('sends a template', async () => {
    expect(await create().send(code())).toEqual({
      outcome: 'accepted',
      providerMessageId: '1123544244',
    });
    const [request] = fake.requests;
    expect(callOf(request)).toBe('POST /v1/api/send');
    expect(request?.headers).toMatchObject({
      authorization: apiKey,
      'content-type': 'application/json; charset=UTF-8',
    });
    expect(request?.body).toBe(
      '{"sending_type":"pattern","from_number":"+9810008000","code":"otp0a1b2c3d4e5f","recipients":["+989121110001"],"params":{"code":"48213"}}',
    );
    expect(fake.log[0]).toMatchObject({ text: '48213', template: pattern, to });
  });

  test('sends a text', async () => {
    expect(await create().send(text())).toMatchObject({ outcome: 'accepted' });
    expect(fake.requests[0]?.body).toBe(
      '{"sending_type":"webservice","from_number":"+9810008000","message":"سلام دنیا","params":{"recipients":["+989121110001"]}}',
    );
    expect(fake.log[0]).toMatchObject({ text: 'سلام دنیا', line, to });
  });

  test.each(['10008000', '9810008000', '009810008000', '010008000', '+9810008000'])(
    'writes the line %s in E.164',
    async (ours) => {
      expect(await create(apiKey, ours).send(text())).toMatchObject({ outcome: 'accepted' });
      expect(fake.log[0]?.line).toBe(line);
    },
  );

  test.each([
    [{ ...code(), template: 'none' }, 'account', 'template-missing'],
    [{ ...code(), template: 'two0a1b2c3d4e5f' }, 'account', 'template-args'],
    [code('1'.repeat(41)), 'account', 'template-args'],
    [code('48213', '+98912'), 'recipient', 'bad-number'],
    [text('+982112345678'), 'recipient', 'bad-number'],
    [text(to, ' '), 'message', 'empty-message'],
  ])('is refused %j', async (message, scope, error) => {
    expect(await create().send(message)).toEqual(rejected(scope, error, '400-2', 422));
    expect(fake.log).toEqual([]);
  });

  test('is refused for a line that is not ours', async () => {
    const outcome = await create(apiKey, '20008000').send(text());
    expect(outcome).toEqual(rejected('account', 'bad-sender', '400-2', 422));
  });

  test.each(['', `Bearer ${apiKey}`, refusedKeys.bad, refusedKeys.ip, refusedKeys.disabled])(
    'is refused with the key %j',
    async (key) => {
      expect(await create(key).send(code())).toEqual(rejected('account', 'auth', '400-1', 401));
    },
  );

  test('tells lack of credit in the state only', async () => {
    expect(await create(refusedKeys.noCredit).send(code())).toMatchObject({ outcome: 'accepted' });
    expect(await sent(text(to, 'س'.repeat(800)))).toBe('1123544245');
    expect(await create().status(['1123544244', '1123544245'])).toMatchObject([
      { state: 'failed', error: 'no-credit', providerCode: 'state_id 8' },
      { state: 'failed', error: 'no-credit', providerCode: 'state_id 8' },
    ]);
    expect(await create().credit()).toEqual({ amount: '20000', unit: 'credit' });
  });

  test.each([
    ['waits', 'queued', undefined],
    ['rejected', 'filtered', 'content-rejected'],
    ['wrongNumbers', 'failed', 'bad-number'],
    ['canceled', 'canceled', undefined],
    ['noCredit', 'failed', 'no-credit'],
    ['systemError', 'failed', 'unexpected'],
  ] as const)('takes a message that is then decided on: %s', async (decision, state, error) => {
    const id = await sent();
    expect(await create().status([id])).toMatchObject([{ state: 'queued' }]);
    fake.decide(id, decision);
    clock.advance(400_000);
    const [report] = (await create().status([id])) ?? [];
    expect([report?.state, report?.error]).toEqual([state, error]);
  });

  test('tells where a message is', async () => {
    const ids: string[] = [];
    for (const number of ['0001', '0002', '0003', '0004', '0005']) {
      ids.push(await sent(text(`+98912111${number}`)));
    }
    const states = async () => (await create().status(ids))?.map(({ state }) => state);
    expect(await states()).toEqual(ids.map(() => 'queued'));
    clock.advance(2_000);
    const gone = 'sent-to-carrier';
    expect(await states()).toEqual([gone, gone, 'blacklisted', gone, gone]);
    clock.advance(300_000);
    expect(await states()).toEqual(['delivered', 'undelivered', 'blacklisted', 'failed', gone]);
    expect(await create().status(['1'])).toMatchObject([{ state: 'unknown', providerCode: '404' }]);
  });

  test('tells the credit that is left', async () => {
    await sent();
    expect(await create().credit()).toEqual({ amount: '17630', unit: 'credit' });
  });

  test('hears texts of a line, newest first', async () => {
    fake.receive({ from: to, line, text: 'first' });
    fake.receive({ from: to, line: '+9820008000', text: 'not ours' });
    fake.receive({ from: '+989351110002', line, text: 'second' });
    const heard = await create().receive('10008000');
    expect(heard).toMatchObject([
      { providerMessageId: '3', from: '+989351110002', line: '10008000', text: 'second' },
      { providerMessageId: '1', from: to, text: 'first' },
    ]);
    const now = clock.now().getTime();
    expect(now - (heard?.[0]?.receivedAt?.getTime() ?? 0)).toBeLessThan(5_000);
    expect(fake.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: '/v1/api/report/messages-inbox',
      body: '{"page":1,"per_page":100}',
    });
  });

  test('the fake gives texts after one by its id, and wants the id of a report', async () => {
    fake.receive({ from: to, line, text: 'first' });
    fake.receive({ from: to, line, text: 'second' });
    const headers = { authorization: apiKey, 'content-type': 'application/json' };
    const body = '{"page":1,"per_page":10,"filters":{"from_id":1}}';
    const inbox = await fetch(`${fake.url}/v1/api/report/messages-inbox`, {
      method: 'POST',
      headers,
      body,
    });
    expect(await inbox.json()).toMatchObject({
      data: [{ messages_inbox_id: 2 }],
      meta: { total: 1 },
    });
    const statusOf = async (path: string) => (await fetch(fake.url + path, { headers })).status;
    expect(await statusOf('/v1/api/report/recipients')).toBe(422);
    expect(await statusOf('/v1/api/report/recipients?bulk_id=1')).toBe(404);
    expect(await statusOf('/v1/api/nothing')).toBe(404);
    const votp = await fetch(`${fake.url}/v1/api/send`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ sending_type: 'none', from_number: line }),
    });
    expect(votp.status).toBe(422);
  });

  test('waits for a provider that says it is too much', async () => {
    const number = `+98912111${faultyRecipients.throttledOnce}`;
    expect(await create().send(text(number))).toMatchObject({ error: 'throttled' });
    expect(await create().send(text(number))).toMatchObject({ outcome: 'accepted' });
  });
});
