import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { day, minute, second } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import {
  atOnce,
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
const password = 'blue horse 27 stairs';

function findRow(api: TestApi, person: Actor) {
  return api.app.db
    .selectFrom('users')
    .select(['status', 'erase_at', 'phone'])
    .where('id', '=', person.id)
    .executeTakeFirstOrThrow();
}

async function typesOf(api: TestApi, person: Actor): Promise<string[]> {
  const rows = await api.app.db
    .selectFrom('audit_events')
    .select('type')
    .where('user_id', '=', person.id)
    .orderBy('id')
    .execute();
  return rows.map(({ type }) => type);
}

test('A50: who removes their account has to prove a moment before who they are', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  await sara.api.password.set({ password });
  api.clock.advance(5 * minute + 1);
  await expectAppError(sara.api.account.remove(), 'SESSION_NOT_FRESH');
  await expectAppError(sara.api.account.confirm({ password: 'green horse' }), 'PASSWORD_WRONG');
  await expectAppError(sara.api.account.remove(), 'SESSION_NOT_FRESH');
  api.clock.advance(second);
  await sara.api.account.confirm({ password });
  const eraseAt = new Date(api.clock.now().getTime() + 30 * day);
  await expect(sara.api.account.remove()).resolves.toEqual({ eraseAt });
  await expect(findRow(api, sara)).resolves.toMatchObject({ status: 'leaving', erase_at: eraseAt });
});

test('A50: a removed account is out at once: its sessions, its codes, and for others it is not there', async () => {
  await using api = await createTestApi({ config: { otp } });
  await using node = await createTestApi({ on: api, config: { otp } });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const other = api.anonymous();
  await other.signIn(sara.phone);
  const live = await (await other.at(node).listen()).ready();
  const pending = await api.anonymous().requestCode(sara.phone);
  await sara.api.account.remove();

  for (const device of [sara, other, other.at(node)]) {
    await expectAppError(device.api.user.me(), 'SESSION_ENDED');
    const { refreshToken } = device;
    await expectAppError(device.api.session.refresh({ refreshToken }), 'SESSION_REFRESH_INVALID');
  }
  await expect.poll(() => live.closeCode, { timeout: second }).toBe(4403);
  await expectAppError(api.anonymous().api.otp.verify(pending), 'OTP_EXPIRED');
  const { friend, chat } = reza.api;
  await expectAppError(friend.request({ userId: sara.id }), 'USER_NOT_FOUND');
  await expectAppError(friend.request({ phone: sara.phone }), 'USER_NOT_FOUND');
  await expectAppError(chat.start({ userId: sara.id }), 'USER_NOT_FOUND');
  const types = await typesOf(api, sara);
  expect(types.join(' ')).toBe(
    'account-created signed-in signed-in removal-requested session-ended session-ended',
  );
  // A second one finds nothing to remove.
  await expectAppError(sara.api.account.remove(), 'SESSION_ENDED');
});

test.for(['otp', 'password'] as const)(
  'A50: a login by %s within thirty days keeps the account as it was',
  async (method) => {
    await using api = await createTestApi();
    const [sara, reza] = await api.signUpFriends();
    await sara.api.password.set({ password });
    await sara.api.account.remove();
    api.clock.advance(30 * day - second);
    await expect(sweep(api.app)).resolves.toMatchObject({ people: 0 });

    const back = api.anonymous();
    const { phone } = sara;
    const login =
      method === 'otp'
        ? await back.api.otp.verify(await back.requestCode(phone))
        : await back.api.password.login({ phone, password });
    expect(login).toMatchObject({ isRestored: true, isNewUser: false, user: { id: sara.id } });
    back.enter(login);
    await expect(findRow(api, sara)).resolves.toEqual({ status: 'active', erase_at: null, phone });
    await expect(typesOf(api, sara)).resolves.toContain('removal-canceled');
    await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
    const { items } = await back.api.friend.list({});
    expect(items.map(({ id }) => id)).toEqual([reza.id]);

    api.clock.advance(2 * day);
    await expect(sweep(api.app)).resolves.toMatchObject({ people: 0 });
    await expect(back.api.user.me()).resolves.toMatchObject({ id: sara.id, phone });
    const again = api.anonymous();
    const asked = await again.requestCode(phone);
    await expect(again.api.otp.verify(asked)).resolves.toMatchObject({ isRestored: false });
  },
);

test('A50: after thirty days the account is erased, once, and the number is free', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  await sara.api.account.remove();
  api.clock.advance(30 * day);
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 1 });
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 0 });
  await expect(findRow(api, sara)).resolves.toEqual({
    status: 'erased',
    erase_at: null,
    phone: null,
  });
  const anew = api.anonymous();
  const login = await anew.api.otp.verify(await anew.requestCode(sara.phone));
  expect(login).toMatchObject({ isNewUser: true, isRestored: false });
  expect(login.user.id).not.toBe(sara.id);
});

test('A50: removing again is harmless: at once, and after coming back', async () => {
  await using api = await createTestApi({ config: { otp } });
  const sara = await api.signUp();
  const results = await atOnce(5, () => sara.api.account.remove());
  const { ok, ...refused } = tally(results);
  expect([ok, refused]).toEqual([1, { SESSION_ENDED: 4 }]);
  const count = async (type: string): Promise<number> =>
    (await typesOf(api, sara)).filter((one) => one === type).length;
  await expect(count('removal-requested')).resolves.toBe(1);

  api.clock.advance(10 * day);
  const back = api.anonymous();
  await back.signIn(sara.phone);
  await back.api.account.remove();
  await expect(count('removal-requested')).resolves.toBe(2);
  // The thirty days are counted anew.
  api.clock.advance(29 * day);
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 0 });
  api.clock.advance(day);
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 1 });
});
