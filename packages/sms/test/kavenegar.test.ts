import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProviderMessage } from '../src/provider.ts';
import { createKavenegar } from '../src/providers/kavenegar.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { FakeKavenegar } from '../src/testing/fake-kavenegar.ts';
import { apiKey, approved, code, kavenegarAt, text, triedAt } from './kavenegar.messages.ts';
import { Loopback } from './loopback.ts';

const server = new Loopback();
beforeAll(() => server.start());
afterAll(() => server.stop());

describe('requests', () => {
  test('of a text carry its number with us', async () => {
    await using fake = await new FakeKavenegar().start();
    const kavenegar = createKavenegar({ apiKey, sender: '10008000', url: fake.url });
    await kavenegar.send(text);
    const [request] = fake.requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/v1/KVTESTKEY0001/sms/send.json',
      body: 'receptor=09121110001&sender=10008000&message=%D8%B3%D9%84%D8%A7%D9%85+%D8%AF%D9%86%DB%8C%D8%A7&localid=70000001',
    });
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'content-length': String(request?.body.length),
    });
  });

  test('of a template are the documented ones', async () => {
    const templates = [{ name: 'login-otp', variables: ['token'] }];
    await using fake = await new FakeKavenegar({ templates }).start();
    const kavenegar = createKavenegar({ apiKey, url: fake.url });
    await kavenegar.send(code());
    expect(fake.requests[0]).toMatchObject({
      method: 'POST',
      url: '/v1/KVTESTKEY0001/verify/lookup.json',
      body: 'receptor=09121110001&token=48213&template=login-otp&type=sms',
    });
  });

  test('of questions are the documented ones', async () => {
    server.always(200, { return: approved, entries: [] });
    server.asked.length = 0;
    const kavenegar = kavenegarAt(server);
    await kavenegar.status(['912345671', '912345672', '1']);
    await kavenegar.find({ message: code(), triedAt });
    await kavenegar.find({ message: text, triedAt });
    await kavenegar.credit();
    await kavenegar.receive('10008000');
    expect(server.asked).toEqual([
      '/v1/KVTESTKEY0001/sms/status.json?messageid=912345671,912345672,1',
      '/v1/KVTESTKEY0001/sms/statusbyreceptor.json?receptor=09121110001&startdate=1767225540',
      '/v1/KVTESTKEY0001/sms/statuslocalmessageid.json?localid=70000001',
      '/v1/KVTESTKEY0001/account/info.json',
      '/v1/KVTESTKEY0001/sms/receive.json?linenumber=10008000&isread=0',
    ]);
  });

  test('are not made for what would be refused', async () => {
    server.asked.length = 0;
    const kavenegar = kavenegarAt(server);
    const refused = async (message: ProviderMessage): Promise<unknown> => {
      const outcome = await kavenegar.send(message);
      return 'error' in outcome ? [outcome.scope, outcome.error, outcome.providerCode] : outcome;
    };
    expect(await refused({ ...text, text: '' })).toEqual(['message', 'empty-message', null]);
    expect(await refused({ ...text, text: 'س'.repeat(901) })).toEqual([
      'message',
      'too-long',
      null,
    ]);
    expect(await refused({ ...text, ref: 'b7e2' })).toEqual(['message', 'bad-request', null]);
    for (const values of [
      {},
      { token: '' },
      { token: 'ab cd' },
      { token: 'ab_cd' },
      { token: 'ab\ncd' },
      { token: 'ab\u00a0cd' },
      { token: 'x'.repeat(101) },
      { token2: '48213' },
      { token: '48213', token4: 'x' },
      { token: '48213', token10: '1 2 3 4 5 6 7' },
      { token: '48213', token20: 'a b c d e f g h i j' },
      { token: '48213', token20: 'a\u2028b' },
    ]) {
      expect(await refused(code(values))).toEqual(['message', 'template-args', null]);
    }
    const twice = [...code().values, { name: 'token', value: '1' }];
    expect(await refused({ ...code(), values: twice })).toEqual(['message', 'template-args', null]);
    expect(server.asked).toEqual([]);
  });

  test('are made for values at their limits', async () => {
    server.always(200, { return: approved, entries: [{ messageid: 1 }] });
    const kavenegar = kavenegarAt(server);
    for (const values of [
      { token: 'x'.repeat(100), token2: 'a-b', token3: 'سی\u200cوسه' },
      { token: '48213', token10: 'a b c d e f' },
      { token: '48213', token20: 'a b c d e f g h i' },
    ]) {
      expect(await kavenegar.send(code(values))).toMatchObject({ outcome: 'accepted' });
    }
  });
});

