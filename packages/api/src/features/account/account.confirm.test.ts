import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { hour, second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, type Actor } from '../../testing/index.ts';

/** Codes without a wait in between, for tests in which one number gets several. */
const otp = {
  ...defaultConfig.otp,
  resendSeconds: [0],
  sendsPerContactPer10Minutes: 100,
  sendsPerContactPerDay: 100,
};
const password = 'blue horse 27 stairs';

async function proofOf(
  person: Actor,
  by: 'phone' | 'email' = 'phone',
): Promise<{ challengeId: string; code: string }> {
  const { challengeId } = await person.api.account.requestConfirm({ by });
  return { challengeId, code: await person.readCode(challengeId) };
}

async function isFresh(person: Actor): Promise<boolean> {
  const answer = person.api.account.requestPhone({ phone: '+989351234567' });
  return answer.then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ appCode: 'SESSION_NOT_FRESH', data: { maxAgeSeconds: 300 } });
      return false;
    },
  );
}

test('A50: a person proves once more who they are, by SMS, by mail or by password', async () => {
  await using api = await createTestApi({ config: { otp } });
  const sara = await api.signUp();
  const email = 'sara@example.com';
  const asked = await sara.api.account.requestEmail({ email });
  const { challengeId } = asked;
  await sara.api.account.confirmEmail({ challengeId, code: await sara.readCode(challengeId) });
  await sara.api.password.set({ password });
  const other = api.anonymous();
  await other.signIn(sara.phone);

  const ways: [string, () => Promise<unknown>][] = [
    ['otp', async () => sara.api.account.confirm(await proofOf(sara))],
    ['otp', async () => sara.api.account.confirm(await proofOf(sara, 'email'))],
    ['password', () => sara.api.account.confirm({ password })],
  ];
  for (const [method, confirm] of ways) {
    api.clock.advance(hour);
    await expect(isFresh(sara)).resolves.toBe(false);
    await confirm();
    await expect(isFresh(sara)).resolves.toBe(true);
    // One device has proved it, and the other one has not.
    await expect(isFresh(other)).resolves.toBe(false);
    const { authenticatedAt, createdAt } = await sara.api.session.get();
    expect(authenticatedAt).toEqual(api.clock.now());
    expect(createdAt.getTime()).toBeLessThan(authenticatedAt.getTime());
    const { items } = await sara.api.session.listEvents({ limit: 1 });
    expect(items).toMatchObject([
      { type: 'identity-confirmed', sessionId: sara.sessionId, detail: { method } },
    ]);
  }
  expect(api.mail.to(email)).toHaveLength(2);
});

test('A50: what is no proof opens nothing', async () => {
  await using api = await createTestApi({ config: { otp } });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  await reza.api.password.set({ password });
  api.clock.advance(hour);
  const { account } = sara.api;
  const rezas = await proofOf(reza);
  await expectAppError(account.confirm(rezas), 'OTP_CODE_INVALID');
  await expectAppError(account.confirm({ password }), 'PASSWORD_WRONG');
  api.clock.advance(second);
  await expectAppError(account.confirm({ password }), 'PASSWORD_WRONG');
  await expectAppError(account.confirm({ password }), 'PASSWORD_TOO_MANY_TRIES');
  await expectAppError(account.confirm(await sara.requestCode(sara.phone)), 'OTP_CODE_INVALID');
  await expectAppError(account.requestConfirm({ by: 'email' }), 'USER_NOT_FOUND');
  const { challengeId, code } = await proofOf(sara);
  for (const neitherNorBoth of [
    {},
    { challengeId },
    { code },
    { challengeId, code, password },
    { challengeId, password },
  ]) {
    await expect(account.confirm(neitherNorBoth)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
  await expect(isFresh(sara)).resolves.toBe(false);
  await account.confirm({ challengeId, code });
  await expect(isFresh(sara)).resolves.toBe(true);
  await expectAppError(account.confirm({ challengeId, code }), 'OTP_EXPIRED');
  await expectAppError(api.anonymous().api.account.confirm(rezas), 'AUTH_REQUIRED');
});
