import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { field, readJson } from '../src/http.ts';
import { createTwilio } from '../src/providers/twilio.ts';
import { Loopback } from './loopback.ts';
import {
  accountSid,
  authToken,
  from,
  root,
  sidOf,
  template,
  text,
  timeouts,
  to,
} from './twilio.messages.ts';

const server = new Loopback();
const sid = sidOf(1);

beforeAll(async () => {
  await server.start();
});

afterAll(async () => {
  await server.stop();
});

function answering(status: number, body: unknown) {
  server.always(status, body);
  return createTwilio({ accountSid, authToken, from, url: server.url, timeouts });
}

function refusalOf(code: unknown, status: number): unknown {
  const message = `The 'To' number ${to} cannot be used with ${authToken}`;
  return { code, message, more_info: 'https://www.twilio.com/docs/errors/0', status };
}

describe('an answer to a message', () => {
  test('is read as the provider shows it', async () => {
    const body = {
      account_sid: accountSid,
      api_version: '2010-04-01',
      body: 'Hello',
      date_created: 'Thu, 30 Jul 2015 20:12:31 +0000',
      date_sent: null,
      direction: 'outbound-api',
      error_code: null,
      error_message: null,
      from,
      messaging_service_sid: null,
      num_media: '0',
      num_segments: '2',
      price: '-0.00750',
      price_unit: 'USD',
      sid,
      status: 'queued',
      to,
    };
    const outcome = {
      outcome: 'accepted',
      providerMessageId: sid,
      parts: 2,
      cost: { amount: '0.00750', unit: 'USD' },
    };
    expect(await answering(201, body).send(text)).toEqual(outcome);
    expect(await answering(201, body).send(template)).toEqual(outcome);
  });

  test.each([
    { num_segments: '0', price: null, price_unit: 'USD' },
    { num_segments: 'many', price: 'free', price_unit: 'USD' },
    { num_segments: '-1', price: '-0.0075', price_unit: 'EUR' },
    { num_segments: {}, price: '-0.0075', price_unit: null },
    {},
  ])('leaves out parts and prices that say nothing: %j', async (more) => {
    const outcome = { outcome: 'accepted', providerMessageId: sid };
    expect(await answering(201, { sid, status: 'accepted', ...more }).send(text)).toEqual(outcome);
  });

  test.each<[number, number, string, string]>([
    [10001, 403, 'account', 'account-disabled'],
    [20003, 401, 'account', 'auth'],
    [20003, 403, 'account', 'auth'],
    [20005, 403, 'account', 'account-disabled'],
    [20006, 403, 'account', 'auth'],
    [20008, 403, 'account', 'auth'],
    [20403, 403, 'account', 'auth'],
    [20404, 404, 'account', 'auth'],
    [20429, 429, 'provider', 'throttled'],
    [21211, 400, 'recipient', 'bad-number'],
    [21212, 400, 'account', 'bad-sender'],
    [21265, 400, 'recipient', 'bad-number'],
    [21266, 400, 'recipient', 'bad-number'],
    [21267, 400, 'account', 'plan-required'],
    [21408, 403, 'provider', 'unsupported'],
    [21602, 400, 'message', 'empty-message'],
    [21603, 400, 'account', 'bad-sender'],
    [21604, 400, 'recipient', 'bad-number'],
    [21605, 400, 'message', 'too-long'],
    [21606, 400, 'account', 'bad-sender'],
    [21607, 400, 'account', 'bad-sender'],
    [21608, 400, 'provider', 'plan-required'],
    [21609, 400, 'account', 'bad-request'],
    [21610, 400, 'recipient', 'blacklisted'],
    [21611, 429, 'provider', 'busy'],
    [21612, 400, 'provider', 'unsupported'],
    [21614, 400, 'recipient', 'bad-number'],
    [21617, 400, 'message', 'too-long'],
    [21635, 400, 'recipient', 'bad-number'],
    [21655, 400, 'account', 'template-missing'],
    [21656, 400, 'message', 'template-args'],
    [21657, 400, 'provider', 'bad-sender'],
    [21659, 400, 'account', 'bad-sender'],
    [21660, 400, 'account', 'bad-sender'],
    [21661, 400, 'account', 'bad-sender'],
    [21701, 400, 'account', 'bad-sender'],
    [21703, 400, 'account', 'bad-sender'],
    [21704, 400, 'provider', 'bad-sender'],
    [21705, 400, 'account', 'bad-sender'],
    [21910, 400, 'account', 'bad-sender'],
    [30001, 400, 'provider', 'busy'],
    [30002, 400, 'account', 'account-disabled'],
    [30004, 400, 'recipient', 'blacklisted'],
    [30005, 400, 'recipient', 'bad-number'],
    [30006, 400, 'recipient', 'bad-number'],
    [30007, 400, 'message', 'content-rejected'],
    [30008, 400, 'provider', 'unexpected'],
    [30022, 400, 'provider', 'throttled'],
    [30034, 400, 'account', 'plan-required'],
    [30450, 400, 'provider', 'throttled'],
    [63002, 400, 'account', 'bad-sender'],
    [63003, 400, 'provider', 'bad-number'],
    [63005, 400, 'message', 'content-rejected'],
    [63007, 400, 'account', 'bad-sender'],
    [63008, 400, 'account', 'bad-sender'],
    [63013, 400, 'message', 'content-rejected'],
    [63016, 400, 'provider', 'template-missing'],
    [63018, 400, 'provider', 'throttled'],
    [63024, 400, 'provider', 'bad-number'],
    [63027, 400, 'account', 'template-missing'],
    [63028, 400, 'message', 'template-args'],
    [90010, 403, 'account', 'account-disabled'],
    [21999, 400, 'provider', 'unexpected'],
    [572_006, 400, 'provider', 'unexpected'],
    [21999, 401, 'account', 'auth'],
    [21999, 403, 'account', 'auth'],
    [21999, 429, 'provider', 'throttled'],
  ])('with the code %i and the HTTP status %i', async (code, httpStatus, scope, error) => {
    const outcome = {
      outcome: 'rejected',
      scope,
      error,
      providerCode: String(code),
      httpStatus,
    };
    const body = refusalOf(code, httpStatus);
    expect(await answering(httpStatus, body).send(text)).toEqual(outcome);
    expect(await answering(httpStatus, body).send(template)).toEqual(outcome);
    const written = refusalOf(String(code), httpStatus);
    expect(await answering(httpStatus, written).send(text)).toEqual(outcome);
  });

  test.each([
    [401, '', 'account', 'auth'],
    [403, '<html>Forbidden</html>', 'account', 'auth'],
    [429, '', 'provider', 'throttled'],
    [429, refusalOf(to, 429), 'provider', 'throttled'],
  ])('without a code, by the HTTP status %i', async (httpStatus, body, scope, error) => {
    expect(await answering(httpStatus, body).send(text)).toEqual({
      outcome: 'rejected',
      scope,
      error,
      providerCode: null,
      httpStatus,
    });
  });

  test.each<[number, unknown, string]>([
    [408, '', 'timeout'],
    [500, refusalOf(20500, 500), 'http-5xx'],
    [502, '<html></html>', 'http-5xx'],
    [503, { sid, status: 'queued' }, 'http-5xx'],
    [201, '', 'bad-body'],
    [201, '{"sid":"SM00', 'bad-body'],
    [201, 'null', 'bad-body'],
    [201, [], 'bad-body'],
    [201, { status: 'queued' }, 'bad-body'],
    [201, { sid: null }, 'bad-body'],
    [201, { sid: to }, 'bad-body'],
    [201, { sid: `${sid}0` }, 'bad-body'],
    [201, { sid: [sid] }, 'bad-body'],
    [200, refusalOf(21211, 400), 'bad-body'],
    [302, { sid, status: 'queued' }, 'bad-body'],
    [302, refusalOf(21211, 400), 'bad-body'],
    [400, '<html>Bad Request</html>', 'bad-body'],
    [400, refusalOf(to, 400), 'bad-body'],
    [400, refusalOf(null, 400), 'bad-body'],
    [404, '', 'bad-body'],
  ])('that says nothing: %i %j', async (httpStatus, body, reason) => {
    const outcome = { outcome: 'unknown', reason, httpStatus };
    expect(await answering(httpStatus, body).send(text)).toEqual(outcome);
  });
});

