import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { field, readJson } from '../src/http.ts';
import type { TemplateMessage, TextMessage } from '../src/provider.ts';
import { createFarazSms } from '../src/providers/faraz-sms.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { FakeFarazSms, type FakeFarazSmsOptions } from '../src/testing/fake-faraz-sms.ts';
import { faultyRecipients, refusedKeys, type FakeRequest } from '../src/testing/fake-provider.ts';
import { Loopback } from './loopback.ts';

const apiKey = 'test-key-0001';
const to = '+989121110001';
const pattern = 'Ab1Cd2Ef3G';
const timeouts = { connectMs: 500, totalMs: 500 };

function code(value = '48213', number = to): TemplateMessage {
  const values = [{ name: 'code', value }];
  return { kind: 'template', to: number, ref: '70000001', template: pattern, values };
}

function text(number = to, words = 'سلام دنیا'): TextMessage {
  return { kind: 'text', to: number, ref: '70000002', text: words };
}

function rejected(scope: string, error: string, httpStatus?: number) {
  const status = httpStatus === undefined ? {} : { httpStatus };
  return { outcome: 'rejected', scope, error, providerCode: null, ...status };
}

function callOf(request: FakeRequest | undefined): string {
  return request ? `${request.method} ${request.path}` : '';
}

function ok(data: unknown) {
  return { status: 'success', data, messages: null };
}

function refused(messages: unknown) {
  return { status: 'error', data: null, messages };
}

