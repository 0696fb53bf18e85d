import { expect, test } from 'vitest';
import { second } from '../../kernel/duration.ts';
import { expectAppError, type Actor } from '../../testing/index.ts';
import { cheap, profile, refusal } from '../password/test/people.ts';
import type { CodePurpose } from './otp.challenge.ts';
import { attemptsOf, codes, newPhone, shareApi, verify, type Given } from './test/codes.ts';

const patient = codes({
  attemptsPerChallenge: 6,
  lifeSeconds: 600,
  resendSeconds: [1],
  sendsPerContactPer10Minutes: 9,
});

const shared = shareApi({ ...patient, ...cheap() });

/** How each kind of code is asked for; the one for a new password goes to whoever has an account. */
const ask: Record<CodePurpose, (who: Actor, known: string) => Promise<{ challengeId: string }>> = {
  login: (who) => who.api.otp.request({ phone: newPhone() }),
  register: (who) => who.api.otp.request({ phone: newPhone(), purpose: 'register' }),
  'reset-password': (who, known) =>
    who.api.otp.request({ phone: known, purpose: 'reset-password' }),
  confirm: (who) => who.api.account.requestConfirm({}),
  'change-phone': (who) => who.api.account.requestPhone({ phone: newPhone() }),
  'confirm-email': (who) => who.api.account.requestEmail({ email: `${newPhone()}@example.com` }),
};

/** What takes each kind of code. */
const give: Record<CodePurpose, (who: Actor, given: Given) => Promise<unknown>> = {
  login: (who, given) => who.api.otp.verify(given),
  register: (who, given) => who.api.password.register({ ...given, ...profile }),
  'reset-password': (who, given) => who.api.password.checkReset(given),
  'change-phone': (who, given) => who.api.account.changePhone(given),
  'confirm-email': (who, given) => who.api.account.confirmEmail(given),
  confirm: (who, given) => who.api.account.confirm(given),
};

/** In this order no purpose takes from another what it needs. */
const purposes = Object.keys(ask) as CodePurpose[];

test('A16: a code is wrong for every purpose but its own, and each try counts', async () => {
  const api = shared();
  const who = await api.signUp();
  const other = await api.signUp();
  for (const purpose of purposes) {
    api.clock.advance(second);
    const { challengeId } = await ask[purpose](who, other.phone);
    const given = { challengeId, code: await who.readCode(challengeId) };
    const wrong = purposes.filter((one) => one !== purpose);
    for (const one of wrong) {
      const { appCode } = await refusal(give[one](who, given));
      expect({ purpose, one, appCode }).toEqual({ purpose, one, appCode: 'OTP_CODE_INVALID' });
    }
    expect(await attemptsOf(api, challengeId)).toBe(5);
    await give[purpose](who, given);
  }
});

test('A11: a code is wrong for another challenge, and counts against that one', async () => {
  const api = shared();
  const phone = newPhone();
  const mine = await api.anonymous().requestCode(phone);
  const other = await api.anonymous().requestCode(newPhone());
  const swapped = { challengeId: other.challengeId, code: mine.code };
  await expectAppError(verify(api, swapped), 'OTP_CODE_INVALID');
  expect(await attemptsOf(api, other.challengeId)).toBe(1);
  expect(await attemptsOf(api, mine.challengeId)).toBe(0);
  await expect(verify(api, mine)).resolves.toMatchObject({ user: { phone } });
});

test('A11: a code is wrong on every device but the one that asked for it, and each try counts', async () => {
  const api = shared();
  const phone = newPhone();
  const [mine, other] = ['m'.repeat(22), 'o'.repeat(22)];
  const bound = await api.anonymous({ deviceKey: mine }).requestCode(phone);
  for (const [count, deviceKey] of [other, null, '', `${mine}m`].entries()) {
    await expectAppError(verify(api, bound, { deviceKey }), 'OTP_CODE_INVALID');
    expect(await attemptsOf(api, bound.challengeId)).toBe(count + 1);
  }
  await expect(verify(api, bound, { deviceKey: mine })).resolves.toBeDefined();

  const free = await api.anonymous().requestCode(newPhone());
  await expectAppError(verify(api, free, { deviceKey: mine }), 'OTP_CODE_INVALID');
  await expect(verify(api, free)).resolves.toBeDefined();
});