describe('an answer about a state', () => {
  test.each<[string, number | null, object]>([
    ['accepted', null, { state: 'queued', providerCode: 'accepted' }],
    ['queued', null, { state: 'queued', providerCode: 'queued' }],
    ['sending', null, { state: 'queued', providerCode: 'sending' }],
    ['scheduled', null, { state: 'scheduled', providerCode: 'scheduled' }],
    ['sent', null, { state: 'sent-to-carrier', providerCode: 'sent' }],
    ['delivered', null, { state: 'delivered', providerCode: 'delivered' }],
    ['delivered', 30008, { state: 'delivered', providerCode: 'delivered' }],
    ['read', null, { state: 'delivered', providerCode: 'read' }],
    ['canceled', null, { state: 'canceled', providerCode: 'canceled' }],
    ['failed', null, { state: 'failed', providerCode: 'failed' }],
    ['undelivered', 30003, { state: 'undelivered', providerCode: '30003' }],
    ['failed', 30002, { state: 'failed', providerCode: '30002', error: 'account-disabled' }],
    ['failed', 21610, { state: 'blacklisted', providerCode: '21610', error: 'blacklisted' }],
    ['undelivered', 30004, { state: 'blacklisted', providerCode: '30004', error: 'blacklisted' }],
    ['undelivered', 30005, { state: 'undelivered', providerCode: '30005', error: 'bad-number' }],
    ['undelivered', 30007, { state: 'filtered', providerCode: '30007', error: 'content-rejected' }],
    ['failed', 30450, { state: 'filtered', providerCode: '30450', error: 'throttled' }],
    [
      'undelivered',
      63016,
      { state: 'undelivered', providerCode: '63016', error: 'template-missing' },
    ],
    ['partially_delivered', null, { state: 'unknown', providerCode: 'partially_delivered' }],
    ['constructor', null, { state: 'unknown', providerCode: 'constructor' }],
  ])('reads %s with the code %j', async (status, error_code, report) => {
    const reports = [{ providerMessageId: sid, ...report }];
    expect(await answering(200, { sid, status, error_code }).status([sid])).toEqual(reports);
  });

  test.each<[number, unknown]>([
    [200, { sid: sidOf(2), status: 'sent' }],
    [200, { sid }],
    [200, { sid, status: `sent to ${to}` }],
    [200, { status: 'sent' }],
    [200, '<html>'],
    [404, '<html>'],
    [404, refusalOf(20003, 404)],
    [500, { sid, status: 'sent' }],
    [429, refusalOf(20429, 429)],
  ])('that is none: %i %j', async (status, body) => {
    expect(await answering(status, body).status([sid])).toBeNull();
  });

  test('of which there is no message', async () => {
    expect(await answering(404, refusalOf(20404, 404)).status([sid])).toEqual([
      { providerMessageId: sid, state: 'unknown', providerCode: '20404' },
    ]);
  });
});

