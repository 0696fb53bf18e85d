import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProviderMessage } from '../src/provider.ts';
import { approved, code, kavenegarAt, text, triedAt } from './kavenegar.messages.ts';
import { Loopback } from './loopback.ts';

const server = new Loopback();
beforeAll(() => server.start());
afterAll(() => server.stop());

describe('answers to a message', () => {
  const sent =
    '{"messageid":912345671,"message":"سلام دنیا","status":1,"statustext":"در صف ارسال","sender":"10008000","receptor":"09121110001","date":1767225600,"cost":1450}';
  const looked =
    '{"messageid":912345680,"message":"کد ورود: 48213","status":5,"statustext":"ارسال به مخابرات","sender":"10008000","receptor":"09121110001","date":1767225601,"cost":1900}';
  const body = (entries: string): string =>
    `{"return":{"status":200,"message":"تایید شد"},"entries":${entries}}`;
  const cost = (amount: string) => ({ cost: { amount, unit: 'IRR' } });

  test.each([
    ['an array', body(`[${sent}]`), { providerMessageId: '912345671', ...cost('1450') }],
    ['an array of one', body(`[${looked}]`), { providerMessageId: '912345680', ...cost('1900') }],
    ['a bare object', body(looked), { providerMessageId: '912345680', ...cost('1900') }],
    [
      'texts for numbers',
      body('[{"messageid":"77","cost":"120"}]').replace('200', '"200"'),
      { providerMessageId: '77', ...cost('120') },
    ],
    [
      'a mark before it',
      `\uFEFF${body(`[${sent}]`)}`,
      { providerMessageId: '912345671', ...cost('1450') },
    ],
    [
      'ids beyond 2^53',
      body('[{"messageid":9007199254740993001}]'),
      { providerMessageId: '9007199254740993001' },
    ],
    ['no id', body('[{"status":5}]'), { providerMessageId: null }],
    ['an id of zero', body('[{"messageid":0}]'), { providerMessageId: null }],
    ['no entries', '{"return":{"status":200}}', { providerMessageId: null }],
    ['entries that are null', body('null'), { providerMessageId: null }],
    ['an empty array', body('[]'), { providerMessageId: null }],
    ['an empty object', body('{}'), { providerMessageId: null }],
    [
      'more than was asked for',
      body(`[${sent},${looked}]`),
      { providerMessageId: '912345671', ...cost('1450') },
    ],
  ])('are success with %s', async (_, answer, expected) => {
    server.always(200, answer);
    expect(await kavenegarAt(server).send(code())).toEqual({ outcome: 'accepted', ...expected });
  });

  test.each([
    ['cut off', 200, '{"return":{"status":200', 'bad-body'],
    ['empty', 200, '', 'bad-body'],
    ['a page', 200, '<html><body>سلام</body></html>', 'bad-body'],
    ['a list', 200, '[]', 'bad-body'],
    ['null', 200, 'null', 'bad-body'],
    ['of another shape', 200, '{"status":200,"messageid":1}', 'bad-body'],
    ['without a code', 200, '{"return":{"status":null},"entries":[]}', 'bad-body'],
    ['with true for a code', 200, '{"return":{"status":true},"entries":[]}', 'bad-body'],
    ['with a list for a code', 200, '{"return":{"status":[200]},"entries":[]}', 'bad-body'],
    ['with a code of zero', 200, '{"return":{"status":0},"entries":[]}', 'bad-body'],
    ['with a text for entries', 200, '{"return":{"status":200},"entries":"sent"}', 'bad-body'],
    ['of a proxy that forbids', 403, '<html>Forbidden</html>', 'bad-body'],
    ['of a redirect', 302, '', 'bad-body'],
    ['of a proxy that waited', 408, '', 'timeout'],
    ['of a broken server', 500, '<html>Server Error</html>', 'http-5xx'],
    ['of a proxy without its server', 502, '<html>Bad Gateway</html>', 'http-5xx'],
    ['of a server that is mended', 503, '', 'http-5xx'],
    ['of a gateway that waited', 504, '', 'http-5xx'],
    [
      'of a breakdown in its own words',
      500,
      '{"return":{"status":500},"entries":null}',
      'http-5xx',
    ],
  ])('say nothing when %s', async (_, status, answer, reason) => {
    server.always(status, answer);
    expect(await kavenegarAt(server).send(text)).toEqual({
      outcome: 'unknown',
      reason,
      httpStatus: status,
    });
  });

  test('are success for nothing but success', async () => {
    const status = fc.oneof(fc.constant(200), fc.integer({ min: 200, max: 599 }));
    const envelope = fc.record({
      return: fc.oneof(fc.record({ status: fc.jsonValue(), message: fc.string() }), fc.jsonValue()),
      entries: fc.jsonValue(),
    });
    const answer = fc.oneof(
      fc.string(),
      fc.json(),
      envelope.map((one) => JSON.stringify(one)),
    );
    await fc.assert(
      fc.asyncProperty(status, answer, fc.boolean(), async (httpStatus, body_, isText) => {
        server.always(httpStatus, body_);
        const kavenegar = kavenegarAt(server);
        const { outcome } = await kavenegar.send(isText ? text : code());
        const isSuccess = /"return":\{"status":"?200"?/.test(body_);
        expect(outcome === 'accepted' && !isSuccess).toBe(false);
        await kavenegar.status(['1']);
        await kavenegar.find({ message: text, triedAt });
        await kavenegar.credit();
        await kavenegar.receive('10008000');
      }),
      { numRuns: 150 },
    );
  });
});

describe('answers to questions', () => {
  const entries = (list: unknown): void => server.always(200, { return: approved, entries: list });

  test('tell states', async () => {
    server.always(
      200,
      '{"return":{"status":200,"message":"تایید شد"},"entries":[{"messageid":912345671,"status":10,"statustext":"رسیده به گیرنده"},{"messageid":912345672,"status":14,"statustext":"بلاک شده"},{"messageid":1,"status":100,"statustext":"شناسه نامعتبر"}]}',
    );
    expect(await kavenegarAt(server).status(['912345671', '912345672', '1'])).toEqual([
      { providerMessageId: '912345671', state: 'delivered', providerCode: '10' },
      { providerMessageId: '912345672', state: 'blacklisted', providerCode: '14' },
      { providerMessageId: '1', state: 'unknown', providerCode: '100' },
    ]);
  });

  test('tell the credit in Rial', async () => {
    server.always(
      200,
      '{"return":{"status":200,"message":"تایید شد"},"entries":{"remaincredit":1500000,"expiredate":1798761600,"type":"master"}}',
    );
    expect(await kavenegarAt(server).credit()).toEqual({ amount: '1500000', unit: 'IRR' });
    entries([{ remaincredit: '12.5' }]);
    expect(await kavenegarAt(server).credit()).toEqual({ amount: '12.5', unit: 'IRR' });
    entries({ remaincredit: 'much' });
    expect(await kavenegarAt(server).credit()).toBeNull();
    entries(null);
    expect(await kavenegarAt(server).credit()).toBeNull();
  });

  test('bring texts to our lines', async () => {
    server.always(
      200,
      '{"return":{"status":200,"message":"تایید شد"},"entries":[{"messageid":700100,"message":"لغو11","sender":"09121110001","receptor":"10008000","date":1767225700}]}',
    );
    expect(await kavenegarAt(server).receive('10008000')).toEqual([
      {
        providerMessageId: '700100',
        from: '+989121110001',
        line: '10008000',
        text: 'لغو11',
        receivedAt: new Date(1_767_225_700_000),
      },
    ]);
    entries(null);
    expect(await kavenegarAt(server).receive('10008000')).toEqual([]);
  });

  test('say where a lost message is', async () => {
    const find = (message: ProviderMessage, now = triedAt) =>
      kavenegarAt(server, now).find({ message, triedAt });
    const late = (hours: number): Date => new Date(triedAt.getTime() + hours * 3_600_000);
    server.always(
      200,
      '{"return":{"status":200,"message":"تایید شد"},"entries":[{"messageid":912345680,"receptor":"09121110001","status":5,"statustext":"ارسال به مخابرات","message":"کد: 48213"}]}',
    );
    const found = { found: 'yes', providerMessageId: '912345680' };
    expect(await find(code())).toEqual(found);
    expect(await find(code(), late(47))).toEqual(found);
    expect(await find(code(), late(48))).toEqual({ found: 'unknown' });
    expect(await find(text, late(11))).toEqual(found);
    expect(await find(text, late(12))).toEqual({ found: 'unknown' });
    for (const list of [[], [{ messageid: 0, localid: '70000001', status: 100 }]]) {
      entries(list);
      expect(await find(text)).toEqual({ found: 'absent' });
      expect(await find(code())).toEqual({ found: 'absent' });
    }
    for (const list of [null, {}, 'none', [{ status: 5 }]]) {
      entries(list);
      expect(await find(code())).toEqual({ found: 'unknown' });
    }
    server.always(409, { return: { status: 409 }, entries: null });
    expect(await find(text)).toEqual({ found: 'unknown' });
  });
});
