import { describe, expect, test } from 'vitest';
import { exchange } from '../src/http.ts';
import { createKavenegar } from '../src/providers/kavenegar.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { FakeKavenegar, type FakeKavenegarOptions } from '../src/testing/fake-kavenegar.ts';
import { apiKey, timeouts } from './kavenegar.messages.ts';

interface Answer {
  status: number;
  code: number;
  entries: unknown;
}

const templates = [
  { name: 'login-otp', variables: ['token'] },
  { name: 'order', variables: ['token', 'token10', 'token20'] },
  { name: 'no-token', variables: ['token2'] },
];

async function open(options: FakeKavenegarOptions = {}) {
  const clock = new FakeClock();
  const fake = await new FakeKavenegar({ clock, templates, tags: ['sale'], ...options }).start();
  /** Asks as a careless client would. */
  const ask = async (
    method: string,
    fields: Record<string, string>,
    verb: 'GET' | 'POST' | 'DELETE' = 'POST',
  ): Promise<Answer> => {
    const url = `${fake.url}/v1/${apiKey}/${method}.json`;
    const form = new URLSearchParams(fields).toString();
    // Not by fetch, for which 407 is no answer.
    const answer = await exchange(
      verb === 'POST'
        ? { method: verb, url, form: fields }
        : { method: verb, url: `${url}?${form}` },
      timeouts,
    );
    if ('failed' in answer) {
      throw new Error(answer.failed);
    }
    const body = JSON.parse(answer.body) as { return: { status: number }; entries: unknown };
    return { status: answer.status, code: body.return.status, entries: body.entries };
  };
  return { fake, clock, ask, [Symbol.asyncDispose]: () => fake.stop() };
}

const sms = { receptor: '09121110001', message: 'سلام' };
const lookup = { receptor: '09121110001', template: 'login-otp', token: '48213' };
const array = {
  receptor: '["09121110001","09351110002"]',
  sender: '["10008000","10008000"]',
  message: '["یک","دو"]',
};
const many = (count: number): string =>
  Array.from({ length: count }, (_, index) => `0912111${String(1_000 + index)}`).join(',');
const ids = (count: number): string =>
  Array.from({ length: count }, (_, index) => String(index + 1)).join(',');
const soon = String(Math.floor(Date.now() / 1_000) + 3_600);

