import { expect, test, vi } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { hour, minute } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';

const phone = '+989121110001';
const text = 'بسته شما رسید.';

/** An SMS under a new id. */
function sms(api: TestApi, more: object = {}): Parameters<Actor['api']['sms']['send']>[0] {
  return { id: api.app.deps.newId(), phone, text, ...more };
}

test('M1, M4: staff send a text; the log tells how it went, with the ends of the number only', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const wanted = sms(api);
  const queued = await staff.api.sms.send(wanted);
  expect(queued).toMatchObject({ id: wanted.id, status: 'waiting', phone: '+98912***0001', text });
  await api.runJobs();
  expect(api.sms.to(phone)).toEqual([text]);
  const sent = await staff.api.sms.get({ id: wanted.id });
  expect(sent).toEqual({
    ...queued,
    status: 'accepted',
    provider: 'fake',
    providerMessageId: api.sms.sent.at(-1)?.ref,
    attempts: [{ provider: 'fake', action: 'send', outcome: 'accepted', because: null }],
    sender: staff.id,
    sentAt: api.clock.now(),
  });
  expect(sent.providerMessageId).toMatch(/^\d{18}$/);
});

test('M1, M11: a template by its name, in both languages, with values that are data', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const template = { text: undefined, template: 'T1' };
  const send = (more: object) => staff.api.sms.send(sms(api, { ...template, ...more }));
  await send({ values: { order: '{order} %token 7' }, language: 'fa' });
  await send({ values: { order: '8' } });
  await api.runJobs();
  expect(api.sms.to(phone).toSorted()).toEqual([
    'Order 8 is ready.',
    'سفارش {order} %token 7 آماده است.',
  ]);
  await expectAppError(send({ values: {} }), 'SMS_VALUES_INVALID');
  for (const name of ['T2', 'otp.login', 'otp.nothing', 'notice.phone-changed', 'toString']) {
    await expectAppError(send({ template: name, values: { code: '1' } }), 'SMS_TEMPLATE_UNKNOWN');
  }
});

test('M2: guests and users send nothing and read nothing', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const { id } = await staff.api.sms.send(sms(api));
  const rejections: [Actor, 'AUTH_REQUIRED' | 'STAFF_ONLY'][] = [
    [api.anonymous(), 'AUTH_REQUIRED'],
    [await api.signUp(), 'STAFF_ONLY'],
  ];
  for (const [{ api: caller }, code] of rejections) {
    await expectAppError(caller.sms.send(sms(api)), code);
    await expectAppError(caller.sms.list({}), code);
    await expectAppError(caller.sms.get({ id }), code);
    await expectAppError(caller.sms.retry({ id }), code);
    await expectAppError(caller.sms.listProviders(), code);
  }
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
});

test('M2: a service with a key sends, and reads nothing', async () => {
  await using api = await createTestApi();
  const service = api.anonymous({ auth: { status: 'service', name: 'billing' } });
  const wanted = sms(api);
  await expect(service.api.sms.send(wanted)).resolves.toMatchObject({ sender: 'billing' });
  await expect(service.api.sms.send(wanted)).resolves.toMatchObject({ id: wanted.id });
  await expectAppError(service.api.sms.get({ id: wanted.id }), 'AUTH_REQUIRED');
  await expectAppError(service.api.user.me(), 'AUTH_REQUIRED');
  const other = api.anonymous({ auth: { status: 'service', name: 'shop' } });
  await expectAppError(other.api.sms.send(wanted), 'SMS_ID_TAKEN');
});

test('M3: 290 characters are sent, 291 are too long, and the error says how many may be', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  await staff.api.sms.send(sms(api, { text: 'ش'.repeat(290) }));
  const limit = await expectAppError(
    staff.api.sms.send(sms(api, { text: 'ش'.repeat(291) })),
    'SMS_TOO_LONG',
  );
  expect(limit).toEqual({ maxLength: 290 });
  const values = { order: '1' };
  for (const wrong of [{ text: ' ' }, { text: undefined }, { template: 'T1' }, { values }]) {
    const call = staff.api.sms.send(sms(api, wrong));
    await expect(call).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
});

test('M1: one SMS for each id, however many ask at once; another SMS under it is refused', async () => {
  const { sms: usual } = defaultConfig;
  await using api = await createTestApi({
    config: { sms: { ...usual, customPerNumberPerHour: 30 } },
  });
  const [staff, other] = [await api.signUp({ role: 'staff' }), await api.signUp({ role: 'staff' })];
  const wanted = sms(api);
  const answers = await atOnce(20, () => staff.api.sms.send(wanted));
  expect(tally(answers)).toEqual({ ok: 20 });
  await api.runJobs();
  await expect(staff.api.sms.send(wanted)).resolves.toMatchObject({ status: 'accepted' });
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
  for (const change of [{ text: 'other' }, { phone: '+989121110002' }]) {
    await expectAppError(staff.api.sms.send({ ...wanted, ...change }), 'SMS_ID_TAKEN');
  }
  await expectAppError(other.api.sms.send(wanted), 'SMS_ID_TAKEN');
});