describe('an answer about the credit', () => {
  test.each<[number, unknown, unknown]>([
    [200, { balance: '12.0345', currency: 'USD' }, { amount: '12.0345', unit: 'USD' }],
    [200, { balance: '-1.5', currency: 'usd' }, { amount: '-1.5', unit: 'USD' }],
    [200, { balance: '12.0345', currency: 'EUR' }, null],
    [200, { balance: '12.0345' }, null],
    [200, { balance: 'much', currency: 'USD' }, null],
    [200, { currency: 'USD' }, null],
    [200, '<html>', null],
    [401, { balance: '12.0345', currency: 'USD' }, null],
  ])('%i %j', async (status, body, credit) => {
    expect(await answering(status, body).credit()).toEqual(credit);
  });
});

describe('an answer about a lost text', () => {
  const triedAt = new Date('2026-11-01T10:00:00Z');
  const row = {
    sid,
    to,
    body: text.text,
    date_created: 'Sun, 01 Nov 2026 10:00:00 +0000',
    date_sent: null,
  };
  const last = (...messages: unknown[]) => ({ messages, next_page_uri: null });

  test.each<[string, unknown, unknown]>([
    ['one', last(row), { found: 'yes', providerMessageId: sid }],
    [
      'the newer of two',
      last({ ...row, sid: sidOf(9) }, row),
      { found: 'yes', providerMessageId: sidOf(9) },
    ],
    [
      'one with other white space, and without a time or a number',
      last({ sid, body: ` ${text.text}\n` }),
      { found: 'yes', providerMessageId: sid },
    ],
    [
      'one of a clock that is some seconds behind',
      last({ ...row, date_created: 'Sun, 01 Nov 2026 09:59:50 +0000' }),
      { found: 'yes', providerMessageId: sid },
    ],
    ['none', last(), { found: 'absent' }],
    [
      'the same of before',
      last({ ...row, date_created: 'Sun, 01 Nov 2026 09:59:49 +0000' }),
      { found: 'absent' },
    ],
    ['one to somebody else', last({ ...row, to: '+447700900002' }), { found: 'absent' }],
    ['another text', last({ ...row, body: 'Other' }), { found: 'unknown' }],
    ['a message without words', last({ ...row, body: null }), { found: 'unknown' }],
    ['one without an id', last({ ...row, sid: null }), { found: 'unknown' }],
    ['no list', { messages: null, next_page_uri: null }, { found: 'unknown' }],
    ['no end', { messages: [] }, { found: 'unknown' }],
    ['no JSON', '<html>', { found: 'unknown' }],
  ])('finds %s', async (_, body, outcome) => {
    const provider = answering(200, body);
    expect(await provider.find({ message: text, triedAt })).toEqual(outcome);
  });

  test('reads further pages, and never more than ten', async () => {
    const next_page_uri = `${root}/Messages.json?Page=1`;
    const provider = answering(200, { messages: [], next_page_uri });
    server.at(`${root}/Messages.json?Page=1`, 200, last(row));
    expect(await provider.find({ message: text, triedAt })).toEqual({
      found: 'yes',
      providerMessageId: sid,
    });
    const endless = answering(200, { messages: [], next_page_uri });
    const before = server.asked.length;
    expect(await endless.find({ message: text, triedAt })).toEqual({ found: 'unknown' });
    expect(server.asked.length - before).toBe(10);
  });

  test.each(['https://example.com/Messages.json', '/2010-04-01/Accounts/AC1/Messages.json', 7])(
    'follows no page elsewhere: %s',
    async (next_page_uri) => {
      const provider = answering(200, { messages: [], next_page_uri });
      const before = server.asked.length;
      expect(await provider.find({ message: text, triedAt })).toEqual({ found: 'unknown' });
      expect(server.asked.length - before).toBe(1);
    },
  );

  test('remembers another text of the page before', async () => {
    const next_page_uri = `${root}/Messages.json?Page=1`;
    const provider = answering(200, { messages: [{ ...row, body: 'Other' }], next_page_uri });
    server.at(`${root}/Messages.json?Page=1`, 200, last());
    expect(await provider.find({ message: text, triedAt })).toEqual({ found: 'unknown' });
  });
});

