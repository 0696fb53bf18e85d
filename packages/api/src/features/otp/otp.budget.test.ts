import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Connection } from '../../call.ts';
import { minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally, type TestApi } from '../../testing/index.ts';
import { refusal } from '../password/test/people.ts';
import { addressIn, countRows, dump, money, numberIn, unlimited, verify } from './test/codes.ts';

const deviceKey = 'dddddddddddddddddddddd';
const many = { ...unlimited, ...money({ unusedPerSource: 10_000 }) };

// The counters go by the machine's clock, which stands still here until a test moves it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

function ask(api: TestApi, phone: string, facts: Partial<Connection> = {}) {
  return api.anonymous(facts).api.otp.request({ phone });
}

test('A15: an address may ask for ten codes an hour, whatever device asks', async () => {
  await using api = await createTestApi();
  const here = (block: number, ip = addressIn(1)) =>
    ask(api, numberIn(block), { ip, deviceKey: `${deviceKey}${block}` });
  for (let block = 0; block < 10; block += 1) {
    await here(block);
  }
  const refused = await refusal(here(10), 'fa');
  expect(refused).toEqual({
    appCode: 'RATE_LIMITED',
    message: 'درخواست‌ها زیاد است. کمی صبر کنید.',
    data: { retryAfterSeconds: 3_600 },
  });
  await expect(here(11, addressIn(1, 2))).resolves.toBeDefined();
  pass(59 * minute + 1);
  expect(await expectAppError(here(12), 'RATE_LIMITED')).toEqual({ retryAfterSeconds: 60 });
  expect(await countRows(api, 'otp_challenges')).toBe(11);
  pass(minute);
  await expect(here(13)).resolves.toBeDefined();
});

test('A15: of a burst from one address, on two nodes, ten get through; of IPv6 a whole network', async () => {
  await using api = await createTestApi();
  await using other = await createTestApi({ on: api });
  for (const [start, ip] of [
    [0, () => addressIn(1)],
    [100, () => `::ffff:${addressIn(2)}`],
    [200, (index: number) => `2001:db8:0:1::${index + 1}`],
  ] as const) {
    const results = await atOnce(30, (index) =>
      ask(index % 2 === 0 ? api : other, numberIn(start + index), { ip: ip(index) }),
    );
    expect(tally(results)).toEqual({ ok: 10, RATE_LIMITED: 20 });
  }
  await expectAppError(ask(api, numberIn(300), { ip: addressIn(2) }), 'RATE_LIMITED');
  await expect(ask(api, numberIn(301), { ip: '2001:db8:0:2::1' })).resolves.toBeDefined();
});

test('A15: a device may ask for five codes an hour, from whatever address', async () => {
  await using api = await createTestApi();
  const results = await atOnce(20, (index) =>
    ask(api, numberIn(index), { ip: addressIn(index), deviceKey }),
  );
  expect(tally(results)).toEqual({ ok: 5, RATE_LIMITED: 15 });
  const again = () => ask(api, numberIn(50), { ip: addressIn(50), deviceKey });
  expect(await expectAppError(again(), 'RATE_LIMITED')).toEqual({ retryAfterSeconds: 3_600 });
  for (const another of [null, `${deviceKey}d`]) {
    const facts = { ip: addressIn(51), deviceKey: another };
    await expect(ask(api, numberIn(another === null ? 51 : 52), facts)).resolves.toBeDefined();
  }
  pass(60 * minute);
  await expect(again()).resolves.toBeDefined();
  await expect(dump(api)).resolves.not.toContain(deviceKey);
});

test('A15: the operator may set the budgets of a procedure anew, and widen those by address', async () => {
  const overrides = new Map([['otp.verify:address', { most: 2, seconds: 30 }]]);
  await using api = await createTestApi({ config: { limits: { overrides, addressFactor: 2 } } });
  const byAddress = await atOnce(25, (index) =>
    ask(api, numberIn(index), { ip: addressIn(1), deviceKey: `${deviceKey}${index}` }),
  );
  expect(tally(byAddress)).toEqual({ ok: 20, RATE_LIMITED: 5 });
  const byDevice = await atOnce(8, (index) =>
    ask(api, numberIn(100 + index), { ip: addressIn(100 + index), deviceKey }),
  );
  expect(tally(byDevice)).toEqual({ ok: 5, RATE_LIMITED: 3 });
  const given = { challengeId: api.app.deps.newId(), code: '123456' };
  const replaced = await atOnce(5, () => verify(api, given, { ip: addressIn(1) }));
  expect(tally(replaced)).toEqual({ OTP_EXPIRED: 2, RATE_LIMITED: 3 });
  expect(await expectAppError(verify(api, given, { ip: addressIn(1) }), 'RATE_LIMITED')).toEqual({
    retryAfterSeconds: 30,
  });
});