describe('the fake refuses', () => {
  test.each<[string, string, Record<string, string>, number]>([
    ['an unknown method', 'sms/sendall', sms, 404],
    ['no receptor', 'sms/send', { message: 'x' }, 400],
    ['no text', 'sms/send', { receptor: '09121110001' }, 400],
    ['an empty receptor', 'sms/send', { ...sms, receptor: '' }, 406],
    ['201 receptors', 'sms/send', { ...sms, receptor: many(201) }, 414],
    ['a number that is too short', 'sms/send', { ...sms, receptor: '0912' }, 411],
    ['the form 989…', 'sms/send', { ...sms, receptor: '989121110001' }, 411],
    ['one bad number of two', 'sms/send', { ...sms, receptor: '09121110001,02112345678' }, 411],
    ['an empty text', 'sms/send', { ...sms, message: '' }, 413],
    ['901 characters', 'sms/send', { ...sms, message: 'x'.repeat(901) }, 413],
    ['a foreign line', 'sms/send', { ...sms, sender: '10009000' }, 412],
    ['a time that has passed', 'sms/send', { ...sms, date: '1767225600' }, 417],
    ['a time that is none', 'sms/send', { ...sms, date: 'tomorrow' }, 417],
    ['too few numbers of ours', 'sms/send', { ...sms, receptor: many(2), localid: '1' }, 419],
    ['a number of ours that is none', 'sms/send', { ...sms, localid: 'b7e2' }, 400],
    ['a display that is none', 'sms/send', { ...sms, type: '4' }, 400],
    ['a tag that is not there', 'sms/send', { ...sms, tag: 'none' }, 607],
    ['a tag with a space', 'sms/send', { ...sms, tag: 'a b' }, 607],
    ['lists of other lengths', 'sms/sendarray', { ...array, sender: '["10008000"]' }, 419],
    ['too few of our numbers', 'sms/sendarray', { ...array, localmessageids: '[1]' }, 419],
    ['lists that are none', 'sms/sendarray', { ...array, message: '["یک"' }, 400],
    ['repeated fields', 'sms/sendarray', { receptor: '09121110001', message: 'x' }, 400],
    [
      'a text beyond 900',
      'sms/sendarray',
      { ...array, message: `["x","${'x'.repeat(901)}"]` },
      413,
    ],
    ['a bad number in a list', 'sms/sendarray', { ...array, receptor: '["0912","0913"]' }, 411],
    ['a foreign line in a list', 'sms/sendarray', { ...array, sender: '["1","10008000"]' }, 412],
    ['no token', 'verify/lookup', { receptor: '09121110001', template: 'login-otp' }, 400],
    ['two receptors', 'verify/lookup', { ...lookup, receptor: many(2) }, 411],
    ['a token with a space', 'verify/lookup', { ...lookup, token: 'ab cd' }, 431],
    ['a token with an underscore', 'verify/lookup', { ...lookup, token: 'ab_cd' }, 431],
    ['a token of two lines', 'verify/lookup', { ...lookup, token: 'ab\ncd' }, 431],
    ['a token of 101', 'verify/lookup', { ...lookup, token: 'x'.repeat(101) }, 431],
    ['6 spaces in token10', 'verify/lookup', { ...lookup, token10: 'a b c d e f g' }, 431],
    ['9 spaces in token20', 'verify/lookup', { ...lookup, token20: 'a b c d e f g h i j' }, 431],
    ['an unknown template', 'verify/lookup', { ...lookup, template: 'nope' }, 424],
    ['a template without token', 'verify/lookup', { ...lookup, template: 'no-token' }, 432],
    ['a variable without a value', 'verify/lookup', { ...lookup, template: 'order' }, 400],
    ['a call with letters', 'verify/lookup', { ...lookup, token: 'abc', type: 'call' }, 428],
    ['a type that is none', 'verify/lookup', { ...lookup, type: 'fax' }, 400],
    ['no ids', 'sms/status', {}, 400],
    ['501 ids', 'sms/status', { messageid: ids(501) }, 414],
    ['501 numbers of ours', 'sms/statuslocalmessageid', { localid: ids(501) }, 414],
    ['201 ids to cancel', 'sms/cancel', { messageid: ids(201) }, 414],
    ['whole messages', 'sms/select', { messageid: '1' }, 407],
    ['the outbox', 'sms/latestoutbox', {}, 407],
    ['no start', 'sms/statusbyreceptor', { receptor: '09121110001' }, 400],
    ['nobody', 'sms/statusbyreceptor', { startdate: soon }, 400],
    ['a wrong number', 'sms/statusbyreceptor', { receptor: '1', startdate: soon }, 411],
    [
      'more than a day',
      'sms/statusbyreceptor',
      { receptor: '09121110001', startdate: '0', enddate: '86401' },
      417,
    ],
    ['what is too old', 'sms/countoutbox', { startdate: '1000000000' }, 417],
    ['no line', 'sms/receive', { isread: '0' }, 400],
    ['neither read nor new', 'sms/receive', { linenumber: '10008000', isread: '2' }, 400],
  ])('%s', async (_, method, fields, code) => {
    await using it = await open();
    const answer = await it.ask(method, fields);
    expect(answer).toEqual({ status: code === 607 ? 400 : code, code, entries: null });
    expect(it.fake.log).toHaveLength(0);
    expect(it.fake.credit).toBe(1_500_000);
  });

  test('GET for sendarray, and what is neither GET nor POST', async () => {
    await using it = await open();
    expect(await it.ask('sms/sendarray', array, 'GET')).toMatchObject({ status: 405, code: 405 });
    expect(await it.ask('sms/send', sms, 'DELETE')).toMatchObject({ status: 405, code: 405 });
    expect(await it.ask('sms/send', sms, 'GET')).toMatchObject({ status: 200, code: 200 });
  });

  test('what costs more than there is, as a whole', async () => {
    await using it = await open({ credit: 3 * 1_450 - 1 });
    const three = { message: 'x', receptor: many(3) };
    expect(await it.ask('sms/send', three)).toMatchObject({ status: 418, code: 418 });
    expect(it.fake.log).toHaveLength(0);
    expect(await it.ask('sms/send', { ...three, receptor: many(2) })).toMatchObject({ code: 200 });
  });
});