describe('an answer of FarazSMS', () => {
  const server = new Loopback();
  const provider = () => createFarazSms({ apiKey, line: '10008000', url: server.url, timeouts });

  beforeAll(() => server.start());
  afterAll(() => server.stop());

  const accepted = (providerMessageId: string | null) => ({
    outcome: 'accepted',
    providerMessageId,
  });
  const unknown = (reason: string, httpStatus: number) => ({
    outcome: 'unknown',
    reason,
    httpStatus,
  });

  test.each([
    [201, '{"status":"success","data":0,"message":"…"}', accepted(null)],
    [201, '{"status":"success","data":407328,"messages":null}', accepted('407328')],
    [200, ok('407328'), accepted('407328')],
    [201, '{"status":"success","data":12345678901234567890}', accepted('12345678901234567890')],
    [201, ok({ id: 407_328, status: 'pending-approval' }), accepted('407328')],
    [201, ok({ id: 0 }), accepted(null)],
    [201, ok({}), accepted(null)],
    [201, ok(null), accepted(null)],
    [429, '', rejected('provider', 'throttled', 429)],
    [429, refused('Too Many Attempts.'), rejected('provider', 'throttled', 429)],
    [401, refused('…'), rejected('account', 'auth', 401)],
    [401, '', rejected('account', 'auth', 401)],
    [403, '<html>', rejected('account', 'auth', 403)],
    [400, refused('…'), rejected('provider', 'unexpected', 400)],
    [200, refused('…'), rejected('provider', 'unexpected', 200)],
    [400, refused({ recipient: ['…'] }), rejected('recipient', 'bad-number', 400)],
    [
      400,
      { status: 'error', message: { code: ['…'] } },
      rejected('account', 'template-missing', 400),
    ],
    [422, refused({ unheard: ['…'] }), rejected('message', 'bad-request', 422)],
    [422, refused(['…']), rejected('message', 'bad-request', 422)],
    [201, '{"status":"success"}', unknown('bad-body', 201)],
    [201, { status: true, data: 407_328 }, unknown('bad-body', 201)],
    [201, { status: 'Success', data: 407_328 }, unknown('bad-body', 201)],
    [201, '{"status":"success","data":4073', unknown('bad-body', 201)],
    [201, '<html>', unknown('bad-body', 201)],
    [201, '', unknown('bad-body', 201)],
    [302, ok(407_328), unknown('bad-body', 302)],
    [404, '', unknown('bad-body', 404)],
    [422, ok(407_328), unknown('bad-body', 422)],
    [408, '', unknown('timeout', 408)],
    [500, refused('…'), unknown('http-5xx', 500)],
    [500, ok(407_328), unknown('http-5xx', 500)],
    [503, '', unknown('http-5xx', 503)],
  ])('with HTTP %i: %j', async (status, body, outcome) => {
    server.always(status, body);
    expect(await provider().send(code())).toEqual(outcome);
    expect(await provider().send(text())).toEqual(outcome);
  });

  test.each([
    ['recipient', 'recipient', 'bad-number'],
    ['recipients', 'recipient', 'bad-number'],
    ['recipients.0', 'recipient', 'bad-number'],
    ['text', 'message', 'empty-message'],
    ['schedule', 'message', 'bad-schedule'],
    ['line_number', 'account', 'bad-sender'],
    ['code', 'account', 'template-missing'],
    ['attributes', 'account', 'template-args'],
    ['attributes.code', 'account', 'template-args'],
    ['number_format', 'message', 'bad-request'],
  ])('about the field %s: %s, %s', async (name, scope, error) => {
    server.always(422, refused({ [name]: ['…'] }));
    expect(await provider().send(code())).toEqual(rejected(scope, error, 422));
  });

  test.each([
    ['sent', 'sent-to-carrier'],
    ['send-failure', 'failed'],
    ['delivered', 'delivered'],
    ['delivery-failure', 'undelivered'],
    ['delivery-undetermined', 'unknown'],
    ['system-error', 'failed'],
    ['blacklist', 'blacklisted'],
    ['constructor', 'unknown'],
  ])('with the state %s of the recipient: %s', async (status, state) => {
    for (const data of [{ data: [{ destination: '09121110001', status }] }, [{ status }]]) {
      server.always(200, ok(data));
      expect(await provider().status(['407328'])).toEqual([
        { providerMessageId: '407328', state, providerCode: status },
      ]);
      expect(server.asked.at(-1)).toBe('/ws/v1/send_request/407328/items');
    }
  });

  test.each([
    ['init', { state: 'queued' }],
    ['pending-approval', { state: 'queued' }],
    ['in-queue', { state: 'queued' }],
    ['sent', { state: 'queued' }],
    ['insufficient-balance', { state: 'failed', error: 'no-credit' }],
    ['cancelled', { state: 'canceled' }],
    ['rejected', { state: 'filtered', error: 'content-rejected' }],
    ['toString', { state: 'queued' }],
  ])('with the state %s of a sending that has not begun', async (status, report) => {
    for (const rows of [[], [{ status: 'not-started' }], [{ status: 'in-queue' }]]) {
      for (const data of [{ sendRequest: { id: 407_328, status } }, { id: 407_328, status }]) {
        server.always(200, ok(data));
        server.at('/ws/v1/send_request/407328/items', 200, ok({ data: rows }));
        expect(await provider().status(['407328'])).toEqual([
          { providerMessageId: '407328', providerCode: status, ...report },
        ]);
      }
    }
  });

  test('with a recipient that has not begun and nothing about the sending', async () => {
    server.always(503, '');
    server.at('/ws/v1/send_request/7/items', 200, ok({ data: [{ status: 'not-started' }] }));
    expect(await provider().status(['7'])).toEqual([
      { providerMessageId: '7', state: 'queued', providerCode: 'not-started' },
    ]);
  });

  test.each([
    [401, refused('…')],
    [200, ok(null)],
    [200, '<html>'],
    [503, ''],
  ])('that answers no question: %i %j', async (status, body) => {
    server.always(status, body);
    expect(await provider().status(['407328'])).toBeNull();
    expect(await provider().credit()).toBeNull();
  });

  test.each([
    [{ balanceAmount: 5_000, balanceCount: 25 }, '5000'],
    [{ balance_amount: '995595', balance_count: '5410.84' }, '995595'],
    [{ balanceAmount: 0 }, '0'],
  ])('about the credit: %j', async (data, amount) => {
    server.always(200, ok(data));
    expect(await provider().credit()).toEqual({ amount, unit: 'credit' });
    expect(server.asked.at(-1)).toBe('/ws/v1/account/balance');
  });

  test('of any kind never throws, and is success in one form only', async () => {
    const status = fc.constantFrom(200, 201, 302, 400, 401, 403, 404, 408, 422, 429, 500, 503);
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>('success', 'error', 0, null));
    const data = fc.oneof(
      value,
      fc.record({ id: value, data: value, sendRequest: value, balanceAmount: value }),
    );
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ status: value, data, messages: value }).map((one) => JSON.stringify(one)),
    );
    await fc.assert(
      fc.asyncProperty(status, body, async (http, said) => {
        server.always(http, said);
        const outcomes = [await provider().send(code()), await provider().send(text())];
        await provider().status(['1']);
        await provider().credit();
        const isSuccess = http < 300 && field(readJson(said), 'status') === 'success';
        expect(outcomes.some(({ outcome }) => outcome === 'accepted') && !isSuccess).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});

describe('FarazSMS with its fake', () => {
  let clock: FakeClock;
  let fake: FakeFarazSms;

  function started(options: FakeFarazSmsOptions = {}): Promise<FakeFarazSms> {
    const templates = [
      { name: pattern, variables: ['code'] },
      { name: 'Hi4Jk5Lm6N', variables: ['name', 'code'] },
    ];
    return new FakeFarazSms({ clock, templates, credit: 1_000, lateMs: 1_000, ...options }).start();
  }

  beforeEach(async () => {
    clock = new FakeClock();
    fake = await started();
  });

  afterEach(() => fake.stop());

  function create(key = apiKey, line = '10008000') {
    return createFarazSms({ apiKey: key, line, url: fake.url, timeouts });
  }

  async function sent(message: TemplateMessage | TextMessage = text()): Promise<string> {
    const outcome = await create().send(message);
    return (outcome.outcome === 'accepted' ? outcome.providerMessageId : null) ?? '';
  }

  test('sends a template', async () => {
    expect(await create().send(code())).toEqual({
      outcome: 'accepted',
      providerMessageId: '407328',
    });
    const [request] = fake.requests;
    expect(callOf(request)).toBe('POST /ws/v1/sms/pattern');
    expect(request?.headers).toMatchObject({
      'api-key': apiKey,
      accept: 'application/json',
      'content-type': 'application/json; charset=UTF-8',
    });
    expect(request?.body).toBe(
      '{"code":"Ab1Cd2Ef3G","attributes":{"code":"48213"},"recipient":"09121110001","line_number":"10008000","number_format":"english","schedule":null}',
    );
    expect(fake.log[0]).toMatchObject({ text: '48213', template: pattern, to: '09121110001' });
  });

  test('sends a text', async () => {
    expect(await create().send(text())).toMatchObject({ outcome: 'accepted' });
    const [request] = fake.requests;
    expect(callOf(request)).toBe('POST /ws/v1/sms/simple');
    expect(request?.body).toBe(
      '{"text":"سلام دنیا","line_number":"10008000","recipients":["09121110001"],"number_format":"english","schedule":null}',
    );
    expect(fake.log[0]).toMatchObject({ text: 'سلام دنیا', line: '10008000' });
  });

  test('has no id where the fake gives none', async () => {
    await fake.stop();
    fake = await started({ givesIds: false });
    const outcome = { outcome: 'accepted', providerMessageId: null };
    expect(await create().send(code())).toEqual(outcome);
    expect(await create().send(text())).toEqual(outcome);
  });

  test.each([
    [{ ...code(), template: 'none' }, 'account', 'template-missing'],
    [{ ...code(), template: 'Hi4Jk5Lm6N' }, 'account', 'template-args'],
    [code('48213', '+982112345678'), 'recipient', 'bad-number'],
    [text('+98912'), 'recipient', 'bad-number'],
    [text(to, ' '), 'message', 'empty-message'],
  ])('is refused %j', async (message, scope, error) => {
    expect(await create().send(message)).toEqual(rejected(scope, error, 422));
    expect(fake.log).toEqual([]);
  });

  test('is refused for a line that is not ours', async () => {
    const outcome = rejected('account', 'bad-sender', 422);
    expect(await create(apiKey, '20008000').send(text())).toEqual(outcome);
    expect(await create(apiKey, '20008000').send(code())).toEqual(outcome);
  });

  test('the fake wants a format of numbers, and one recipient', async () => {
    const ask = async (json: object) => {
      const answer = await fetch(`${fake.url}/ws/v1/sms/simple`, {
        method: 'POST',
        headers: { 'Api-Key': apiKey, 'content-type': 'application/json' },
        body: JSON.stringify({ text: 'hi', line_number: '10008000', ...json }),
      });
      const { messages } = (await answer.json()) as { messages: object };
      return [answer.status, ...Object.keys(messages)];
    };
    const recipients = ['09121110001', '09351110002'];
    expect(await ask({ recipients, number_format: 'en' })).toEqual([
      422,
      'number_format',
      'recipients',
    ]);
    expect(await ask({})).toEqual([422, 'number_format', 'recipients']);
    const nothing = await fetch(`${fake.url}/ws/v1/nothing`, { headers: { 'Api-Key': apiKey } });
    expect(nothing.status).toBe(404);
  });

  test.each(['', refusedKeys.bad, refusedKeys.ip, refusedKeys.disabled])(
    'is refused with the key %j',
    async (key) => {
      expect(await create(key).send(code())).toEqual(rejected('account', 'auth', 401));
      expect(await create(key).credit()).toBeNull();
    },
  );

  test('tells lack of credit in the state only', async () => {
    const poor = create(refusedKeys.noCredit);
    expect(await poor.send(code())).toMatchObject({ outcome: 'accepted' });
    expect(await poor.send(text())).toMatchObject({ outcome: 'accepted' });
    await sent(text(to, 'س'.repeat(800)));
    const failed = { state: 'failed', error: 'no-credit', providerCode: 'insufficient-balance' };
    const ids = ['407328', '407329', '407330'];
    expect(await create().status(ids)).toMatchObject([failed, failed, failed]);
    expect(await create().credit()).toEqual({ amount: '1000', unit: 'credit' });
  });

  test('queues a value that is longer than declared for a person, and says success', async () => {
    const id = await sent(code('1'.repeat(41)));
    clock.advance(400_000);
    expect(await create().status([id])).toEqual([
      { providerMessageId: id, state: 'queued', providerCode: 'pending-approval' },
    ]);
    fake.decide(id, 'rejected');
    expect(await create().status([id])).toMatchObject([{ state: 'filtered' }]);
    fake.decide(id, 'cancelled');
    expect(await create().status([id])).toMatchObject([{ state: 'canceled' }]);
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
    expect(await create().status(['1'])).toBeNull();
    expect(await create().credit()).toEqual({ amount: '0', unit: 'credit' });
  });

  test('waits for a provider that says it is too much', async () => {
    const number = `+98912111${faultyRecipients.throttledOnce}`;
    expect(await create().send(code('48213', number))).toEqual(
      rejected('provider', 'throttled', 429),
    );
    expect(await create().send(code('48213', number))).toMatchObject({ outcome: 'accepted' });
  });

  test.each([
    ['lateButStored', { outcome: 'unknown', reason: 'timeout' }, 1],
    ['droppedAfterStoring', { outcome: 'unknown', reason: 'reset' }, 1],
    ['droppedBeforeStoring', { outcome: 'unknown', reason: 'reset' }, 0],
    ['cutAnswer', { outcome: 'unknown', reason: 'bad-body', httpStatus: 201 }, 1],
    ['brokenPage', { outcome: 'unknown', reason: 'http-5xx', httpStatus: 500 }, 0],
    ['unavailable', { outcome: 'unknown', reason: 'http-5xx', httpStatus: 503 }, 0],
  ] as const)('does not know what became of it: %s', async (fault, outcome, stored) => {
    const message = text(`+98912111${faultyRecipients[fault]}`);
    const short = { connectMs: 200, totalMs: 200 };
    const provider = createFarazSms({ apiKey, line: '10008000', url: fake.url, timeouts: short });
    expect(await provider.send(message)).toEqual(outcome);
    expect(fake.log).toHaveLength(stored);
    expect(await provider.find({ message, triedAt: clock.now() })).toEqual({ found: 'unknown' });
    expect(await provider.receive('10008000')).toBeNull();
  });

  test('certainly sent nothing when nobody listens', async () => {
    await fake.stop();
    expect(await create().send(code())).toEqual(rejected('provider', 'busy'));
    await fake.start();
  });
});