test('A11: a code that somebody signed in asked for is wrong for everybody else', async () => {
  const api = shared();
  const who = await api.signUp();
  const thief = await api.signUp();
  for (const purpose of ['confirm', 'change-phone', 'confirm-email'] as const) {
    api.clock.advance(second);
    const { challengeId } = await ask[purpose](who, '');
    const given = { challengeId, code: await who.readCode(challengeId) };
    await expectAppError(give[purpose](thief, given), 'OTP_CODE_INVALID');
    expect(await attemptsOf(api, challengeId)).toBe(1);
    await expectAppError(give[purpose](api.anonymous(), given), 'AUTH_REQUIRED');
    expect(await attemptsOf(api, challengeId)).toBe(1);
    await give[purpose](who, given);
  }
});

test('A16: a login code and a register code of one phone live side by side', async () => {
  const api = shared();
  const phone = newPhone();
  const login = await api.anonymous().requestCode(phone, 'login');
  api.clock.advance(second);
  const register = await api.anonymous().requestCode(phone, 'register');
  const made = await api.anonymous().api.password.register({ ...register, ...profile });
  expect(made).toMatchObject({ isNewUser: true, user: { phone } });
  await expect(verify(api, login)).resolves.toMatchObject({
    isNewUser: false,
    user: { id: made.user.id },
  });
});

test('A16: a code takes the place of one for its own purpose only, with its wrong guesses', async () => {
  const api = shared();
  const who = await api.signUp();
  api.clock.advance(second);
  const first = await api.anonymous().requestCode(who.phone, 'login');
  await expectAppError(give.register(who, first), 'OTP_CODE_INVALID');
  api.clock.advance(second);
  const reset = await api.anonymous().requestCode(who.phone, 'reset-password');
  api.clock.advance(second);
  const { challengeId } = await who.api.account.requestConfirm({});
  const confirm = { challengeId, code: await who.readCode(challengeId) };
  expect(await attemptsOf(api, reset.challengeId)).toBe(0);
  api.clock.advance(second);
  const next = await api.anonymous().requestCode(who.phone, 'login');
  expect(await attemptsOf(api, next.challengeId)).toBe(1);
  await expectAppError(verify(api, first), 'OTP_EXPIRED');
  await expect(give['reset-password'](api.anonymous(), reset)).resolves.toBeUndefined();
  await expect(give.confirm(who, confirm)).resolves.toBeUndefined();
  await expect(verify(api, next)).resolves.toMatchObject({ user: { id: who.id } });
});

test('A16: a code that somebody else asks for at the same contact leaves mine as it is', async () => {
  const api = shared();
  const phone = newPhone();
  const [who, rival] = [await api.signUp(), await api.signUp()];
  const asked = async (actor: Actor): Promise<Given> => {
    const { challengeId } = await actor.api.account.requestPhone({ phone });
    api.clock.advance(second);
    return { challengeId, code: await actor.readCode(challengeId) };
  };
  const mine = await asked(who);
  await expectAppError(give['change-phone'](rival, mine), 'OTP_CODE_INVALID');
  const theirs = await asked(rival);
  const guest = await api.anonymous().requestCode(phone);
  expect(await attemptsOf(api, theirs.challengeId)).toBe(0);
  await expect(give['change-phone'](who, mine)).resolves.toMatchObject({ phone });
  await expectAppError(give['change-phone'](rival, theirs), 'USER_PHONE_TAKEN');
  await expect(verify(api, guest)).resolves.toMatchObject({ user: { id: who.id } });
});

test('A16: what a code is for is one of three, a login where nothing is said', async () => {
  const api = shared();
  const phone = newPhone();
  const { challengeId } = await api.anonymous().api.otp.request({ phone });
  const row = api.app.db
    .selectFrom('otp_challenges')
    .select('purpose')
    .where('id', '=', challengeId)
    .executeTakeFirst();
  await expect(row).resolves.toEqual({ purpose: 'login' });
  for (const purpose of ['confirm', 'change-phone', 'confirm-email', 'admin', '']) {
    const asked = api.anonymous().api.otp.request({ phone, purpose: purpose as 'login' });
    await expect(asked).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
});

test('A11: with the phone number every code under way of its account is void, and the owner is told', async () => {
  const api = shared();
  const who = await api.signUp();
  const before = who.phone;
  const elsewhere = api.anonymous();
  api.clock.advance(second);
  await elsewhere.signIn(before);
  api.clock.advance(second);
  const stolen = await api.anonymous().requestCode(before);
  const { challengeId } = await ask['change-phone'](who, '');
  await give['change-phone'](who, { challengeId, code: await who.readCode(challengeId) });
  await api.runJobs();
  await expectAppError(verify(api, stolen), 'OTP_EXPIRED');
  await expectAppError(elsewhere.api.user.me(), 'SESSION_ENDED');
  expect(api.sms.to(before).at(-1)).toMatch(/was changed/);
});