describe('the fake takes', () => {
  test.each(['09121110001', '00989121110001', '+989121110001', '9121110001'])(
    'the number %s',
    async (receptor) => {
      await using it = await open();
      const answer = await it.ask('sms/send', { ...sms, receptor });
      expect(answer).toMatchObject({ code: 200, entries: [{ receptor: '09121110001' }] });
    },
  );

  test.each(['10008000', '+9810008000', '009810008000'])('the line %s', async (sender) => {
    await using it = await open();
    expect(await it.ask('sms/send', { ...sms, sender })).toMatchObject({ code: 200 });
  });

  test('200 receptors, 900 characters and values at their limits', async () => {
    await using it = await open();
    const message = 'x'.repeat(900);
    expect(await it.ask('sms/send', { ...sms, message })).toMatchObject({ code: 200 });
    expect(await it.ask('sms/send', { message: 'x', receptor: many(200) })).toMatchObject({
      code: 200,
    });
    const values = { token: 'x'.repeat(100), token10: 'a b c d e f', token20: 'a b c d e f g h i' };
    const order = { receptor: '09121110001', template: 'order', ...values };
    expect(await it.ask('verify/lookup', order)).toMatchObject({ code: 200 });
  });

  test('parameters of the form before those of the query', async () => {
    await using it = await open();
    const url = `${it.fake.url}/v1/${apiKey}/sms/send.json?message=query&receptor=09121110001`;
    await fetch(url, { method: 'POST', body: new URLSearchParams({ message: 'form' }) });
    expect(it.fake.log).toMatchObject([{ to: '09121110001', text: 'form' }]);
  });

  test.each(['[5,6]', '5,6'])('numbers of ours of an array written %s', async (localmessageids) => {
    await using it = await open();
    await it.ask('sms/sendarray', { ...array, localmessageids });
    expect(it.fake.log.map(({ ref }) => ref)).toEqual(['5', '6']);
  });
});

describe('the fake counts', () => {
  test('parts by their price, and pays back what was not delivered', async () => {
    await using it = await open({ price: 100, lookupPrice: 150, credit: 10_000 });
    await it.ask('sms/send', { receptor: '09121110001', message: 'س'.repeat(71), localid: '1' });
    expect(it.fake.credit).toBe(9_800);
    await it.ask('sms/send', { receptor: '09121110001', message: 'س'.repeat(71), localid: '1' });
    expect(it.fake.credit).toBe(9_800);
    await it.ask('verify/lookup', lookup);
    expect(it.fake.credit).toBe(9_650);
    await it.ask('sms/send', { receptor: '09121110003', message: 'x' });
    await it.ask('sms/send', { receptor: '09121110002', message: 'x', date: soon });
    expect(it.fake.credit).toBe(9_450);
    it.clock.advance(2_000);
    await it.ask('sms/cancel', { messageid: '912345674' });
    const info = await it.ask('account/info', {});
    expect(info.entries).toEqual({
      remaincredit: 9_650,
      expiredate: 1_798_761_600,
      type: 'master',
    });
    expect(it.fake.credit).toBe(9_650);
  });

  test('hours: 48 by id, 12 by our number', async () => {
    await using it = await open();
    await it.ask('sms/send', { ...sms, localid: '5' });
    const states = async (): Promise<unknown[]> => {
      const answers = await Promise.all([
        it.ask('sms/status', { messageid: '912345671' }, 'GET'),
        it.ask('sms/statuslocalmessageid', { localid: '5' }, 'GET'),
      ]);
      return answers.flatMap(({ entries }) => entries);
    };
    const delivered = { messageid: 912_345_671, status: 10, statustext: 'رسیده به گیرنده' };
    const gone = { status: 100, statustext: 'شناسه نامعتبر' };
    it.clock.advance(11 * 3_600_000);
    expect(await states()).toEqual([delivered, { ...delivered, localid: '5' }]);
    it.clock.advance(2 * 3_600_000);
    expect(await states()).toEqual([delivered, { ...gone, messageid: 0, localid: '5' }]);
    it.clock.advance(36 * 3_600_000);
    expect(await states()).toMatchObject([{ ...gone, messageid: 912_345_671 }, gone]);
  });

  test('entries as an object where it is told to, and a time without a key', async () => {
    await using it = await open({ entries: 'object' });
    expect((await it.ask('verify/lookup', lookup)).entries).toMatchObject({
      messageid: 912_345_671,
      message: 'login-otp: 48213',
      sender: '10008000',
      receptor: '09121110001',
      cost: 1_900,
    });
    const response = await fetch(`${it.fake.url}/v1/0/utils/getdate.json`);
    const seconds = Math.floor(it.clock.now().getTime() / 1_000);
    const { entries } = (await response.json()) as { entries: { unixtime: number } };
    expect(Math.abs(entries.unixtime - seconds)).toBeLessThan(60);
  });
});

test('what the fake has taken can be read by other processes', async () => {
  await using it = await open();
  const provider = createKavenegar({ apiKey, url: it.fake.url });
  await provider.send({ kind: 'text', to: '+989121110001', ref: '1', text: 'سلام' });
  const log: unknown = await (await fetch(`${it.fake.url}/__log`)).json();
  expect(log).toMatchObject([{ to: '09121110001', text: 'سلام', ref: '1' }]);
});
