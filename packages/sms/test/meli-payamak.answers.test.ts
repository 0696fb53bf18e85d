import { afterAll, beforeAll, expect, test } from 'vitest';
import fc from 'fast-check';
import type { ProviderMessage } from '../src/provider.ts';
import {
  accepted,
  badBody,
  failed,
  from,
  refused,
  template,
  text,
  startAnswering,
  type Answering,
} from './meli-payamak.answering.ts';

let answering: Answering;

beforeAll(async () => {
  answering = await startAnswering();
});

afterAll(() => answering[Symbol.asyncDispose]());

test.each<[string, ProviderMessage, string, unknown]>([
  [
    'an id',
    text,
    '{"Value":"5243690000000000001","RetStatus":1,"StrRetStatus":"Ok"}',
    accepted('5243690000000000001'),
  ],
  [
    'an id as a number',
    text,
    '{"Value":5243690000000000001,"RetStatus":"1","StrRetStatus":"Ok"}',
    accepted('5243690000000000001'),
  ],
  [
    'an id of 16 digits',
    template,
    '{"Value":"5243690000000001","RetStatus":1}',
    accepted('5243690000000001'),
  ],
  [
    'an id in XML',
    text,
    '<string xmlns="http://tempuri.org/">5243690000000000002</string>',
    accepted('5243690000000000002'),
  ],
  [
    'an id in a whole XML document',
    template,
    '<?xml version="1.0" encoding="utf-8"?>\r\n<string xmlns="http://tempuri.org/"> 5243690000000000002 </string>\r\n',
    accepted('5243690000000000002'),
  ],
  ['credentials', text, failed('0'), refused('account auth', '0')],
  ['credit', text, failed('2'), refused('account no-credit', '2')],
  [
    'the line',
    text,
    '{"Value":"5","RetStatus":9,"StrRetStatus":"InvalidNumber"}',
    refused('account bad-sender', '5'),
  ],
  ['the template', template, failed('-4'), refused('account template-missing', '-4')],
  ['the values, by a number', template, failed(-5), refused('account template-args', '-5')],
  ['too many, which is not credit', template, failed('-2'), refused('message batch-too-big', '-2')],
  ['the password', text, failed('-110'), refused('account auth', '-110')],
  ['the blacklist', text, failed('35'), refused('recipient blacklisted', '35')],
  ['the blacklist by "not sent"', text, failed('11'), refused('recipient blacklisted', '11')],
  ['the blacklist by nothing', text, failed(''), refused('recipient blacklisted', null)],
  ['the blacklist by null', template, failed(null), refused('recipient blacklisted', null)],
  [
    '"not sent" of another kind',
    text,
    '{"Value":"11","RetStatus":9}',
    refused('account unexpected', '11'),
  ],
  ['an update', text, failed('6'), refused('provider busy', '6')],
  ['an unknown code', text, failed('100'), refused('account unexpected', '100')],
  ['an unknown code, signed', text, failed('-4'), refused('account unexpected', '-4')],
  ['a turned sign', template, failed('4000'), refused('account unexpected', '4000')],
  ['a status of zero', text, '{"Value":"2","RetStatus":0}', refused('account no-credit', '2')],
  [
    'a known code in XML',
    template,
    '<string>-4</string>',
    refused('account template-missing', '-4'),
  ],
  ['an unknown code in XML', text, '<string>100</string>', badBody],
  ['"done" without an id', text, '{"Value":"1","RetStatus":1,"StrRetStatus":"Ok"}', badBody],
  ['"done" that failed', text, failed('1'), badBody],
  ['an id that failed', text, failed('5243690000000000001'), badBody],
  ['words', text, failed('InvalidData'), badBody],
  ['an object', text, failed({}), badBody],
  ['no value', text, '{"RetStatus":35,"StrRetStatus":"InvalidData"}', badBody],
  ['no status', text, '{"Value":"5243690000000000001"}', badBody],
  ['nothing', text, '', badBody],
  ['a page', text, '<html><body>Welcome</body></html>', badBody],
  ['half an answer', text, '{"Value":"5243690000000000001","RetS', badBody],
  ['a list', text, '[{"Value":"5243690000000000001","RetStatus":1}]', badBody],
])('an answer of REST with %s', async (_, message, body, outcome) => {
  expect(await answering.rest(body).send(message)).toEqual(outcome);
});