describe('one of several messages to a number', () => {
  const templates = [{ name: 'login-otp', variables: ['token'] }];
  const lost = (token: string, digits: string): ProviderMessage => ({
    ...code({ token }),
    to: `+98912111${digits}`,
  });

  async function findSecond(isListed: boolean) {
    const clock = new FakeClock();
    await using fake = await new FakeKavenegar({ clock, templates, isListed }).start();
    const kavenegar = createKavenegar({ apiKey, url: fake.url, now: () => clock.now() });
    for (const token of ['111', '222', '222', '333']) {
      await kavenegar.send(lost(token, '0011'));
    }
    const find = (token: string) =>
      kavenegar.find({ message: lost(token, '0011'), triedAt: clock.now() });
    return {
      ids: fake.log.map(({ id }) => id),
      found: await Promise.all(['111', '222', '444'].map(find)),
    };
  }

  test('is told by its values', async () => {
    const { ids, found } = await findSecond(true);
    expect(found).toEqual([
      { found: 'yes', providerMessageId: ids[0] },
      { found: 'unknown' },
      { found: 'absent' },
    ]);
  });

  test('stays unknown to addresses that see no texts', async () => {
    const { found } = await findSecond(false);
    expect(found).toEqual(Array.from({ length: 3 }, () => ({ found: 'unknown' })));
  });

  /** A code is taken; so many seconds later another one is lost on the way there. */
  async function findAfter(seconds: number, isKnown: boolean) {
    const clock = new FakeClock();
    await using fake = await new FakeKavenegar({ clock, templates }).start();
    const kavenegar = createKavenegar({ apiKey, url: fake.url, now: () => clock.now() });
    await kavenegar.send(lost('111', '0001'));
    clock.advance(seconds * 1_000);
    const others = isKnown ? fake.log.map(({ id }) => id) : [];
    const message = lost('222', '0001');
    return (await kavenegar.find({ message, triedAt: clock.now(), others })).found;
  }

  test('is none of the messages that we know', async () => {
    expect(await findAfter(0, true)).toBe('absent');
    expect(await findAfter(30, true)).toBe('absent');
  });

  test('is the only one that is left, from a minute before the attempt on', async () => {
    expect(await findAfter(30, false)).toBe('yes');
    expect(await findAfter(61, false)).toBe('absent');
  });

  test.each<[string, object, unknown]>([
    ['its values', {}, { found: 'yes', providerMessageId: '111' }],
    ['other values', { message: 'کد: 33333' }, { found: 'absent' }],
    ['no text', { message: undefined }, { found: 'unknown' }],
    ['another id', { messageid: 113 }, { found: 'unknown' }],
  ])('is told from another when it is shown with %s', async (_, shown, outcome) => {
    const row = { messageid: 111, status: 10, message: 'کد: 48213', date: 1_767_225_601 };
    const other = { ...row, messageid: 112, message: 'کد: 99999' };
    const asked = 'sms/statusbyreceptor.json?receptor=09121110001&startdate=1767225540';
    server.at(`/v1/${apiKey}/${asked}`, 200, { return: approved, entries: [row, other] });
    const entries = [{ ...row, ...shown }, other];
    server.at(`/v1/${apiKey}/sms/select.json?messageid=111,112`, 200, {
      return: approved,
      entries,
    });
    const found = await kavenegarAt(server).find({ message: code(), triedAt });
    expect(found).toMatchObject(outcome as object);
  });
});

describe('texts to our lines', () => {
  test('are fetched until there are no more, and once', async () => {
    await using fake = await new FakeKavenegar().start();
    const kavenegar = createKavenegar({ apiKey, url: fake.url });
    for (let number = 0; number < 250; number += 1) {
      fake.arrive({ from: '09121110001', line: '10008000', text: `متن ${number}` });
    }
    fake.arrive({ from: '09121110001', line: '10009000', text: 'به خط دیگر' });
    const messages = await kavenegar.receive('10008000');
    expect(messages?.map(({ text: one }) => one)).toEqual(
      Array.from({ length: 250 }, (_, number) => `متن ${number}`),
    );
    expect(fake.requests).toHaveLength(3);
    expect(await kavenegar.receive('10008000')).toEqual([]);
  });
});
