import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { second } from '../../kernel/duration.ts';
import {
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';

/** Codes without a wait in between, for tests in which one number gets several. */
const otp = {
  ...defaultConfig.otp,
  resendSeconds: [0],
  sendsPerContactPer10Minutes: 100,
  sendsPerContactPerDay: 100,
};
/** Cheap hashes and no wait between tries: passwords are not what is measured here. */
const hashes = { ...defaultConfig.password, memoryKiB: 64, passes: 1, firstDelaySeconds: 0 };
const config = { otp, password: hashes };
const password = 'blue horse 27 stairs';
const reason = 'spam in many chats';

async function elsewhere(api: TestApi, person: Actor): Promise<Actor> {
  const device = api.anonymous();
  await device.signIn(person.phone);
  return device;
}

async function countLive(api: TestApi, person: Actor): Promise<number> {
  const rows = await api.app.db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', person.id)
    .where('ended_at', 'is', null)
    .execute();
  return rows.length;
}

test('A53: a closed account is out on every node: calls, refreshes, live streams and codes', async () => {
  await using api = await createTestApi({ config });
  await using node = await createTestApi({ on: api, config });
  const [staff, sara] = [await api.signUp({ role: 'staff' }), await api.signUp()];
  await sara.api.password.set({ password });
  const other = await elsewhere(api, sara);
  const lives = [
    await (await sara.listen()).ready(),
    await (await other.at(node).listen()).ready(),
  ];
  const login = await api.anonymous().requestCode(sara.phone);
  const reset = await api.anonymous().requestCode(sara.phone, 'reset-password');
  const { challengeId } = await sara.api.account.requestPhone({ phone: '+989351234567' });
  const change = { challengeId, code: await sara.readCode(challengeId) };

  await staff.api.admin.deactivateUser({ userId: sara.id, reason });
  const codes = () => lives.map(({ closeCode }) => closeCode);
  await expect.poll(codes, { timeout: second }).toEqual([4403, 4403]);
  for (const device of [sara, sara.at(node), other, other.at(node)]) {
    await expectAppError(device.api.user.me(), 'SESSION_ENDED');
    const { refreshToken } = device;
    await expectAppError(device.api.session.refresh({ refreshToken }), 'SESSION_REFRESH_INVALID');
    await expectAppError(device.listen(), 'SESSION_ENDED');
  }
  const guest = api.anonymous();
  await expectAppError(guest.api.otp.verify(login), 'OTP_EXPIRED');
  await expectAppError(guest.api.password.reset({ ...reset, password }), 'OTP_EXPIRED');
  const open = await api.app.db
    .selectFrom('otp_challenges')
    .select('id')
    .where('id', '=', change.challengeId)
    .where('replaced_at', 'is', null)
    .execute();
  expect(open).toEqual([]);
  await expectAppError(staff.api.friend.request({ userId: sara.id }), 'USER_NOT_FOUND');
});

test('A52, A53: a closed account cannot log in; opened again it can, and old sessions stay dead', async () => {
  await using api = await createTestApi({ config });
  const [staff, sara] = [await api.signUp({ role: 'staff' }), await api.signUp()];
  const { phone } = sara;
  await sara.api.password.set({ password });
  const { deactivateUser, reactivateUser } = staff.api.admin;
  await deactivateUser({ userId: sara.id, reason });

  const guest = api.anonymous();
  await expectAppError(guest.signIn(phone), 'USER_INACTIVE');
  await expectAppError(guest.api.password.login({ phone, password }), 'USER_INACTIVE');
  await expectAppError(guest.api.password.login({ phone, password: 'x' }), 'PASSWORD_WRONG');
  await expect(countLive(api, sara)).resolves.toBe(0);
  // Twice is as good as once, and the first reason stays.
  await deactivateUser({ userId: sara.id, reason: 'another' });
  const row = await api.app.db
    .selectFrom('users')
    .select(['status', 'inactive_reason'])
    .where('id', '=', sara.id)
    .executeTakeFirstOrThrow();
  expect(row).toEqual({ status: 'inactive', inactive_reason: reason });

  await reactivateUser({ userId: sara.id });
  await reactivateUser({ userId: sara.id });
  await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
  const { refreshToken } = sara;
  await expectAppError(sara.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
  const back = await elsewhere(api, sara);
  await guest.api.password.login({ phone, password });
  await expect(back.api.user.me()).resolves.toMatchObject({ id: sara.id });

  // The person sees that staff did it, and neither who, nor why, nor from where.
  const own = await back.api.session.listEvents({ limit: 100 });
  const acts = own.items.filter(({ isByStaff }) => isByStaff);
  expect(acts.map(({ type, ip, detail }) => [type, ip, detail])).toEqual([
    ['reactivated', 'staff', {}],
    ['session-ended', 'staff', { reason: 'deactivated' }],
    ['deactivated', 'staff', {}],
  ]);
  const { items } = await staff.api.admin.listEvents({ userId: sara.id, limit: 100 });
  const by = {
    userId: sara.id,
    actorId: staff.id,
    ip: expect.stringMatching(/^10\./) as string,
  };
  expect(items.filter(({ actorId }) => actorId !== null)).toMatchObject([
    { type: 'reactivated', ...by },
    { type: 'session-ended', ...by },
    { type: 'deactivated', ...by },
  ]);
});

test('A52: of an account that is closed while its owner logs in no session is left', async () => {
  await using api = await createTestApi({ config });
  // Who closes and who logs in may wait for each other: one of them is then tried again.
  await api.database.pool.query(
    `do $$ begin execute format('alter database %I set deadlock_timeout = 10', current_database()); end $$`,
  );
  await using node = await createTestApi({ on: api, config });
  const staff = (await api.signUp({ role: 'staff' })).at(node);
  const outcomes = [];
  for (let round = 0; round < 10; round += 1) {
    const sara = await api.signUp();
    await sara.api.password.set({ password });
    const asked = await api.anonymous().requestCode(sara.phone);
    const { phone } = sara;
    const guest = () => api.anonymous().at(node);
    const results = await Promise.allSettled([
      guest().api.password.login({ phone, password }),
      guest().api.otp.verify(asked),
      staff.api.admin.deactivateUser({ userId: sara.id, reason }),
    ]);
    expect(results[2]).toMatchObject({ status: 'fulfilled' });
    await expect(countLive(api, sara)).resolves.toBe(0);
    outcomes.push(...results);
  }
  const { ok: _ok, ...refused } = tally(outcomes);
  const known = new Set(['USER_INACTIVE', 'OTP_EXPIRED']);
  expect(Object.keys(refused).filter((code) => !known.has(code))).toEqual([]);
});

test('A53: an account that its owner has removed can be closed, and is not opened by a login then', async () => {
  await using api = await createTestApi({ config });
  const [staff, sara] = [await api.signUp({ role: 'staff' }), await api.signUp()];
  await sara.api.account.remove();
  await staff.api.admin.deactivateUser({ userId: sara.id, reason });
  await expectAppError(api.anonymous().signIn(sara.phone), 'USER_INACTIVE');
});
