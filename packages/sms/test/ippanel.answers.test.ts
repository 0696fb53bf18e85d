import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { field, readJson } from '../src/http.ts';
import { createIpPanel } from '../src/providers/ippanel.ts';
import { Loopback } from './loopback.ts';
import {
  apiKey,
  code,
  line,
  ok,
  refused,
  rejected,
  text,
  timeouts,
  to,
} from './ippanel.messages.ts';

describe('an answer of IPPanel', () => {
  const server = new Loopback();
  const provider = () => createIpPanel({ apiKey, line, url: server.url, timeouts });

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
  const badRequest = rejected('message', 'bad-request', '400-2', 422);

  test.each([
    [
      200,
      '{"data":{"message_outbox_ids":[1123544244]},"meta":{"status":true,"message":"…","message_parameters":[],"message_code":"200-1"}}',
      accepted('1123544244'),
    ],
    [200, ok({ message_outbox_ids: ['1123544244'] }), accepted('1123544244')],
    [200, ok({ message_outbox_ids: 1_123_544_244 }), accepted('1123544244')],
    [
      200,
      '{"data":{"message_outbox_ids":[12345678901234567890]},"meta":{"status":true}}',
      accepted('12345678901234567890'),
    ],
    [200, ok({ message_outbox_ids: [] }), accepted(null)],
    [200, ok({}), accepted(null)],
    [401, refused('400-1'), rejected('account', 'auth', '400-1', 401)],
    [401, '<html>', rejected('account', 'auth', null, 401)],
    [403, '', rejected('account', 'auth', null, 403)],
    [429, '', rejected('provider', 'throttled', null, 429)],
    [
      422,
      refused('400-2', { recipients: ['…'] }),
      rejected('recipient', 'bad-number', '400-2', 422),
    ],
    [
      422,
      { meta: { status: false, message_code: '400-2' }, errors: { recipients: ['…'] } },
      rejected('recipient', 'bad-number', '400-2', 422),
    ],
    [422, refused('400-2'), badRequest],
    [422, refused('400-2', []), badRequest],
    [422, refused('400-2', { toString: 1 }), badRequest],
    [422, '', rejected('message', 'bad-request', null, 422)],
    [200, refused('400-31'), rejected('provider', 'unexpected', '400-31', 200)],
    [404, refused('404-1'), rejected('provider', 'unexpected', '404-1', 404)],
    [200, ok(null), unknown('bad-body', 200)],
    [200, { data: { message_outbox_ids: [1] } }, unknown('bad-body', 200)],
    [200, { data: { message_outbox_ids: [1] }, meta: { status: 1 } }, unknown('bad-body', 200)],
    [200, '{"data":{"message_outbox_ids":[1123', unknown('bad-body', 200)],
    [200, '', unknown('bad-body', 200)],
    [302, ok({ message_outbox_ids: [1] }), unknown('bad-body', 302)],
    [422, ok({ message_outbox_ids: [1] }), unknown('bad-body', 422)],
    [404, '<html>', unknown('bad-body', 404)],
    [408, '', unknown('timeout', 408)],
    [500, refused('500-1'), unknown('http-5xx', 500)],
    [500, ok({ message_outbox_ids: [1] }), unknown('http-5xx', 500)],
    [503, '', unknown('http-5xx', 503)],
  ])('with HTTP %i: %j', async (status, body, outcome) => {
    server.always(status, body);
    expect(await provider().send(code())).toEqual(outcome);
    expect(await provider().send(text())).toEqual(outcome);
  });

  test.each([
    [['recipients'], 'recipient', 'bad-number'],
    [['recipients.0'], 'recipient', 'bad-number'],
    [['params.recipients'], 'recipient', 'bad-number'],
    [['params.recipients.0'], 'recipient', 'bad-number'],
    [['from_number', 'params.recipients'], 'recipient', 'bad-number'],
    [['message'], 'message', 'empty-message'],
    [['code', 'message'], 'message', 'empty-message'],
    [['send_time'], 'message', 'bad-schedule'],
    [['from_number'], 'account', 'bad-sender'],
    [['code'], 'account', 'template-missing'],
    [['params'], 'account', 'template-args'],
    [['params.code'], 'account', 'template-args'],
    [['params.recipient'], 'account', 'template-args'],
    [['sending_type'], 'message', 'bad-request'],
  ])('about the fields %j: %s, %s', async (names, scope, error) => {
    const errors = Object.fromEntries(names.map((name) => [name, ['…']]));
    server.always(422, refused('400-2', errors));
    expect(await provider().send(code())).toEqual(rejected(scope, error, '400-2', 422));
  });

  test.each([
    [0, 'queued'],
    [1, 'queued'],
    [2, 'queued'],
    [3, 'filtered', 'content-rejected'],
    [4, 'failed', 'bad-number'],
    [5, 'queued'],
    [6, 'sent-to-carrier'],
    [7, 'canceled'],
    [8, 'failed', 'no-credit'],
    [9, 'failed', 'unexpected'],
    [99, 'unknown'],
    ['8', 'failed', 'no-credit'],
  ])('with the state %j of the sending: %s', async (state_id, state, error?: string) => {
    server.always(200, ok({ messages_outbox_id: '1123544244', state_id }));
    const because = error === undefined ? {} : { error };
    expect(await provider().status(['1123544244'])).toEqual([
      { providerMessageId: '1123544244', state, providerCode: `state_id ${state_id}`, ...because },
    ]);
  });

  test.each([
    ['0', 'sent-to-carrier'],
    ['1', 'sent-to-carrier'],
    ['2', 'delivered'],
    ['3', 'undelivered'],
    ['4', 'blacklisted'],
    ['9', 'unknown'],
    [2, 'delivered'],
  ])('with the state %j of the recipient: %s', async (message_status, state) => {
    server.always(200, ok([{ recipient: to, message_status }]));
    server.at('/v1/api/report/by_bulk?messages_outbox_id=7', 200, ok({ state_id: 6 }));
    expect(await provider().status(['7'])).toEqual([
      { providerMessageId: '7', state, providerCode: `message_status ${message_status}` },
    ]);
    expect(server.asked.slice(-2)).toEqual([
      '/v1/api/report/by_bulk?messages_outbox_id=7',
      '/v1/api/report/recipients?page=1&per_page=10&bulk_id=7',
    ]);
  });

  test.each([
    [401, refused('400-1')],
    [200, refused('400-31')],
    [200, '<html>'],
    [200, '{"data":{"state_id":6,"credit":5}}'],
    [503, ''],
  ])('that answers no question: %i %j', async (status, body) => {
    server.always(status, body);
    expect(await provider().status(['7'])).toBeNull();
    expect(await provider().credit()).toBeNull();
    expect(await provider().receive(line)).toBeNull();
    expect(await provider().find({ message: code(), triedAt: new Date() })).toEqual({
      found: 'unknown',
    });
  });

  test('about a message that it does not know', async () => {
    server.always(404, refused('404-1'));
    expect(await provider().status(['7', '8'])).toEqual([
      { providerMessageId: '7', state: 'unknown', providerCode: '404' },
      { providerMessageId: '8', state: 'unknown', providerCode: '404' },
    ]);
  });

  test.each([
    [6_084_722_932.705, '6084722932.705'],
    ['1500.50', '1500.50'],
    [0, '0'],
  ])('about the credit: %j', async (credit, amount) => {
    server.always(200, ok({ credit, gift: 0 }));
    expect(await provider().credit()).toEqual({ amount, unit: 'credit' });
    expect(server.asked.at(-1)).toBe('/v1/api/payment/credit/mine');
  });

  test('of any kind never throws, and is success in one form only', async () => {
    const status = fc.constantFrom(200, 201, 302, 400, 401, 403, 404, 408, 422, 429, 500, 503);
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(true, false, 1, '6', null));
    const record = fc.record(
      { message_outbox_ids: value, state_id: value, credit: value },
      { requiredKeys: [] },
    );
    const rows = fc.array(
      fc.record({ message: value, recipient: value, number: value, time: value }),
    );
    const meta = fc.record(
      { status: value, errors: value, message_code: value },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ data: fc.oneof(record, rows, value), meta: fc.oneof(meta, value) })
        .map((one) => JSON.stringify(one)),
    );
    await fc.assert(
      fc.asyncProperty(status, body, async (http, said) => {
        server.always(http, said);
        const outcomes = [await provider().send(code()), await provider().send(text())];
        await provider().status(['1']);
        await provider().credit();
        await provider().receive(line);
        await provider().find({ message: text(), triedAt: new Date() });
        const isSuccess = http < 300 && field(field(readJson(said), 'meta'), 'status') === true;
        expect(outcomes.some(({ outcome }) => outcome === 'accepted') && !isSuccess).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});
