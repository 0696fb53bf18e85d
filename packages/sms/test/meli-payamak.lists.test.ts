import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProviderMessage } from '../src/provider.ts';
import {
  failed,
  from,
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

const entry = {
  MsgID: 880_001,
  Sender: '9121110001',
  Receiver: from,
  Body: 'سلام',
  SendDate: '2026-01-01T12:00:00.25',
};
const listed = (entries: unknown): string =>
  JSON.stringify({ MyBase: { Value: 'Ok', RetStatus: 1, StrRetStatus: 'Ok' }, Data: entries });

test.each<[unknown, string | null]>([
  ['2026-01-01T12:00:00.25', '2026-01-01T08:30:00.250Z'],
  ['2026-01-01T12:00:00', '2026-01-01T08:30:00.000Z'],
  ['2026-01-01T08:30:00Z', '2026-01-01T08:30:00.000Z'],
  ['2026-01-01T12:00:00.1234567+03:30', '2026-01-01T08:30:00.123Z'],
  ['/Date(1767256200000+0330)/', '2026-01-01T08:30:00.000Z'],
  ['/Date(1767256200000)/', '2026-01-01T08:30:00.000Z'],
  ['1404/10/11 12:00', null],
  ['2026-13-41T99:99:99', null],
  ['0001-01-01T00:00:00', null],
  [null, null],
  [12, null],
])('an answer with a text of %s', async (written, instant) => {
  const [got] =
    (await answering.rest(listed([{ ...entry, SendDate: written }])).receive(from)) ?? [];
  expect(got).toEqual({
    providerMessageId: '880001',
    from: '+989121110001',
    line: from,
    text: 'سلام',
    receivedAt: instant === null ? null : new Date(instant),
  });
});

test('an answer with texts that lack things', async () => {
  expect(await answering.rest(listed([{}, null, 'x'])).receive(from)).toEqual(
    Array.from({ length: 3 }, () => ({
      providerMessageId: null,
      from: '',
      line: from,
      text: '',
      receivedAt: null,
    })),
  );
  expect(await answering.rest(listed([])).receive(from)).toEqual([]);
  expect(await answering.rest(listed(null)).receive(from)).toBeNull();
  expect(await answering.rest(failed('0')).receive(from)).toBeNull();
  expect(await answering.rest('{"MyBase":{"RetStatus":35},"Data":[]}').receive(from)).toBeNull();
});

const triedAt = new Date('2026-01-01T08:30:00Z');
const sent = { ...entry, MsgID: '5243690000000000009', Receiver: '09121110001' };
const ours = { ...sent, Body: 'سلام دنیا' };
const another = { ...ours, Receiver: '09121110002' };
const hundred = Array.from({ length: 100 }, () => another);
const yes = { found: 'yes', providerMessageId: '5243690000000000009' };
const unknown = { found: 'unknown' };
const absent = { found: 'absent' };
test.each<[string, ProviderMessage, unknown[], unknown]>([
  ['this text', text, [another, ours], yes],
  ['a number in another form', text, [{ ...ours, Receiver: 989_121_110_001 }], yes],
  ['the values', template, [{ ...sent, Body: 'سارا، کد: 48213' }], yes],
  ['some of the values', template, [{ ...sent, Body: 'علی، کد: 48213' }], unknown],
  ['another text', text, [sent], unknown],
  ['no id', text, [{ ...ours, MsgID: null }], unknown],
  ['no time', text, [{ ...ours, SendDate: null }], unknown],
  ['the time of another zone', text, [{ ...ours, SendDate: '2026-01-01T08:30:00' }], unknown],
  ['yesterday', text, [{ ...ours, SendDate: '2025-12-31T12:00:00' }], absent],
  ['other numbers', text, [another], absent],
  ['nothing', template, [], absent],
  ['more than the list shows', text, hundred, unknown],
  ['much', text, [...hundred, { ...ours, SendDate: '2025-12-31T12:00:00' }], absent],
])('an answer to the search for a lost message, with %s', async (_, message, entries, outcome) => {
  expect(await answering.rest(listed(entries)).find({ message, triedAt })).toEqual(outcome);
});

test('an answer to the search that is none', async () => {
  expect(await answering.rest(failed('0')).find({ message: text, triedAt })).toEqual(unknown);
  expect(await answering.viaConsole('{}').find({ message: text, triedAt })).toEqual(unknown);
  expect(await answering.viaConsole('{}').receive(from)).toBeNull();
});