const net = '{"Message":"An error has occurred.","ExceptionType":"System.NullReferenceException"}';
test.each([
  [500, net, { outcome: 'unknown', reason: 'http-5xx', httpStatus: 500 }],
  [500, '{"Message":"An unexpected error occured"}', { reason: 'http-5xx' }],
  [500, '{"Value":"0","RetStatus":35}', { reason: 'http-5xx' }],
  [503, '', { outcome: 'unknown', reason: 'http-5xx', httpStatus: 503 }],
  [408, '', { outcome: 'unknown', reason: 'timeout', httpStatus: 408 }],
  [404, '', { outcome: 'unknown', reason: 'bad-body', httpStatus: 404 }],
  [302, '{"Value":"5243690000000000001","RetStatus":1}', { reason: 'bad-body' }],
  [403, '{"Value":"-111","RetStatus":35}', { error: 'ip-not-allowed', httpStatus: 403 }],
])('an answer of REST with the status %i and %s', async (status, body, outcome) => {
  expect(await answering.rest(body, status).send(text)).toMatchObject(outcome);
  expect(await answering.rest(body, status).credit()).toBeNull();
  expect(await answering.rest(body, status).status(['5243690000000000001'])).toBeNull();
});

const triedAt = new Date('2026-01-01T08:30:00Z');

test('an answer with an id keeps every digit of it', async () => {
  const ids = fc.bigInt({ min: 10n ** 15n, max: 10n ** 19n - 1n });
  await fc.assert(
    fc.asyncProperty(ids, async (id) => {
      const outcome = accepted(String(id));
      for (const body of [`{"Value":"${id}","RetStatus":1}`, `{"Value":${id},"RetStatus":1}`]) {
        expect(await answering.rest(body).send(text)).toEqual(outcome);
      }
      expect(await answering.rest(`<string>${id}</string>`).send(text)).toEqual(outcome);
      expect(await answering.viaConsole(`{"recId":${id}}`).send(text)).toEqual(outcome);
    }),
    { numRuns: 20 },
  );
});

test('an answer of any kind neither throws nor counts as success', async () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.jsonValue());
  const body = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.record({ Value: value, RetStatus: value }).map((one) => JSON.stringify(one)),
    fc.record({ recId: value, status: value }).map((one) => JSON.stringify(one)),
    fc.record({ MyBase: value, Data: value }).map((one) => JSON.stringify(one)),
  );
  const isId = /"Value":"?\d{15,19}"?|>\s*\d{15,19}\s*</;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 200, max: 599 }), body, async (status, written) => {
      const provider = answering.rest(written, status);
      const other = answering.viaConsole(written, status);
      const outcomes = await Promise.all([provider.send(text), provider.send(template)]);
      const fromConsole = await other.send(text);
      await Promise.all([
        provider.status(['5243690000000000001']),
        provider.credit(),
        provider.receive(from),
        provider.find({ message: text, triedAt }),
        other.status(['1']),
        other.credit(),
      ]);
      const isOk = status <= 299;
      for (const { outcome } of outcomes) {
        expect(outcome === 'accepted' && !(isOk && isId.test(written))).toBe(false);
      }
      const isTaken = fromConsole.outcome === 'accepted';
      expect(isTaken && !(isOk && /"recId":"?[1-9]/.test(written))).toBe(false);
      expect(JSON.stringify([outcomes, fromConsole])).not.toMatch(/00000000-|console-token|سلام/);
    }),
    { numRuns: 60 },
  );
});
