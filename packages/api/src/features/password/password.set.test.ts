import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';
import { minute, second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, tally, type TestApi } from '../../testing/index.ts';
import {
  another,
  cheap,
  loggedIn,
  login,
  password,
  refusal,
  register,
  weaknessesOf,
  wrongCode,
} from './test/people.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';

function livingSessions(api: TestApi): Promise<{ id: string }[]> {
  return api.app.db.selectFrom('sessions').select('id').where('ended_at', 'is', null).execute();
}

test('A38: the current password changes it, the other sessions end, and their owner is told', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor: sara } = await register(api, phone);
  const other = await loggedIn(api, phone);
  const { actor: stranger } = await register(api, email);
  api.clock.advance(minute * 10);
  const pending = await api.anonymous().requestCode(phone, 'login');
  const [live, lost] = [await (await sara.listen()).ready(), await (await other.listen()).ready()];

  await sara.api.password.set({ password: another, current: password });
  await expect(sara.api.user.me()).resolves.toMatchObject({ phone });
  await expectAppError(other.api.user.me(), 'SESSION_ENDED');
  await expect(stranger.api.user.me()).resolves.toMatchObject({ email });
  await expectAppError(login(api, phone), 'PASSWORD_WRONG');
  api.clock.advance(second);
  await expect(login(api, phone, another)).resolves.toMatchObject({ user: { id: sara.id } });
  await expectAppError(api.anonymous().api.otp.verify(pending), 'OTP_EXPIRED');

  const alert = await live.until(({ type }) => type === 'account.alert');
  const { sessionId } = sara;
  expect(alert).toMatchObject({ body: { type: 'password-set', sessionId } });
  await lost.until(({ type }) => type === 'session.ended');
  await expect.poll(() => lost.closeCode).toBe(4403);
  expect(live.closeCode).toBeNull();
  const { items } = await sara.api.session.listEvents({});
  const events = items.map(({ type, sessionId: id, detail }) => ({ type, id, detail }));
  expect(events).toContainEqual({ type: 'password-set', id: sessionId, detail: {} });
  expect(events).toContainEqual({
    type: 'session-ended',
    id: other.sessionId,
    detail: { reason: 'password-changed' },
  });
  live.stop();
});

test('A38: a wrong current password changes nothing, however lately somebody has logged in', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor: sara } = await register(api, phone);
  const other = await loggedIn(api, phone);
  const wrong = { password: another, current: 'gravel tunnel cassette' };
  await expectAppError(sara.api.password.set(wrong), 'PASSWORD_WRONG');
  await expect(other.api.user.me()).resolves.toBeDefined();
  await expectAppError(login(api, phone, another), 'PASSWORD_WRONG');
  api.clock.advance(second);
  await expect(login(api, phone)).resolves.toBeDefined();

  const passwordless = await api.signUp();
  await expectAppError(passwordless.api.password.set(wrong), 'PASSWORD_WRONG');
  await expectAppError(login(api, passwordless.phone, another), 'PASSWORD_WRONG');
});

test('A38: without the current password it has to be within five minutes of a proof', async () => {
  await using api = await createTestApi({ config: cheap() });
  const sara = await api.signUp({ phone });
  const set = (typed: string) => sara.api.password.set({ password: typed });
  api.clock.advance(5 * minute);
  await expect(set(password)).resolves.toBeUndefined();
  api.clock.advance(1);
  const data = await expectAppError(set(another), 'SESSION_NOT_FRESH');
  expect(data).toEqual({ maxAgeSeconds: 300 });
  api.clock.advance(minute);
  await expectAppError(set(another), 'SESSION_NOT_FRESH');
  await expect(login(api, phone)).resolves.toMatchObject({ isNewUser: false });

  await sara.api.account.confirm({ password });
  await expect(set(another)).resolves.toBeUndefined();
  await expectAppError(login(api, phone), 'PASSWORD_WRONG');
  await expectAppError(api.anonymous().api.password.set({ password }), 'AUTH_REQUIRED');
});