test('M1: numbers of other countries are refused, and wrong ones', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  await expectAppError(staff.api.sms.send(sms(api, { phone: '+12025550123' })), 'SMS_COUNTRY_OFF');
  await expectAppError(staff.api.sms.send(sms(api, { phone: '0912' })), 'PHONE_INVALID');
});

test('M1: sends are counted by sender, by number and by all the money there is', async () => {
  const { sms: usual, smsBudget } = defaultConfig;
  await using api = await createTestApi({
    config: {
      sms: { ...usual, customPerNumberPerHour: 3 },
      smsBudget: { ...smsBudget, perMinute: 14 },
    },
  });
  const staff = await api.signUp({ role: 'staff', byCode: true });
  api.clock.advance(minute);
  const toOne = await atOnce(6, () => staff.api.sms.send(sms(api)));
  expect(tally(toOne)).toEqual({ ok: 3, SMS_BUDGET_SPENT: 3 });
  const name = { budget: 'sms-number', message: 'sms budget used up: SMS are refused' };
  expect(api.warnings).toEqual([name, name, name]);
  const numbers = Array.from({ length: 6 }, (_, i) => `+9891211122${i}0`);
  const toMany = await Promise.allSettled(
    numbers.map((number) => staff.api.sms.send(sms(api, { phone: number }))),
  );
  expect(tally(toMany)).toEqual({ ok: 4, SMS_BUDGET_SPENT: 2 });
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(3);
  // Half of what may be sent is left for codes, whatever staff and services do.
  const codes = await atOnce(8, (i) =>
    api.anonymous().api.otp.request({ phone: `+98913${i}000000` }),
  );
  // One of the fourteen was the code by which staff signed in.
  expect(tally(codes)).toEqual({ ok: 6, OTP_TOO_MANY_REQUESTS: 2 });
});

test('M1: a message that is sent again costs again, and lives again', async () => {
  const { smsBudget } = defaultConfig;
  await using api = await createTestApi({
    config: { smsBudget: { ...smsBudget, perMinute: 2 } },
  });
  const staff = await api.signUp({ role: 'staff' });
  api.clock.advance(minute);
  const { id } = await staff.api.sms.send(sms(api));
  api.sms.answers.push({ outcome: 'unknown', reason: 'timeout' });
  await api.runJobs();
  const again = () => staff.api.sms.retry({ id, evenIfSent: true });
  await expectAppError(again(), 'SMS_BUDGET_SPENT');
  api.clock.advance(25 * hour);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * hour });
  await expect(again()).resolves.toMatchObject({ status: 'waiting' });
  vi.useRealTimers();
  await api.runJobs();
  const refs = api.sms.sent.filter(({ to }) => to === phone).map(({ ref }) => ref);
  expect(new Set(refs).size).toBe(2);
  await expect(staff.api.sms.get({ id })).resolves.toMatchObject({ status: 'accepted' });
});

test('M11: values are whole characters of one line that turn no direction', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  for (const order of ['\ud800', 'a\nb', '\u202e7', '\u2066', 'x'.repeat(101)]) {
    const wanted = sms(api, { text: undefined, template: 'T1', values: { order } });
    await expect(staff.api.sms.send(wanted)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
});

test('M1: sixty sends a minute for one sender, counted where a restart does not forget', async () => {
  const { sms: usual, smsBudget } = defaultConfig;
  await using api = await createTestApi({
    config: {
      sms: { ...usual, customPerNumberPerHour: 1_000 },
      smsBudget: { ...smsBudget, perMinute: 1_000 },
    },
  });
  const staff = await api.signUp({ role: 'staff' });
  const results = await atOnce(64, () => staff.api.sms.send(sms(api)));
  expect(tally(results)).toEqual({ ok: 60, RATE_LIMITED: 4 });
  const { rows } = await api.database.pool.query<{ key: string }>('select key from limits');
  expect(rows.some(({ key }) => key.includes('sms.send:user'))).toBe(true);
});

test('M4: the log is listed newest first in pages, and filtered by state and number', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    api.clock.advance(hour);
    ids.unshift((await staff.api.sms.send(sms(api, i === 4 ? { phone: '+989121110009' } : {}))).id);
  }
  const first = await staff.api.sms.list({ limit: 3 });
  expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  const next = await staff.api.sms.list({ limit: 3, cursor: first.nextCursor });
  expect(next.items.slice(0, 2).map(({ id }) => id)).toEqual(ids.slice(3));
  const waiting = await staff.api.sms.list({ status: 'waiting' });
  expect(waiting.items.map(({ id }) => id)).toEqual(ids);
  const toOne = await staff.api.sms.list({ phone: '0912 111 0009' });
  expect(toOne.items.map(({ id }) => id)).toEqual(ids.slice(0, 1));
  const missing = staff.api.sms.get({ id: api.app.deps.newId() });
  await expectAppError(missing, 'SMS_NOT_FOUND');
});
