import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { field, readJson } from '../src/http.ts';
import type { SendOutcome } from '../src/outcome.ts';
import { createGhasedak } from '../src/providers/ghasedak.ts';
import type { ProviderMessage, TextMessage } from '../src/provider.ts';
import { Loopback } from './loopback.ts';

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
  values: [{ name: 'Code', value: '48213' }],
};

const pascal =
  '{"IsSuccess":true,"StatusCode":200,"Message":"…","Data":{"Items":[{"Receptor":"09121110001","Cost":1200,"MessageId":"55001","ClientReferenceId":"c-1","SendDate":"2026-01-01T00:00:00+03:30"}],"TotalCost":1200}}';
const camel =
  '{"isSuccess":true,"statusCode":200,"message":"…","data":{"items":[{"receptor":"09121110001","cost":1200,"messageId":"55001","clientReferenceId":"c-1","sendDate":"2026-01-01T00:00:00+03:30"}],"totalCost":1200}}';

describe('an answer', () => {
  const server = new Loopback();

  beforeAll(async () => {
    await server.start();
  });

  afterAll(async () => {
    await server.stop();
  });

  function answering(status: number, body: unknown) {
    server.always(status, body);
    return createGhasedak({ apiKey, line, url: server.url, timeouts });
  }

  const cost = { amount: '1200', unit: 'IRR' };
  const ok = { outcome: 'accepted', providerMessageId: '55001', cost };
  const badBody = { outcome: 'unknown', reason: 'bad-body', httpStatus: 200 };

  test.each([
    ['in PascalCase', pascal],
    ['in camelCase', camel],
    ['in capitals', pascal.replaceAll(/"([A-Za-z]+)":/g, (key) => key.toUpperCase())],
    [
      'of one message',
      { IsSuccess: true, StatusCode: 200, Data: { MessageId: '55001', Cost: 1200 } },
    ],
    [
      'in a bare list',
      { isSuccess: true, statusCode: 200, data: [{ messageId: 55_001, cost: 1200 }] },
    ],
    [
      'with texts for numbers',
      { isSuccess: true, statusCode: '200', data: { messageId: '55001', cost: '1200' } },
    ],
    ['without a code', { isSuccess: true, data: { messageId: '55001', cost: 1200 } }],
  ])('is read %s', async (_, body) => {
    expect(await answering(200, body).send(text)).toEqual(ok);
    expect(await answering(200, body).send(template)).toEqual(ok);
  });

  test('keeps every digit of an id', async () => {
    const body = '{"IsSuccess":true,"StatusCode":200,"Data":{"MessageId":4707200000000000161}}';
    expect(await answering(200, body).send(text)).toEqual({
      outcome: 'accepted',
      providerMessageId: '4707200000000000161',
    });
  });

  test.each(['free', null, {}])('leaves out a cost of %j', async (Cost) => {
    const body = { IsSuccess: true, StatusCode: 200, Data: { MessageId: '55001', Cost } };
    const outcome = { outcome: 'accepted', providerMessageId: '55001' };
    expect(await answering(200, body).send(text)).toEqual(outcome);
  });

  test('without an id is success all the same', async () => {
    const body = { IsSuccess: true, StatusCode: 200, Data: { Receptor: '09121110001' } };
    const outcome = { outcome: 'accepted', providerMessageId: null };
    expect(await answering(200, body).send(text)).toEqual(outcome);
  });

  test.each<[number, string, string]>([
    [400, 'message', 'bad-request'],
    [401, 'account', 'auth'],
    [402, 'provider', 'unexpected'],
    [406, 'account', 'bad-sender'],
    [412, 'account', 'bad-sender'],
    [413, 'message', 'too-long'],
    [416, 'account', 'ip-not-allowed'],
    [418, 'account', 'no-credit'],
    [419, 'provider', 'throttled'],
    [420, 'message', 'content-rejected'],
    [422, 'message', 'content-rejected'],
    [426, 'account', 'plan-required'],
    [428, 'account', 'template-missing'],
    [429, 'message', 'template-args'],
    [999, 'provider', 'unexpected'],
  ])('with the code %i', async (code, scope, error) => {
    const body = { IsSuccess: false, StatusCode: code, Message: '…', Data: null };
    for (const httpStatus of [200, 400, code]) {
      expect(await answering(httpStatus, body).send(text)).toEqual({
        outcome: 'rejected',
        scope,
        error,
        providerCode: String(code),
        httpStatus,
      });
    }
    const inCamelCase = { isSuccess: false, statusCode: String(code), message: '…' };
    expect(await answering(400, inCamelCase).send(template)).toMatchObject({ scope, error });
  });

  test.each([
    [500, 'http-5xx'],
    [503, 'http-5xx'],
    [408, 'timeout'],
  ])('with the code %i does not say whether it was sent', async (code, reason) => {
    const body = { IsSuccess: false, StatusCode: code, Message: '…', Data: null };
    expect(await answering(200, body).send(text)).toEqual({
      outcome: 'unknown',
      reason,
      httpStatus: 200,
    });
  });

  test.each([
    ['{"IsSuccess":true,"StatusCode":200,"Data":null}'],
    ['{"IsSuccess":true,"StatusCode":200}'],
    ['{"IsSuccess":true,"StatusCode":200,"Data":{"Items":[]}}'],
    ['{"IsSuccess":true,"StatusCode":200,"Data":[null]}'],
    ['{"IsSuccess":true,"StatusCode":200,"Data":"55001"}'],
    ['{"IsSuccess":true,"StatusCode":400,"Data":{"MessageId":"55001"}}'],
    ['{"IsSuccess":false,"StatusCode":200,"Data":{"MessageId":"55001"}}'],
    ['{"IsSuccess":true,"StatusCode":"ok","Data":{"MessageId":"55001"}}'],
    ['{"IsSuccess":"true","StatusCode":200,"Data":{"MessageId":"55001"}}'],
    ['{"IsSuccess":false,"StatusCode":"09121110001","Data":null}'],
    ['{"IsSuccess":false,"Data":null}'],
    ['{"StatusCode":400}'],
    ['{"MessageId":"55001"}'],
    ['[]'],
    ['null'],
    ['{"IsSuccess":true,"StatusCode":200,"Da'],
    ['<html><body>Welcome</body></html>'],
    [''],
  ])('that says nothing: %s', async (body) => {
    expect(await answering(200, body).send(text)).toEqual(badBody);
  });

  test.each([
    [408, '', 'timeout'],
    [500, '<html></html>', 'http-5xx'],
    [502, '', 'http-5xx'],
    [503, pascal, 'http-5xx'],
    [404, '', 'bad-body'],
    [302, pascal, 'bad-body'],
  ])('with the HTTP status %i and %s', async (status, body, reason) => {
    const outcome = { outcome: 'unknown', reason, httpStatus: status };
    expect(await answering(status, body).send(text)).toEqual(outcome);
  });

  describe('that calls a message a duplicate', () => {
    const duplicate = { IsSuccess: false, StatusCode: 451, Message: '…', Data: null };
    const found = (...items: unknown[]) => ({ IsSuccess: true, StatusCode: 200, Data: items });

    test.each<[string, unknown, Partial<SendOutcome>]>([
      [
        'leads to the one they have',
        found({ MessageId: '55001', ClientReferenceId: '70000001' }),
        { outcome: 'accepted', providerMessageId: '55001' },
      ],
      [
        'is a refusal when they have none by our number',
        found(),
        { outcome: 'rejected', scope: 'message', error: 'duplicate', providerCode: '451' },
      ],
      [
        'leaves it open when they do not answer',
        '<html>',
        { outcome: 'unknown', reason: 'bad-body' },
      ],
    ])('%s', async (_, second, outcome) => {
      const provider = answering(200, duplicate);
      server.at(`${root}/CheckSmsStatus?Ids=70000001&Type=2`, 200, second);
      expect(await provider.send(text)).toMatchObject(outcome);
    });
  });

  test.each<[string, unknown]>([
    ['0', 'queued'],
    ['1', 'canceled'],
    ['2', 'blacklisted'],
    ['3', 'sent-to-carrier'],
    ['4', 'undelivered'],
    ['5', 'delivered'],
    ['6', 'failed'],
    ['7', 'unknown'],
    ['8', 'unknown'],
    ['14', 'unknown'],
  ])('with the state %s', async (code, state) => {
    const report = { providerMessageId: '2387931', state, providerCode: code };
    const item = { MessageId: '2387931', ClientReferenceId: '11111', Status: Number(code) };
    const bare = { IsSuccess: true, StatusCode: 200, Data: [item] };
    const listed = {
      isSuccess: true,
      statusCode: 200,
      data: { items: [{ messageId: 2_387_931, status: code }] },
    };
    expect(await answering(200, bare).status(['2387931'])).toEqual([report]);
    expect(await answering(200, listed).status(['2387931'])).toEqual([report]);
  });

  test('about messages leaves out what has no id, and what has no state is unknown', async () => {
    const body = {
      IsSuccess: true,
      StatusCode: 200,
      Data: [null, { Status: 5 }, { MessageId: '7' }, { MessageId: '8', Status: 'constructor' }],
    };
    expect(await answering(200, body).status(['7'])).toEqual([
      { providerMessageId: '7', state: 'unknown', providerCode: null },
      { providerMessageId: '8', state: 'unknown', providerCode: null },
    ]);
  });

  test.each<[string, unknown, unknown]>([
    [
      'one',
      [{ MessageId: '1', ClientReferenceId: '70000001' }],
      { found: 'yes', providerMessageId: '1' },
    ],
    [
      'the last of two',
      [
        { MessageId: '1', ClientReferenceId: '70000001' },
        { MessageId: '2', ClientReferenceId: 70_000_001 },
      ],
      { found: 'yes', providerMessageId: '2' },
    ],
    ['one without our number', [{ MessageId: '1' }], { found: 'yes', providerMessageId: '1' }],
    ['none', [], { found: 'absent' }],
    ["somebody else's", [{ MessageId: '1', ClientReferenceId: '9' }], { found: 'absent' }],
    ['one without an id', [{ ClientReferenceId: '70000001' }], { found: 'unknown' }],
    ['no list', null, { found: 'unknown' }],
  ])('that finds %s', async (_, Data, outcome) => {
    const provider = answering(200, { IsSuccess: true, StatusCode: 200, Data });
    expect(await provider.find({ message: text, triedAt: new Date() })).toEqual(outcome);
  });

  test('about the credit, as the provider shows it', async () => {
    const body =
      '{"Data":{"Credit":9135538,"ExpireDate":"2024-07-16T10:48:21+03:30","Plan":"نقره ای"},"IsSuccess":true,"StatusCode":200,"Message":"با موفقیت انجام شد"}';
    expect(await answering(200, body).credit()).toEqual({ amount: '9135538', unit: 'IRR' });
  });

  test.each<[unknown, string | null]>([
    ['2024-07-02T14:00:34.975Z', '2024-07-02T14:00:34.975Z'],
    ['2024-07-02T17:30:34+03:30', '2024-07-02T14:00:34.000Z'],
    ['2024-07-02T17:30:34.6632614', '2024-07-02T14:00:34.663Z'],
    ['2024-07-02T17:30', '2024-07-02T14:00:00.000Z'],
    ['2024-07-02', null],
    ['2024-13-45T25:61:61Z', null],
    ['yesterday', null],
    [1_719_928_834, null],
    [undefined, null],
  ])('about a text that came at %s', async (ReceiveDate, at) => {
    const item = {
      Id: 12_345,
      Message: 'لغو11',
      Sender: '09121110001',
      LineNumber: line,
      ReceiveDate,
    };
    const body = { IsSuccess: true, StatusCode: 200, Data: { Items: [item] } };
    expect(await answering(200, body).receive(line)).toEqual([
      {
        providerMessageId: '12345',
        from: '+989121110001',
        line,
        text: 'لغو11',
        receivedAt: at === null ? null : new Date(at),
      },
    ]);
  });

  test.each([
    [200, '{"IsSuccess":false,"StatusCode":401,"Message":"…"}'],
    [200, '<html>'],
    [200, ''],
    [500, '{"IsSuccess":true,"StatusCode":200,"Data":{"Credit":1,"Items":[]}}'],
  ])('to a question that is none: %i %s', async (status, body) => {
    const provider = answering(status, body);
    expect(await provider.credit()).toBeNull();
    expect(await provider.status(['1'])).toBeNull();
    expect(await provider.receive(line)).toBeNull();
    expect(await provider.find({ message: text, triedAt: new Date() })).toEqual({
      found: 'unknown',
    });
  });

  test('of any kind never throws, and is success in one form only', async () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          isSuccess: fc.constantFrom<unknown>(true, true, true, false, 'true', 1, null),
          statusCode: fc.constantFrom<unknown>(200, '200', null, 0, 400, 401, 451, 500, 'x'),
          data: fc.oneof(fc.jsonValue(), fc.record({ items: fc.array(fc.jsonValue()) })),
        })
        .map((one) => JSON.stringify(one)),
    );
    const status = fc.constantFrom(
      200,
      200,
      200,
      200,
      201,
      302,
      400,
      401,
      404,
      408,
      429,
      500,
      502,
      503,
    );
    await fc.assert(
      fc.asyncProperty(status, body, async (httpStatus, answer) => {
        const provider = answering(httpStatus, answer);
        const { outcome } = await provider.send(text);
        await provider.send(template);
        await provider.credit();
        await provider.status(['1']);
        await provider.receive(line);
        await provider.find({ message: text, triedAt: new Date() });
        const envelope = readJson(answer);
        const data = field(envelope, 'data');
        const isSuccess =
          httpStatus < 300 &&
          field(envelope, 'isSuccess') === true &&
          [200, '200', null].includes(field(envelope, 'statusCode') as string) &&
          typeof data === 'object' &&
          data !== null;
        expect(outcome === 'accepted' && !isSuccess).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