test('A15: of 200 numbers of one block, from fifty addresses at once, twenty get a code', async () => {
  await using api = await createTestApi();
  const results = await atOnce(200, (index) =>
    ask(api, numberIn(7, index), { ip: addressIn(index % 50) }),
  );
  expect(tally(results)).toEqual({ ok: 20, OTP_TOO_MANY_REQUESTS: 180 });
  expect(api.warnings).toHaveLength(180);
  expect(api.warnings[0]).toEqual({
    budget: 'otp-block',
    message: 'sms budget used up: SMS are refused',
  });
  await expect(ask(api, numberIn(8), { ip: addressIn(60) })).resolves.toBeDefined();
  const more = () => ask(api, numberIn(7, 900), { ip: addressIn(61) });
  expect(await expectAppError(more(), 'OTP_TOO_MANY_REQUESTS')).toEqual({ retryAfterSeconds: 600 });
  await api.runJobs();
  expect(api.sms.sent).toHaveLength(21);
  pass(10 * minute);
  await expect(more()).resolves.toBeDefined();
});

test.for([
  { budget: 'perCountryPerHour', seconds: 3_600, key: 'sms-country:IR' },
  { budget: 'perMinute', seconds: 60, key: 'sms-minute' },
  { budget: 'perDay', seconds: 86_400, key: 'sms-day' },
] as const)('A15: all numbers together share the SMS of $budget', async (row) => {
  const { budget, seconds, key } = row;
  await using api = await createTestApi({
    config: { ...money({ [budget]: 3 }), smsCountries: ['IR', 'TR'] },
  });
  const results = await atOnce(8, (index) => ask(api, numberIn(index)));
  expect(tally(results)).toEqual({ ok: 3, OTP_TOO_MANY_REQUESTS: 5 });
  const more = () => ask(api, numberIn(20));
  expect(await expectAppError(more(), 'OTP_TOO_MANY_REQUESTS')).toEqual({
    retryAfterSeconds: seconds,
  });
  expect(api.warnings.at(-1)).toMatchObject({ budget: key.split(':')[0] });
  const turkish = await atOnce(1, () => ask(api, '+905321234567'));
  expect(tally(turkish)).toEqual({
    [key.startsWith('sms-country') ? 'ok' : 'OTP_TOO_MANY_REQUESTS']: 1,
  });
  const mailed = api.anonymous().api.otp.request({ email: 'sara@example.com' });
  await expect(mailed).resolves.toBeDefined();
  pass(seconds * second);
  await expect(more()).resolves.toBeDefined();
});

test('A15: a request that costs no SMS costs nothing of the money for SMS', async () => {
  await using api = await createTestApi({
    config: money({ perMinute: 3, perBlockPer10Minutes: 3 }),
  });
  await ask(api, numberIn(1, 1));
  for (let again = 0; again < 4; again += 1) {
    await expectAppError(ask(api, numberIn(1, 1)), 'OTP_RESEND_TOO_SOON');
    await ask(api, `+44740012345${again}`);
    await api.anonymous().api.otp.request({ email: `sara${again}@example.com` });
    await expectAppError(ask(api, '0912'), 'PHONE_INVALID');
  }
  await ask(api, numberIn(1, 2));
  await ask(api, numberIn(1, 3));
  await expectAppError(ask(api, numberIn(1, 4)), 'OTP_TOO_MANY_REQUESTS');
});

test('A15: a number whose requests are refused can be asked for again as soon as there is money', async () => {
  await using api = await createTestApi({ config: money({ perMinute: 1 }) });
  await ask(api, numberIn(1));
  await expectAppError(ask(api, numberIn(2)), 'OTP_TOO_MANY_REQUESTS');
  pass(minute);
  const guest = api.anonymous();
  await expect(verify(api, await guest.requestCode(numberIn(2)))).resolves.toBeDefined();
});

const lost = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

test('A15: where a use cannot be counted no code is made and nothing is sent', async () => {
  await using api = await createTestApi({ config: many });
  const { durable } = api.app.limiters;
  const spend = durable.spend.bind(durable);
  for (const [index, part] of [
    'otp.request:address',
    'otp.request:device',
    'otp-unused:near',
    'otp-unused:device',
    'otp-block',
    'sms-country',
    'sms-minute',
    'sms-day',
  ].entries()) {
    for (const [error, code] of [
      [lost, 'UNAVAILABLE'],
      [new Error('no'), 'INTERNAL'],
    ] as const) {
      const broken = vi.spyOn(durable, 'spend').mockImplementation((key, budget) => {
        return key.startsWith(part) ? Promise.reject(error) : spend(key, budget);
      });
      const asked = ask(api, numberIn(index), { deviceKey });
      expect({ part, ...(await refusal(asked)) }).toMatchObject({ part, appCode: code });
      broken.mockRestore();
    }
  }
  expect(await countRows(api, 'otp_challenges')).toBe(0);
  await api.database.pool.query('drop table limits');
  expect(await refusal(ask(api, numberIn(90)))).toMatchObject({ appCode: 'INTERNAL' });
  expect(await countRows(api, 'otp_challenges')).toBe(0);
  await api.runJobs();
  expect(api.sms.sent).toEqual([]);
});