test('A38: somebody signed out while the new password was hashed does not set it', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, phone);
  const thief = await loggedIn(api, phone);
  api.clock.advance(2 * minute);
  const owner = api.anonymous();
  const code = await owner.requestCode(phone, 'reset-password');
  const { hasher } = api.app;
  const hash = hasher.hash.bind(hasher);
  vi.spyOn(hasher, 'hash').mockImplementationOnce(async (typed) => {
    await owner.api.password.reset({ ...code, password: another });
    return hash(typed);
  });
  const stolen = thief.api.password.set({ password: 'gravel tunnel cassette', current: password });
  await expectAppError(stolen, 'SESSION_ENDED');
  await expect(livingSessions(api)).resolves.toEqual([]);
  await expect(login(api, phone, another)).resolves.toBeDefined();
  await expectAppError(login(api, phone, 'gravel tunnel cassette'), 'PASSWORD_WRONG');
});

test('A38: of two devices that change it at once one goes on, with the password it has set', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor: one } = await register(api, phone);
  const two = await loggedIn(api, phone);
  const passwords = ['gravel tunnel cassette', 'meadow pickle orbit'];
  const results = await Promise.allSettled(
    [one, two].map((device, index) =>
      device.api.password.set({ password: passwords[index] ?? '' }),
    ),
  );
  expect(tally(results)).toEqual({ ok: 1, SESSION_ENDED: 1 });
  const winner = results.findIndex(({ status }) => status === 'fulfilled');
  await expect(livingSessions(api)).resolves.toEqual([{ id: [one, two][winner]?.sessionId }]);
  await expect(login(api, phone, passwords[winner])).resolves.toBeDefined();
});

test('A38: a new password has to be good, also by the profile as it is now', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor: sara } = await register(api, phone);
  await sara.api.user.update({ firstName: 'Parvaneh', lastName: null });
  const weak = [
    ['12345678', ['digits-only', 'common']],
    ['dear parvaneh', ['personal']],
    ['x 0912 123 4567', ['personal']],
  ] as const;
  for (const [typed, weaknesses] of weak) {
    const call = sara.api.password.set({ password: typed, current: password });
    await expect(weaknessesOf(call)).resolves.toEqual(weaknesses);
  }
  await expect(sara.api.password.set({ password: 'moradi of the hills' })).resolves.toBeUndefined();
});

test('A28, A38, A42: neither passwords nor hashes are in any answer, event, error or other table', async () => {
  await using api = await createTestApi({ config: cheap() });
  const secrets = [
    'gravel tunnel cassette',
    'meadow pickle orbit',
    'willow kettle magnet',
  ] as const;
  const [first, next, wrong] = secrets;
  const seen: unknown[] = [];
  const keep = async (call: Promise<unknown>): Promise<void> => {
    seen.push(await call.catch((error: unknown) => error));
  };
  const { actor: sara, answer } = await register(api, phone, { password: first, email });
  const live = await (await sara.listen()).ready();
  seen.push(answer);
  await keep(login(api, phone, wrong));
  await keep(refusal(login(api, phone, first)));
  api.clock.advance(2 * minute);
  await keep(login(api, phone, first));
  await keep(sara.api.password.set({ password: `${next} 0912 123 4567` }));
  await keep(sara.api.password.set({ password: wrong.repeat(9), current: wrong.repeat(9) }));
  await keep(sara.api.password.set({ password: next, current: wrong }));
  const code = await api.anonymous().requestCode(phone, 'reset-password');
  const { password: guest } = api.anonymous().api;
  await keep(guest.reset({ ...code, code: wrongCode(code.code), password: next }));
  await keep(guest.reset({ ...code, password: next }));
  await keep(login(api, phone, next));
  await live.until(({ type }) => type === 'session.ended');
  seen.push(live.events, api.warnings, api.sms.sent, api.mail.sent);

  const { pool } = api.database;
  const tables = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') and tablename <> 'passwords'`,
  );
  expect(tables.rows.length).toBeGreaterThan(10);
  for (const { name } of tables.rows) {
    seen.push((await pool.query(`select * from ${name}`)).rows);
  }
  const shown = inspect(seen, { depth: null, maxArrayLength: null, maxStringLength: null });
  expect(shown).toContain('PASSWORD_WRONG');
  expect(shown).toContain('password-reset');
  for (const secret of [...secrets, 'argon2', '$v=19']) {
    expect(shown).not.toContain(secret);
  }
  const { rows } = await pool.query<Record<string, unknown>>('select * from passwords');
  expect(rows.map((row) => Object.keys(row).toSorted())).toEqual([
    ['changed_at', 'hash', 'user_id'],
  ]);
  expect(rows[0]?.['hash']).toMatch(
    /^\$argon2id\$v=19\$m=1024,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
  );
});
