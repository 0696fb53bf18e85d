import { expect, test } from 'vitest';
import { hour, minute } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { another, cheap, cheapWith, login, password, profile, register } from './test/people.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';

test('A20: one phone number has one account of each kind that is offered, each with its password', async () => {
  const config = cheapWith({ accountKinds: ['personal', 'driver'] });
  await using api = await createTestApi({ config });
  const { answer: personal } = await register(api, phone);
  api.clock.advance(10 * minute);
  const driving = 'gravel tunnel cassette';
  const { answer: driver } = await register(api, phone, { kind: 'driver', password: driving });
  expect([personal.user.kind, driver.user.kind]).toEqual(['personal', 'driver']);
  expect(driver.user.id).not.toBe(personal.user.id);

  await expect(login(api, phone)).resolves.toMatchObject({ user: personal.user });
  await expect(login(api, phone, driving, 'driver')).resolves.toMatchObject({ user: driver.user });
  await expectAppError(login(api, phone, password, 'driver'), 'PASSWORD_WRONG');
  await expectAppError(login(api, phone, driving, 'personal'), 'PASSWORD_WRONG');

  api.clock.advance(hour);
  const guest = api.anonymous();
  const reset = await guest.requestCode(phone, 'reset-password');
  await guest.api.password.reset({ ...reset, password: 'meadow pickle orbit', kind: 'driver' });
  await expect(login(api, phone)).resolves.toMatchObject({ user: personal.user });
  await expect(login(api, phone, 'meadow pickle orbit', 'driver')).resolves.toBeDefined();
});

test('A20: a kind that is not offered cannot be chosen, not even one that exists', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, phone);
  await api.app.db
    .updateTable('users')
    .set({ kind: 'operator' })
    .where('id', '=', actor.id)
    .execute();
  api.clock.advance(10 * minute);
  const guest = api.anonymous();
  const code = await guest.requestCode(phone, 'login');
  for (const kind of ['operator', 'driver']) {
    const chosen = { ...code, kind };
    await expectAppError(login(api, phone, password, kind), 'USER_KIND_UNKNOWN');
    await expectAppError(guest.api.otp.verify(chosen), 'USER_KIND_UNKNOWN');
    await expectAppError(
      guest.api.password.register({ ...chosen, ...profile }),
      'USER_KIND_UNKNOWN',
    );
    await expectAppError(guest.api.password.reset({ ...chosen, password }), 'USER_KIND_UNKNOWN');
  }
  await expectAppError(login(api, phone), 'PASSWORD_WRONG');
  await expect(guest.api.otp.verify(code)).resolves.toMatchObject({
    isNewUser: true,
    user: { kind: 'personal' },
  });
});

test('A25: where people sign in by codes only, nothing about passwords is offered', async () => {
  await using api = await createTestApi({ config: cheapWith({ authMethods: ['otp'] }) });
  const sara = await api.signUp({ phone });
  const code = { challengeId: api.app.deps.newId(), code: '123456' };
  const { password: procedures, otp } = sara.api;
  const calls = [
    procedures.login({ phone, password }),
    procedures.register({ ...code, ...profile }),
    procedures.set({ password }),
    procedures.checkReset(code),
    procedures.reset({ ...code, password }),
    otp.request({ phone, purpose: 'register' }),
    otp.request({ email, purpose: 'reset-password' }),
    sara.api.account.confirm({ password }),
  ];
  expect(tally(await Promise.allSettled(calls))).toEqual({ AUTH_METHOD_OFF: calls.length });
});

test('A25: where people sign in by passwords only, codes register and reset but do not log in', async () => {
  await using api = await createTestApi({ config: cheapWith({ authMethods: ['password'] }) });
  await expectAppError(api.anonymous().api.otp.request({ phone }), 'AUTH_METHOD_OFF');
  await register(api, phone);
  api.clock.advance(10 * minute);
  const guest = api.anonymous();
  const code = await guest.requestCode(phone, 'reset-password');
  await expect(guest.api.password.checkReset(code)).resolves.toBeUndefined();
  await guest.api.password.reset({ ...code, password: another });
  await expect(login(api, phone, another)).resolves.toMatchObject({
    isNewUser: false,
  });
});
