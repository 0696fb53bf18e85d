import { expect, test } from 'vitest';
import { minute, second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, type TestApi } from '../../testing/index.ts';
import {
  another,
  cheap,
  loggedIn,
  login,
  password,
  register,
  weaknessesOf,
} from './test/people.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';

/** A code for a new password, asked for by somebody who is not signed in. */
function resetCode(api: TestApi, contact: string) {
  return api.anonymous().requestCode(contact, 'reset-password');
}

test('A46: a reset ends every session and tells their open sockets', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor: first } = await register(api, phone);
  const others = [await loggedIn(api, phone), await loggedIn(api, phone)];
  const { actor: stranger } = await register(api, email);
  api.clock.advance(10 * minute);
  const devices = [first, ...others];
  const sockets = await Promise.all(devices.map(async (device) => (await device.listen()).ready()));
  const code = await resetCode(api, phone);

  await api.anonymous().api.password.reset({ ...code, password: another });
  for (const [index, { sessionId, refreshToken, api: caller }] of devices.entries()) {
    await expectAppError(caller.user.me(), 'SESSION_ENDED');
    await expectAppError(caller.session.refresh({ refreshToken }), 'SESSION_ENDED');
    const socket = sockets[index];
    await socket?.until(
      (event) => event.type === 'session.ended' && event.body.sessionId === sessionId,
    );
    const ends = socket?.stored.filter(({ type }) => type === 'session.ended');
    expect(ends).toContainEqual(
      expect.objectContaining({ body: { sessionId, reason: 'password-changed' } }),
    );
    await expect.poll(() => socket?.closeCode).toBe(4403);
  }
  const living = api.app.db.selectFrom('sessions').select('id').where('ended_at', 'is', null);
  await expect(living.execute()).resolves.toEqual([{ id: stranger.sessionId }]);

  const back = await loggedIn(api, phone, another);
  const { items } = await back.api.session.listEvents({});
  expect(items.filter(({ type }) => type === 'password-reset')).toHaveLength(1);
});

test('A46: a reset voids every code that is under way and forgets the wait', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor: thief } = await register(api, phone);
  const { challengeId } = await thief.api.account.requestEmail({ email });
  const toConfirm = { challengeId, code: await thief.readCode(challengeId) };
  api.clock.advance(2 * minute);
  const toLogIn = await api.anonymous().requestCode(phone, 'login');
  api.clock.advance(90 * second);
  const code = await resetCode(api, phone);
  await expectAppError(login(api, phone, another), 'PASSWORD_WRONG');
  await expectAppError(login(api, phone), 'PASSWORD_TOO_MANY_TRIES');

  await api.anonymous().api.password.reset({ ...code, password: another });
  const back = await loggedIn(api, phone, another);
  await expectAppError(api.anonymous().api.otp.verify(toLogIn), 'OTP_EXPIRED');
  await expectAppError(back.api.account.confirmEmail(toConfirm), 'OTP_EXPIRED');
  await expect(back.api.user.me()).resolves.toMatchObject({ email: null });
});

test('A42: a new password that is too weak is refused and the code stays good', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, email);
  api.clock.advance(10 * minute);
  const code = await resetCode(api, email);
  const { password: guest } = api.anonymous().api;
  const weak = [
    ['12345678', ['digits-only', 'common']],
    ['my dear Moradi', ['personal']],
    ['Sara.Moradi!', ['personal']],
  ] as const;
  // More refusals than a code has attempts: none of them costs one.
  for (const [typed, weaknesses] of [...weak, ...weak, ...weak]) {
    const call = guest.reset({ ...code, password: typed });
    await expect(weaknessesOf(call)).resolves.toEqual(weaknesses);
  }
  await expect(guest.reset({ ...code, password: another })).resolves.toBeUndefined();
});

test('A42: a closed account gets no new password, and one without a password gets its first', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { phone: passwordless } = await api.signUp();
  api.clock.advance(10 * minute);
  const code = await resetCode(api, passwordless);
  const setStatus = (status: 'active' | 'inactive') =>
    api.app.db.updateTable('users').set({ status }).execute();
  const { password: guest } = api.anonymous().api;
  await setStatus('inactive');
  await expectAppError(guest.reset({ ...code, password: another }), 'USER_INACTIVE');
  await setStatus('active');
  await guest.reset({ ...code, password: another });
  await expect(login(api, passwordless, another)).resolves.toBeDefined();
  await expectAppError(login(api, passwordless, password), 'PASSWORD_WRONG');
});