test('an answer of any kind never throws, is success in one form only, and tells nothing', async () => {
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({
        sid: fc.constantFrom<unknown>(sid, to, authToken, null, 7),
        status: fc.constantFrom<unknown>('queued', to, null, 5),
        code: fc.constantFrom<unknown>(20003, 21211, to, authToken, null),
        messages: fc.constantFrom<unknown>([], [null], [{ sid: to, body: text.text }], {}, null),
        next_page_uri: fc.constantFrom<unknown>(null, to, 7),
        balance: fc.constantFrom<unknown>('1', to, authToken, null),
        currency: fc.constantFrom<unknown>('USD', null),
      })
      .map((one) => JSON.stringify(one)),
  );
  const status = fc.constantFrom(200, 201, 201, 302, 400, 401, 403, 404, 408, 429, 500, 503);
  await fc.assert(
    fc.asyncProperty(status, body, async (httpStatus, answer) => {
      const provider = answering(httpStatus, answer);
      const outcome = await provider.send(text);
      const found = await provider.find({ message: text, triedAt: new Date() });
      await provider.credit();
      const told = JSON.stringify([outcome, found, await provider.status([sid])]);
      expect(told).not.toContain(to);
      expect(told).not.toContain(authToken);
      const isSuccess = httpStatus < 300 && field(readJson(answer), 'sid') === sid;
      expect(outcome.outcome === 'accepted').toBe(isSuccess);
    }),
    { numRuns: 200 },
  );
});
