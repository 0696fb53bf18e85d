import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProviderMessage } from '../src/provider.ts';
import {
  createMeliPayamak,
  createMeliPayamakConsole,
  readMeliPayamakInbound,
} from '../src/providers/meli-payamak.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { FakeMeliPayamak, type FakeMeliPayamakOptions } from '../src/testing/fake-meli-payamak.ts';
import { faultyRecipients, refusedKeys } from '../src/testing/fake-provider.ts';
import {
  accepted,
  from,
  refused,
  template,
  templateOf,
  text,
  token,
  username,
  apiKey,
  timeouts,
} from './meli-payamak.answering.ts';

const refusedHere = { outcome: 'rejected', providerCode: null };

describe('the fake', () => {
  let clock: FakeClock;
  let fake: FakeMeliPayamak;

  async function start(options: FakeMeliPayamakOptions = {}): Promise<void> {
    const templates = [{ name: '123456', variables: ['1', '2'] }];
    fake = await new FakeMeliPayamak({ clock, templates, lines: [from], ...options }).start();
  }

  async function restart(options: FakeMeliPayamakOptions): Promise<void> {
    await fake.stop();
    await start(options);
  }

  beforeEach(async () => {
    clock = new FakeClock();
    await start();
  });

  afterEach(() => fake.stop());

  const rest = (more: { apiKey?: string; from?: string } = {}) =>
    createMeliPayamak({ username, apiKey, from, url: fake.url, timeouts, ...more });
  const viaConsole = (key = token) =>
    createMeliPayamakConsole({ token: key, from, url: fake.url, timeouts });
  const lastCall = () => {
    const { method, url, headers, body } = fake.requests.at(-1) ?? {};
    return { method, url, type: headers?.['content-type'], body };
  };
  const post = async (method: string, init: RequestInit) => {
    const answer = await fetch(`${fake.url}/api/SendSMS/${method}`, { method: 'POST', ...init });
    return { status: answer.status, body: await answer.text() };
  };
  const formOf = (fields: Record<string, string>) =>
    post('SendSMS', {
      body: new URLSearchParams({ username, password: apiKey, from, isFlash: 'false', ...fields }),
    });
  const form = 'application/x-www-form-urlencoded; charset=UTF-8';
  const json = 'application/json; charset=UTF-8';

  test('gets the calls of REST to the byte, with no credentials in an address', async () => {
    const credentials = `username=09120000000&password=${apiKey}`;
    const call = (name: string, body: string) => ({
      method: 'POST',
      url: `/api/SendSMS/${name}`,
      type: form,
      body: `${credentials}${body}`,
    });
    expect(await rest().send(text)).toEqual(accepted('5243690000000000001'));
    expect(lastCall()).toEqual(
      call(
        'SendSMS',
        '&to=09121110001&from=50002000000001&text=%D8%B3%D9%84%D8%A7%D9%85+%D8%AF%D9%86%DB%8C%D8%A7&isFlash=false',
      ),
    );
    expect(await rest().send(template)).toEqual(accepted('5243690000000000002'));
    expect(lastCall()).toEqual(
      call(
        'BaseServiceNumber',
        '&to=09121110001&bodyId=123456&text=%D8%B3%D8%A7%D8%B1%D8%A7%3B48213',
      ),
    );
    await rest().status(['5243690000000000001']);
    expect(lastCall()).toEqual(call('GetDeliveries2', '&recId=5243690000000000001'));
    await rest().credit();
    expect(lastCall()).toEqual(call('GetCredit', ''));
    await rest().find({ message: text, triedAt: new Date() });
    expect(lastCall()).toEqual(call('GetMessages', '&location=2&from=&index=0&count=100'));
    await rest().receive(from);
    expect(lastCall()).toEqual(call('GetMessages', `&location=1&from=${from}&index=0&count=100`));
  });

  test('gets the calls of the console to the byte', async () => {
    const call = (name: string, body: string) => ({
      method: 'POST',
      url: `/api/${name}/${token}`,
      type: json,
      body,
    });
    expect(await viaConsole().send(text)).toEqual(accepted('5243690000000000001'));
    expect(lastCall()).toEqual(
      call('send/simple', '{"from":"50002000000001","to":"09121110001","text":"سلام دنیا"}'),
    );
    expect(await viaConsole().send(template)).toEqual(accepted('5243690000000000002'));
    expect(lastCall()).toEqual(
      call('send/shared', '{"bodyId":123456,"to":"09121110001","args":["سارا","48213"]}'),
    );
    expect(await viaConsole().status(['5243690000000000001', '1'])).toMatchObject([
      { providerMessageId: '5243690000000000001', state: 'queued', providerCode: '400' },
      { providerMessageId: '1', state: 'unknown', providerCode: '100' },
    ]);
    expect(lastCall()).toEqual(call('receive/status', '{"recIds":["5243690000000000001","1"]}'));
    expect(await viaConsole().credit()).toEqual({ amount: '1499998', unit: 'credit' });
    expect(lastCall()).toEqual({
      method: 'GET',
      url: `/api/receive/credit/${token}`,
      type: undefined,
      body: '',
    });
  });

  test.each([
    ['a semicolon', templateOf({ values: ['a;b', '1'] }), 'message template-args'],
    ['an address', templateOf({ values: ['https://a.b/c', '1'] }), 'message content-rejected'],
    ['a host', templateOf({ values: ['see chapar.IR', '1'] }), 'message content-rejected'],
    ['a Persian host', templateOf({ values: ['چاپار.ایران', '1'] }), 'message content-rejected'],
    ['a name for a number', templateOf({ template: 'otp' }), 'account template-missing'],
    ['zero for a number', templateOf({ template: '0' }), 'account template-missing'],
  ])('never gets %s in a template', async (_, message, because) => {
    const [scope, error] = because.split(' ');
    const outcome = { ...refusedHere, scope, error };
    expect(await rest().send(message)).toEqual(outcome);
    expect(fake.requests).toEqual([]);
    if (!because.endsWith('template-args')) {
      expect(await viaConsole().send(message)).toEqual(outcome);
      expect(fake.requests).toEqual([]);
    }
  });

  test('gets values that only look like links, and semicolons by the console', async () => {
    for (const value of ['12.5', 'پایان.', 'a.b', '10:30', 'یک.دو']) {
      const message = templateOf({ values: [value, ';'] });
      expect(await viaConsole().send(message)).toMatchObject({ outcome: 'accepted' });
    }
    expect(fake.log.map(({ values }) => values[1])).toEqual([';', ';', ';', ';', ';']);
  });

  test('tells states as time goes by', async () => {
    const ids: string[] = [];
    for (const number of ['0001', '0002', '0003', '0004', '0005']) {
      const outcome = await rest().send({ ...text, to: `+98912111${number}` });
      ids.push(outcome.outcome === 'accepted' ? (outcome.providerMessageId ?? '') : '');
    }
    const states = async (provider: ReturnType<typeof rest>) =>
      (await provider.status(ids))?.map(({ state }) => state);
    expect(await states(rest())).toEqual(Array.from({ length: 5 }, () => 'queued'));
    clock.advance(400_000);
    const last = ['delivered', 'undelivered', 'blacklisted', 'failed', 'sent-to-carrier'];
    expect(await states(rest())).toEqual(last);
    expect(await states(viaConsole())).toEqual(last);
    expect(await rest().status([])).toEqual([]);
    expect(await rest().status(['77'])).toMatchObject([{ state: 'unknown', providerCode: '100' }]);
    expect(await rest({ apiKey: refusedKeys.bad }).status(ids)).toBeNull();
  });

  test('has its lost messages found', async () => {
    for (const message of [text, template]) {
      const triedAt = clock.now();
      for (const fault of ['droppedAfterStoring', 'cutAnswer'] as const) {
        const lost = { ...message, to: `+98912111${faultyRecipients[fault]}` };
        expect(await rest().send(lost)).toMatchObject({ outcome: 'unknown' });
        expect(await rest().find({ message: lost, triedAt })).toEqual({
          found: 'yes',
          providerMessageId: fake.log.at(-1)?.id,
        });
      }
      const gone = { ...message, to: `+98912111${faultyRecipients.droppedBeforeStoring}` };
      expect(await rest().send(gone)).toMatchObject({ outcome: 'unknown', reason: 'reset' });
      expect(await rest().find({ message: gone, triedAt })).toEqual({ found: 'absent' });
    }
  });

  test('hands out the texts of a line, newest first', async () => {
    fake.receive({ from: '09121110001', line: from, text: 'یک' });
    fake.receive({ from: '09121110001', line: '3000', text: 'دو' });
    clock.advance(60_000);
    fake.receive({ from: '09121110002', line: from, text: 'سه' });
    const texts = await rest().receive(from);
    expect(texts?.map((one) => [one.providerMessageId, one.from, one.text])).toEqual([
      ['880003', '+989121110002', 'سه'],
      ['880001', '+989121110001', 'یک'],
    ]);
    expect(texts?.[0]?.line).toBe(from);
    expect(Math.abs(Number(texts?.[0]?.receivedAt) - clock.now().getTime())).toBeLessThan(5_000);
  });

  test.each([
    [refusedKeys.bad, 'account auth', '0', 'account unexpected'],
    [refusedKeys.noCredit, 'account no-credit', '2', 'account no-credit'],
    [refusedKeys.ip, 'account ip-not-allowed', '-111', 'account unexpected'],
    [refusedKeys.disabled, 'account account-disabled', '10', 'account unexpected'],
  ])('refuses %s', async (key, because, code, byConsole) => {
    for (const message of [text, template]) {
      expect(await rest({ apiKey: key }).send(message)).toEqual(refused(because, code));
      expect(await viaConsole(key).send(message)).toEqual(refused(byConsole, null));
    }
    expect(fake.log).toEqual([]);
  });

  test('refuses what the provider refuses', async () => {
    const sending = async (message: ProviderMessage, line = from) => {
      const outcome = await rest({ from: line }).send(message);
      return outcome.outcome === 'rejected' ? outcome.providerCode : outcome.outcome;
    };
    await restart({ advertisingLines: [from], filteredWords: ['قمار'], credit: 2 });
    expect(await sending(text, '9999')).toBe('5');
    expect(await sending({ ...text, to: '+98123' })).toBe('18');
    expect(await sending({ ...text, to: '' })).toBe('16');
    expect(await sending({ ...text, text: ' ' })).toBe('17');
    expect(await sending({ ...text, text: 'قمار' })).toBe('7');
    expect(await sending({ ...text, text: 'http://a.ir' })).toBe('14');
    expect(await sending({ ...text, text: 'س'.repeat(141) })).toBe('2');
    expect(await sending(templateOf({ template: '7' }))).toBe('-4');
    expect(await sending(templateOf({ values: ['a'] }))).toBe('-5');
    expect(await sending(templateOf({ values: [] }))).toBe('-5');
    expect(await sending(templateOf({ values: ['a.bcd', '1'] }))).toBe('-10');
    expect(await sending({ ...template, to: '09121110001,09121110002' })).toBe('-2');
    expect(fake.log).toEqual([]);
    expect(await sending(text)).toBe('accepted');
    expect(await sending(template)).toBe('accepted');
    expect(await sending(text)).toBe('2');
    expect(await rest().credit()).toEqual({ amount: '0', unit: 'credit' });
  });

  test('wants the opt-out word of what goes to many', async () => {
    const many = '09121110001,09121110002';
    expect((await formOf({ to: many, text: 'سلام' })).body).toContain('"Value":"15"');
    await formOf({ to: many, text: 'سلام\nلغو11' });
    expect(fake.log.map((one) => one.to)).toEqual(['09121110001', '09121110002']);
  });

  test('reads JSON too, and breaks down over a missing field', async () => {
    const fields = { username, password: apiKey, to: '09121110001', from, text: 'سلام' };
    const headers = { 'content-type': 'application/json' };
    const whole = JSON.stringify({ ...fields, isFlash: false });
    expect(await post('SendSMS', { headers, body: whole })).toEqual({
      status: 200,
      body: '{"Value":"5243690000000000001","RetStatus":1,"StrRetStatus":"Ok"}',
    });
    const broken = await post('SendSMS', { headers, body: JSON.stringify(fields) });
    expect(broken).toMatchObject({ status: 500 });
    expect(broken.body).toContain('System.NullReferenceException');
    const named = { username, password: apiKey, to: '09121110001', bodyId: 'otp', text: 'a' };
    expect(await post('BaseServiceNumber', { body: new URLSearchParams(named) })).toMatchObject({
      status: 500,
    });
    expect(await post('Nothing', { body: '' })).toMatchObject({ status: 404 });
    expect((await fetch(`${fake.url}/api/send/otp/${token}`)).status).toBe(404);
    expect((await formOf({ username: '', to: '09121110001', text: 'a' })).body).toContain('"0"');
  });

  test('locks an address after wrong credentials, for a while', async () => {
    await restart({ lockAfter: 2 });
    const wrong = rest({ apiKey: refusedKeys.bad });
    const credentials = refused('account auth', '0');
    const locked = refused('account ip-not-allowed', '-108');
    expect(await wrong.send(text)).toEqual(credentials);
    expect(await wrong.send(text)).toEqual(credentials);
    expect(await wrong.send(text)).toEqual(locked);
    expect(await rest().send(text)).toEqual(locked);
    clock.advance(15 * 60_000);
    expect(await rest().send(text)).toMatchObject({ outcome: 'accepted' });
  });

  test('wants the key for programs, and addresses, where the account does', async () => {
    await restart({ loginPassword: 'my-password' });
    expect(await rest({ apiKey: 'my-password' }).send(text)).toEqual(
      refused('account auth', '-110'),
    );
    expect(await rest().send(text)).toMatchObject({ outcome: 'accepted' });
    await restart({ needsIps: true });
    expect(await rest().send(text)).toEqual(refused('account ip-not-allowed', '-109'));
  });

  test('is too busy once', async () => {
    const message = { ...text, to: `+98912111${faultyRecipients.throttledOnce}` };
    expect(await rest().send(message)).toEqual(refused('provider quota-exceeded', '19'));
    expect(await rest().send(message)).toMatchObject({ outcome: 'accepted' });
  });

  test('that is down has taken nothing, and no outcome names a secret', async () => {
    await fake.stop();
    const outcomes = [await rest().send(text), await viaConsole().send(text)];
    expect(outcomes).toEqual([
      { ...refusedHere, scope: 'provider', error: 'busy' },
      { ...refusedHere, scope: 'provider', error: 'busy' },
    ]);
    expect(await viaConsole().credit()).toBeNull();
    expect(await rest().receive(from)).toBeNull();
  });
});

describe('a text that the panel hands on', () => {
  const read = (query: string) => readMeliPayamakInbound(new URLSearchParams(query));

  test('is read', () => {
    const query = 'to=50002000000001&body=%D8%B3%D9%84%D8%A7%D9%85&from=09121110001&k=secret';
    expect(read(query)).toEqual({
      providerMessageId: null,
      from: '+989121110001',
      line: '50002000000001',
      text: 'سلام',
      receivedAt: null,
    });
    expect(read('to=1&from=2&body=')).toMatchObject({ text: '' });
  });

  test.each(['', 'to=1&from=2', 'to=1&body=a', 'from=2&body=a', 'to=&from=2&body=a'])(
    'is not made out of "%s"',
    (query) => {
      expect(read(query)).toBeNull();
    },
  );
});
