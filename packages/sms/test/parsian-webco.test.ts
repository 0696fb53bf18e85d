import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { field, readJson } from '../src/http.ts';
import { createParsianWebCo, type ParsianWebCoOptions } from '../src/providers/parsian-webco.ts';
import type { TemplateMessage } from '../src/provider.ts';
import { faultyRecipients, refusedKeys, type FakeRequest } from '../src/testing/fake-provider.ts';
import {
  FakeParsianWebCo,
  parsianWebCoStates,
  type FakeParsianWebCoOptions,
} from '../src/testing/fake-parsian-webco.ts';
import { Loopback } from './loopback.ts';

const token = 'test-token-0001.12345678';
const to = '+989121110001';
const timeouts = { connectMs: 500, totalMs: 500 };

const templates = [
  { name: '1', variables: ['1'] },
  { name: '2', variables: ['1', '2'] },
];

function message(template: string, ...values: string[]): TemplateMessage {
  return {
    kind: 'template',
    to,
    ref: '70000001',
    template,
    values: values.map((value, i) => ({ name: String(i + 1), value })),
  };
}

function lineOf(request: FakeRequest | undefined): string {
  const query = request?.query.toString() ?? '';
  return `${request?.method ?? ''} ${request?.path ?? ''}${query && `?${query}`}`;
}

