import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { field, readJson } from '../src/http.ts';
import { SmsIrClient } from '../src/providers/sms-ir.client.ts';
import { createSmsIr } from '../src/providers/sms-ir.ts';
import { Loopback } from './loopback.ts';
import { apiKey, code, ok, other, rejected, text, timeouts, to } from './sms-ir.messages.ts';

describe('an answer of SMS.ir', () => {
  const server = new Loopback();
  const provider = () => createSmsIr({ apiKey, line: '30007732000000', url: server.url, timeouts });

  beforeAll(() => server.start());
  afterAll(() => server.stop());

  const accepted = (providerMessageId: string | null) => ({
    outcome: 'accepted',
    providerMessageId,
    cost: { amount: '1', unit: 'credit' },
  });
  const unknown = (reason: string, httpStatus: number) => ({
    outcome: 'unknown',
    reason,
    httpStatus,
  });

  test.each([
    [
      200,
      '{"status":1,"message":"موفق","data":{"messageId":89545112,"cost":1.0}}',
      accepted('89545112'),
    ],
    [200, '{"status":"1","data":{"messageId":"89545112","cost":"1"}}', accepted('89545112')],
    [
      200,
      '{"status":1,"data":{"messageId":12345678901234567890,"cost":1}}',
      accepted('12345678901234567890'),
    ],
    [200, '{"status":1,"data":{"cost":1}}', accepted(null)],
    [
      200,
      '{"status":1,"data":{"messageId":0,"cost":0}}',
      rejected('recipient', 'blacklisted', null),
    ],
    [401, '{"status":10,"message":"…","data":null}', rejected('account', 'auth', '10', 401)],
    [
      400,
      '{"status":114,"message":"…","data":null}',
      rejected('message', 'template-args', '114', 400),
    ],
    [200, '{"status":102,"message":"…","data":null}', rejected('account', 'no-credit', '102', 200)],
    [
      400,
      '{"status":999,"message":"…","data":null}',
      rejected('provider', 'unexpected', '999', 400),
    ],
    [500, '{"status":0,"message":"…","data":null}', rejected('provider', 'unexpected', '0', 500)],
    [401, '', rejected('account', 'auth', null, 401)],
    [403, '<html>', rejected('account', 'auth', null, 403)],
    [429, '', rejected('provider', 'throttled', null, 429)],
    [200, '{"status":1,"message":"موفق","data":null}', unknown('bad-body', 200)],
    [200, '{"status":1,"message":"موفق","da', unknown('bad-body', 200)],
    [200, '{"status":true,"data":{"messageId":1}}', unknown('bad-body', 200)],
    [200, '{"status":1.5,"data":{"messageId":1}}', unknown('bad-body', 200)],
    [200, '[{"status":1}]', unknown('bad-body', 200)],
    [200, '<html>', unknown('bad-body', 200)],
    [200, '', unknown('bad-body', 200)],
    [302, '{"status":1,"data":{"messageId":1}}', unknown('bad-body', 302)],
    [404, '<html>', unknown('bad-body', 404)],
    [408, '', unknown('timeout', 408)],
    [500, '{"status":1,"data":{"messageId":1}}', unknown('http-5xx', 500)],
    [500, '{"status":999}', unknown('http-5xx', 500)],
    [503, '', unknown('http-5xx', 503)],
  ])('to a template, with HTTP %i: %s', async (status, body, outcome) => {
    server.always(status, body);
    expect(await provider().send(code())).toEqual(outcome);
  });

  test.each([
    [[89_545_113], accepted('89545113')],
    [['89545113'], accepted('89545113')],
    [[null], rejected('recipient', 'bad-number', null)],
    [[0], rejected('recipient', 'blacklisted', null)],
    [[], { outcome: 'unknown', reason: 'bad-body' }],
    [[{}], { outcome: 'unknown', reason: 'bad-body' }],
    [undefined, accepted(null)],
  ])('to a text, with the ids %j', async (messageIds, outcome) => {
    server.always(200, ok({ packId: '2b99e63c-0000-4000-8000-1234567890ab', messageIds, cost: 1 }));
    expect(await provider().send(text())).toEqual(outcome);
  });

  test('to a bulk has an outcome for each number', async () => {
    server.always(
      200,
      '{"status":1,"message":"موفق","data":{"packId":"2b99e63c-0000-4000-8000-1234567890ab","messageIds":[89545113,null],"cost":1.0}}',
    );
    const client = new SmsIrClient({ apiKey, line: '10008000', url: server.url, timeouts });
    expect(await client.sendBulk('سلام', [to, other])).toEqual([
      { outcome: 'accepted', providerMessageId: '89545113' },
      rejected('recipient', 'bad-number', null),
    ]);
  });

  test.each([
    [0, 'provider', 'unexpected'],
    [10, 'account', 'auth'],
    [11, 'account', 'auth'],
    [12, 'account', 'ip-not-allowed'],
    [13, 'account', 'account-disabled'],
    [14, 'account', 'account-disabled'],
    [15, 'account', 'plan-required'],
    [16, 'message', 'bad-request'],
    [20, 'provider', 'throttled'],
    [101, 'account', 'bad-sender'],
    [102, 'account', 'no-credit'],
    [103, 'message', 'empty-message'],
    [104, 'recipient', 'bad-number'],
    [105, 'message', 'batch-too-big'],
    [106, 'message', 'batch-too-big'],
    [107, 'recipient', 'bad-number'],
    [108, 'message', 'empty-message'],
    [109, 'message', 'bad-schedule'],
    [110, 'message', 'bad-request'],
    [111, 'message', 'bad-request'],
    [112, 'message', 'bad-request'],
    [113, 'account', 'template-missing'],
    [114, 'message', 'template-args'],
    [115, 'recipient', 'blacklisted'],
    [116, 'account', 'template-args'],
    [117, 'message', 'content-rejected'],
    [118, 'message', 'batch-too-big'],
    [119, 'account', 'plan-required'],
    [123, 'account', 'bad-sender'],
    [124, 'account', 'template-missing'],
  ])('with the code %i: %s, %s', async (status, scope, error) => {
    server.always(400, { status, message: '…', data: null });
    const outcome = rejected(scope, error, String(status), 400);
    expect(await provider().send(code())).toEqual(outcome);
    expect(await provider().send(text())).toEqual(outcome);
  });

  test.each([
    [1, 'delivered'],
    [2, 'undelivered'],
    [3, 'sent-to-carrier'],
    [4, 'failed'],
    [5, 'sent-to-carrier'],
    [6, 'failed'],
    [7, 'blacklisted'],
    [8, 'unknown'],
    [99, 'unknown'],
    ['1', 'delivered'],
  ])('with the state %j: %s', async (deliveryState, state) => {
    server.always(200, ok({ messageId: 89_545_112, deliveryState }));
    expect(await provider().status(['89545112'])).toEqual([
      { providerMessageId: '89545112', state, providerCode: String(deliveryState) },
    ]);
    expect(server.asked.at(-1)).toBe('/v1/send/89545112');
  });

  test.each([
    [200, ok({ messageId: 89_545_112, deliveryState: null }), 'queued', null],
    [200, ok({ messageId: 89_545_112 }), 'queued', null],
    [400, { status: 111, message: '…', data: null }, 'unknown', '111'],
  ])('without a state: %i %j', async (status, body, state, providerCode) => {
    server.always(status, body);
    expect(await provider().status(['89545112'])).toEqual([
      { providerMessageId: '89545112', state, providerCode },
    ]);
  });

  test.each([
    [200, ok(null)],
    [401, { status: 10, data: null }],
    [200, '<html>'],
    [503, ''],
  ])('that answers no question: %i %j', async (status, body) => {
    server.always(status, body);
    expect(await provider().status(['89545112'])).toBeNull();
    expect(await provider().credit()).toBeNull();
    expect(await provider().receive('10008000')).toBeNull();
    expect(await provider().find({ message: code(), triedAt: new Date() })).toEqual({
      found: 'unknown',
    });
  });

  test('that fails to come ends the states there', async () => {
    server.always(503, '');
    server.at('/v1/send/1', 200, ok({ deliveryState: 1 }));
    expect(await provider().status(['1', '2', '1'])).toHaveLength(1);
    expect(await provider().status(['2', '1'])).toBeNull();
    expect(await provider().status([])).toEqual([]);
  });

  test.each([
    [165.3, '165.3'],
    ['165.30', '165.30'],
    [0, '0'],
  ])('about the credit: %j', async (data, amount) => {
    server.always(200, ok(data));
    expect(await provider().credit()).toEqual({ amount, unit: 'credit' });
    expect(server.asked.at(-1)).toBe('/v1/credit');
  });

  test('about texts of the line', async () => {
    server.always(
      200,
      ok([
        {
          messageText: 'لغو11',
          number: 30_007_732_000_000,
          mobile: 989_121_110_001,
          receivedDateTime: 1_767_225_700,
        },
        {
          messageText: 'other line',
          number: 10_008_000,
          mobile: 989_121_110_001,
          receivedDateTime: 1_767_225_700,
        },
        {
          receiveReturnId: 123_456_789,
          messageText: 'hi',
          number: '30007732000000',
          mobile: '+1202555',
        },
      ]),
    );
    expect(await provider().receive('30007732000000')).toEqual([
      {
        providerMessageId: null,
        from: to,
        line: '30007732000000',
        text: 'لغو11',
        receivedAt: new Date('2026-01-01T00:01:40Z'),
      },
      {
        providerMessageId: '123456789',
        from: '+1202555',
        line: '30007732000000',
        text: 'hi',
        receivedAt: null,
      },
    ]);
    expect(server.asked.at(-1)).toBe(
      '/v1/receive/live?pageNumber=1&pageSize=100&sortByNewest=true',
    );
  });

  test('of any kind never throws, and is success in one form only', async () => {
    const status = fc.constantFrom(200, 201, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503);
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(1, '1', 0, 10, 114, null));
    const data = fc.oneof(
      fc.jsonValue(),
      fc.record({ messageId: value, messageIds: value, cost: value }, { requiredKeys: [] }),
      fc.array(fc.record({ mobile: value, number: value, sendDateTime: value }), { maxLength: 3 }),
    );
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ status: value, data }).map((one) => JSON.stringify(one)),
    );
    await fc.assert(
      fc.asyncProperty(status, body, async (http, said) => {
        server.always(http, said);
        const outcomes = [await provider().send(code()), await provider().send(text())];
        await provider().status(['1']);
        await provider().credit();
        await provider().receive('10008000');
        await provider().find({ message: text(), triedAt: new Date() });
        const answer = readJson(said);
        const given = field(answer, 'data');
        const hasData = typeof given === 'object' && given !== null;
        const isSuccess = http < 300 && Number(field(answer, 'status')) === 1 && hasData;
        expect(outcomes.some(({ outcome }) => outcome === 'accepted') && !isSuccess).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});