describe('an answer', () => {
  const server = new Loopback();

  beforeAll(async () => {
    await server.start();
  });

  afterAll(async () => {
    await server.stop();
  });

  function answering(body: unknown, status = 200, fields?: ParsianWebCoOptions['fields']) {
    server.always(status, body);
    return createParsianWebCo({ token, url: server.url, timeouts, ...(fields ? { fields } : {}) });
  }

  const accepted = (providerMessageId: string | null) => ({
    outcome: 'accepted',
    providerMessageId,
  });
  const failed = {
    outcome: 'rejected',
    scope: 'provider',
    error: 'unexpected',
    providerCode: '100',
    httpStatus: 200,
  };
  const refused = {
    outcome: 'rejected',
    scope: 'account',
    error: 'auth',
    providerCode: '401',
    httpStatus: 200,
  };
  const badBody = { outcome: 'unknown', reason: 'bad-body', httpStatus: 200 };

  test.each([
    ['{"status":200}', accepted(null)],
    ['{"status":200,"smsID":88001}', accepted('88001')],
    ['{"status":200,"smsId":"88001"}', accepted('88001')],
    ['{"status":200,"SmsID":88001}', accepted('88001')],
    ['{"status":200,"id":12345678901234567890}', accepted('12345678901234567890')],
    ['{"status":200,"data":{"smsID":88001}}', accepted('88001')],
    ['{"status":200,"data":{"id":"88001"}}', accepted('88001')],
    ['{"status":200,"data":88001}', accepted('88001')],
    ['{"status":200,"data":[88001]}', accepted('88001')],
    ['{"status":200,"data":[{"smsID":88001}]}', accepted('88001')],
    ['{"status":200,"smsID":[88001]}', accepted('88001')],
    ['{"status":200,"smsID":null,"id":"","data":{}}', accepted(null)],
    ['{"status":200,"data":"پیام ارسال شد 48213"}', accepted(null)],
    ['{"status":200,"id":"done","data":{"id":88001}}', accepted('88001')],
    ['{"status":"200"}', accepted(null)],
    ['{"status":"200","smsID":"88001"}', accepted('88001')],
    ['{"status":100}', failed],
    ['{"status":"100"}', failed],
    ['{"status":401}', refused],
    ['{"status":"401"}', refused],
    ['{"status":999}', badBody],
    ['{"status":true}', badBody],
    ['{"status":[200]}', badBody],
    ['{"status":null}', badBody],
    ['{"Status":200}', badBody],
    ['{}', badBody],
    ['[{"status":200}]', badBody],
    ['200', badBody],
    ['null', badBody],
    ['<html><body>Welcome</body></html>', badBody],
    ['{"status":200', badBody],
    ['', badBody],
  ])('%s', async (body, outcome) => {
    expect(await answering(body).send(message('1', '48213'))).toEqual(outcome);
  });

  test.each([
    [401, '{"status":401}', { ...refused, httpStatus: 401 }],
    [400, '{"status":100}', { ...failed, httpStatus: 400 }],
    [404, '{"status":200}', { ...badBody, httpStatus: 404 }],
    [302, '', { ...badBody, httpStatus: 302 }],
    [408, '', { outcome: 'unknown', reason: 'timeout', httpStatus: 408 }],
    [500, '{"status":200}', { outcome: 'unknown', reason: 'http-5xx', httpStatus: 500 }],
    [503, '', { outcome: 'unknown', reason: 'http-5xx', httpStatus: 503 }],
  ])('with the HTTP status %i and %s', async (status, body, outcome) => {
    expect(await answering(body, status).send(message('1', '48213'))).toEqual(outcome);
  });

  test('is read where the names in the options say', async () => {
    const body = { code: 200, result: { number: 88_001 }, status: 100 };
    const provider = answering(body, 200, { status: 'code', ids: ['result.number'] });
    expect(await provider.send(message('1', '48213'))).toEqual(accepted('88001'));
  });

  test.each([
    ['{"status":200,"credit":1250}', { amount: '1250', unit: 'credit' }],
    ['{"status":200,"Credit":"1250.5"}', { amount: '1250.5', unit: 'credit' }],
    ['{"status":200,"data":{"credit":0}}', { amount: '0', unit: 'credit' }],
    ['{"status":200,"data":1250}', { amount: '1250', unit: 'credit' }],
    ['{"status":200,"data":"plenty"}', null],
    ['{"status":200}', null],
    ['{"status":401,"credit":1250}', null],
    ['<html>', null],
  ])('about the credit: %s', async (body, credit) => {
    expect(await answering(body).credit()).toEqual(credit);
  });

  test('about a message is unknown as long as nobody has named the states', async () => {
    const provider = answering('{"status":200,"data":{"state":3}}');
    expect(provider.capabilities.status).toBe(false);
    expect(await provider.status(['88001'])).toEqual([
      { providerMessageId: '88001', state: 'unknown', providerCode: '3' },
    ]);
  });

  test.each([
    ['{"status":200,"data":{"state":3}}', 'delivered', '3'],
    ['{"status":200,"state":"3"}', 'delivered', '3'],
    ['{"status":200,"data":4}', 'unknown', '4'],
    ['{"status":200}', 'unknown', null],
    ['{"status":200,"data":"کد ورود: 48213"}', 'unknown', null],
    ['{"status":200,"data":"constructor"}', 'unknown', 'constructor'],
  ])('about a message: %s', async (body, state, providerCode) => {
    const provider = answering(body, 200, { stateNames: { 3: 'delivered' } });
    expect(provider.capabilities.status).toBe(true);
    expect(await provider.status(['88001'])).toEqual([
      { providerMessageId: '88001', state, providerCode },
    ]);
  });

  test.each(['{"status":100}', '<html>', ''])(
    'about a message that says nothing: %s',
    async (body) => {
      expect(await answering(body).status(['88001'])).toBeNull();
    },
  );

  test('of any kind never throws, and is success in one form only', async () => {
    const codes = fc.constantFrom<unknown>(200, '200', 100, 401, 0, 201, true, null, '', 'ok');
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ status: codes, smsID: fc.jsonValue(), data: fc.jsonValue() })
        .map((one) => JSON.stringify(one)),
    );
    const status = fc.constantFrom(200, 200, 200, 201, 302, 400, 401, 404, 408, 429, 500, 502, 503);
    await fc.assert(
      fc.asyncProperty(status, body, async (httpStatus, text) => {
        const provider = answering(text, httpStatus);
        const { outcome } = await provider.send(message('1', '48213'));
        await provider.credit();
        await provider.status(['88001']);
        const code = field(readJson(text), 'status');
        const isSuccess = httpStatus < 300 && (code === 200 || code === '200');
        expect(outcome === 'accepted' && !isSuccess).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('with the fake', () => {
  let fake: FakeParsianWebCo;

  async function started(options: FakeParsianWebCoOptions = {}): Promise<FakeParsianWebCo> {
    return new FakeParsianWebCo({ templates, credit: 10, ...options }).start();
  }

  function create(options: Partial<ParsianWebCoOptions> = {}) {
    return createParsianWebCo({ token, url: fake.url, timeouts, ...options });
  }

  beforeEach(async () => {
    fake = await started();
  });

  afterEach(async () => {
    await fake.stop();
  });

  test('sends one value', async () => {
    expect(await create().send(message('1', '48213'))).toEqual({
      outcome: 'accepted',
      providerMessageId: '88001',
    });
    const [request] = fake.requests;
    expect(lineOf(request)).toBe('POST /webservice-send-sms/send');
    expect(request?.headers['content-type']).toBe(
      'application/x-www-form-urlencoded; charset=UTF-8',
    );
    expect(request?.body).toBe(
      'token=test-token-0001.12345678&TemplateID=1&MessageVars=48213&Receiver=09121110001&delay=1',
    );
  });

  test('sends two values', async () => {
    await create().send(message('2', 'سارا', '48213'));
    expect(fake.requests[0]?.body).toBe(
      'token=test-token-0001.12345678&TemplateID=2&MessageVars=%D8%B3%D8%A7%D8%B1%D8%A7%2C48213&Receiver=09121110001&delay=1',
    );
    expect(fake.log[0]).toMatchObject({ template: '2', values: ['سارا', '48213'] });
  });

  test('writes a comma in a value as an Arabic one', async () => {
    await create().send(message('2', 'سارا, علی', '48213'));
    expect(fake.log[0]?.values).toEqual(['سارا، علی', '48213']);
  });

  test('sends under the names in the options', async () => {
    const fields = {
      token: 'key',
      template: 'Template',
      values: 'Vars',
      receiver: 'To',
      delay: 'Delay',
      messageId: 'id',
    };
    await create({ fields }).send(message('1', '48213'));
    await create({ fields }).status(['88001']);
    expect(fake.requests.map(({ body }) => body)).toEqual([
      'key=test-token-0001.12345678&Template=1&Vars=48213&To=09121110001&Delay=1',
      'key=test-token-0001.12345678&id=88001',
    ]);
  });

  test('sends no text', async () => {
    const outcome = await create().send({ kind: 'text', to, ref: '70000001', text: 'سلام' });
    expect(outcome).toMatchObject({ outcome: 'rejected', scope: 'message', error: 'unsupported' });
    expect(fake.requests).toEqual([]);
  });

  test.each([
    ['login', ['48213'], 'account', 'template-missing'],
    ['', ['48213'], 'account', 'template-missing'],
    ['2', ['سارا', ''], 'message', 'template-args'],
  ])('asks nothing for the template %j with %j', async (template, values, scope, error) => {
    expect(await create().send(message(template, ...values))).toMatchObject({ scope, error });
    expect(fake.requests).toEqual([]);
  });

  test.each([
    ['an unknown template', message('9', '48213')],
    ['too many values', message('1', 'سارا', '48213')],
    ['too few values', message('2', '48213')],
    ['a number that cannot be', { ...message('1', '48213'), to: '+982112345678' }],
  ])('is refused without a reason for %s', async (_, wrong) => {
    expect(await create().send(wrong)).toEqual({
      outcome: 'rejected',
      scope: 'provider',
      error: 'unexpected',
      providerCode: '100',
      httpStatus: 200,
    });
    expect(fake.log).toEqual([]);
  });

  test.each([
    [refusedKeys.bad, 'auth'],
    ['', 'auth'],
    [refusedKeys.noCredit, 'unexpected'],
    [refusedKeys.ip, 'unexpected'],
    [refusedKeys.disabled, 'unexpected'],
  ])('with the token %j: %s', async (key, error) => {
    expect(await create({ token: key }).send(message('1', '48213'))).toMatchObject({ error });
  });

  test('sends nothing without credit', async () => {
    fake.credit = 0;
    expect(await create().send(message('1', '48213'))).toMatchObject({ error: 'unexpected' });
    expect(fake.log).toEqual([]);
  });

  test('tells the credit, one less for each message', async () => {
    await create().send(message('1', '48213'));
    expect(await create().credit()).toEqual({ amount: '9', unit: 'credit' });
    expect(fake.requests.at(-1)).toMatchObject({
      path: '/webservice-get-credit/get',
      body: 'token=test-token-0001.12345678',
    });
  });

  test('tells where a message is', async () => {
    const provider = create({ fields: { stateNames: parsianWebCoStates } });
    await provider.send(message('1', '48213'));
    await provider.send({ ...message('1', '48213'), to: '+989121110003' });
    const stateOf = async () =>
      (await provider.status(['88001', '88002']))?.map(({ state }) => state);
    expect(await stateOf()).toEqual(['queued', 'queued']);
    fake.clock.advance(2_000);
    expect(await stateOf()).toEqual(['sent-to-carrier', 'blacklisted']);
    fake.clock.advance(300_000);
    expect(await stateOf()).toEqual(['delivered', 'blacklisted']);
    expect(fake.requests.at(-1)).toMatchObject({
      path: '/webservice-check-sms/get',
      body: 'token=test-token-0001.12345678&smsID=88002',
    });
    expect(await provider.status(['1'])).toBeNull();
  });

  test('has no id where the fake gives none', async () => {
    await fake.stop();
    fake = await started({ givesIds: false });
    expect(await create().send(message('1', '48213'))).toEqual({
      outcome: 'accepted',
      providerMessageId: null,
    });
  });

  test.each(['html', 'text'] as const)('does not know after an answer in %s', async (answers) => {
    fake.answers = answers;
    expect(await create().send(message('1', '48213'))).toEqual({
      outcome: 'unknown',
      reason: 'bad-body',
      httpStatus: 200,
    });
    expect(fake.log).toHaveLength(1);
    expect(await create().credit()).toBeNull();
  });

  test('finds nothing again, and receives nothing', async () => {
    const lost = { message: message('1', '48213'), triedAt: new Date() };
    expect(await create().find(lost)).toEqual({ found: 'unknown' });
    expect(await create().receive('10008000')).toBeNull();
    expect(fake.requests).toEqual([]);
  });

  test('does not know after an answer that does not come', async () => {
    const late = { ...message('1', '48213'), to: `+98912111${faultyRecipients.lateButStored}` };
    const provider = create({ timeouts: { connectMs: 100, totalMs: 100 } });
    expect(await provider.send(late)).toEqual({ outcome: 'unknown', reason: 'timeout' });
    expect(fake.log).toHaveLength(1);
  });

  test('knows that nothing was sent when nobody listens', async () => {
    await fake.stop();
    expect(await create().send(message('1', '48213'))).toMatchObject({
      outcome: 'rejected',
      scope: 'provider',
      error: 'busy',
    });
    expect(await create().credit()).toBeNull();
    fake = await started();
  });

  test.each([
    ['GET', '/webservice-send-sms/send'],
    ['POST', '/send'],
  ])('the fake has no %s %s', async (method, path) => {
    const answer = await fetch(`${fake.url}${path}`, {
      method,
      ...(method === 'POST' ? { body: new URLSearchParams({ token }) } : {}),
    });
    expect(answer.status).toBe(404);
  });
});
