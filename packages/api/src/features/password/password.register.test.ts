import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { hour, minute } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { cheap, issuesOf, login, password, profile, register, wrongCode } from './test/people.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';

test('A19: registers by phone code with password, names and e-mail, which counts once confirmed', async () => {
  await using api = await createTestApi({ config: cheap() });
  const details = { email: 'Sara.Moradi@Example.com', birthday: '1990-02-28' };
  const { actor, answer } = await register(api, phone, details);
  expect(answer).toMatchObject({ isNewUser: true, isRestored: false, accessExpiresIn: 300 });
  expect(answer.user).toEqual({
    id: answer.user.id,
    phone,
    email: null,
    kind: 'personal',
    firstName: 'Sara',
    lastName: 'Moradi',
    birthday: '1990-02-28',
    language: null,
    timeZone: null,
    presenceVisibility: 'friends',
    showsReceipts: true,
    createdAt: api.clock.now(),
  });
  await expect(actor.api.user.me()).resolves.toEqual(answer.user);
  const { refreshToken } = answer;
  await expect(actor.api.session.refresh({ refreshToken })).resolves.toBeDefined();

  await expectAppError(login(api, email), 'PASSWORD_WRONG');
  const challengeId = answer.emailChallenge?.challengeId ?? '';
  const code = await actor.readCode(challengeId);
  expect(api.mail.to(email).map(({ ref }) => ref)).toEqual([challengeId]);
  await expect(actor.api.account.confirmEmail({ challengeId, code })).resolves.toMatchObject({
    email,
  });
  api.clock.advance(minute);
  await expect(login(api, email)).resolves.toMatchObject({ user: { id: answer.user.id, email } });
});

test('A19: what the register code was for is written down, and the code is used up', async () => {
  await using api = await createTestApi({ config: cheap() });
  const guest = api.anonymous();
  const code = await guest.requestCode(phone, 'register');
  const wrong = { ...profile, ...code, code: wrongCode(code.code) };
  await expectAppError(guest.api.password.register(wrong), 'OTP_CODE_INVALID');
  guest.enter(await guest.api.password.register({ ...code, ...profile }));
  await expectAppError(guest.api.password.register({ ...code, ...profile }), 'OTP_EXPIRED');
  const { items } = await guest.api.session.listEvents({});
  expect(items.map(({ type, detail }) => [type, detail])).toEqual([
    ['signed-in', { method: 'password' }],
    ['account-created', {}],
  ]);
});

test('A19: a code for another purpose registers nobody, and a register code does nothing else', async () => {
  await using api = await createTestApi({ config: cheap() });
  const guest = api.anonymous();
  const byLogin = await guest.requestCode(phone, 'login');
  await expectAppError(guest.api.password.register({ ...byLogin, ...profile }), 'OTP_CODE_INVALID');
  api.clock.advance(2 * minute);
  const code = await guest.requestCode(phone, 'register');
  await expectAppError(guest.api.otp.verify(code), 'OTP_CODE_INVALID');
  await expectAppError(guest.api.password.reset({ ...code, password }), 'OTP_CODE_INVALID');
  await expect(guest.api.password.register({ ...code, ...profile })).resolves.toBeDefined();
});

test('A19: where no mail goes out the account is made all the same', async () => {
  await using api = await createTestApi({ config: cheap(), mail: null });
  const { answer } = await register(api, phone, { email });
  expect(answer).toMatchObject({ emailChallenge: null, user: { phone, email: null } });
  await expectAppError(api.anonymous().api.otp.request({ email }), 'MAIL_OFF');
});

test('A35: a birthday is checked before the code is, by the day in the usual time zone', async () => {
  await using api = await createTestApi({ config: cheap() });
  const guest = api.anonymous();
  // It is 08:00 UTC on the 20th; in Tehran the 21st begins at 20:30.
  api.clock.advance(12 * hour + 29 * minute);
  const code = await guest.requestCode(phone, 'register');
  const attempt = (birthday: string) =>
    guest.api.password.register({ ...code, ...profile, birthday });
  const reasons = ['birthday-future', 'birthday-young', 'birthday-old'];
  for (const [index, birthday] of ['2026-11-21', '2012-11-21', '1905-11-20'].entries()) {
    for (let i = 0; i < 3; i += 1) {
      const issues = await issuesOf(attempt(birthday));
      expect(issues).toMatchObject([{ path: 'birthday', reason: reasons[index] }]);
    }
  }
  api.clock.advance(minute);
  await expect(attempt('2012-11-21')).resolves.toMatchObject({ user: { birthday: '2012-11-21' } });
});

test('A28: registers by e-mail code without a phone number, and answers neither password nor hash', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { answer } = await register(api, email, { birthday: '2000-02-29' });
  expect(Object.keys(answer).toSorted()).toEqual([
    'accessExpiresIn',
    'accessToken',
    'emailChallenge',
    'isNewUser',
    'isRestored',
    'refreshToken',
    'user',
  ]);
  expect(answer.emailChallenge).toBeNull();
  expect(answer.user).toMatchObject({ email, phone: null, birthday: '2000-02-29' });
  expect(Object.keys(answer.user).toSorted()).toEqual([
    'birthday',
    'createdAt',
    'email',
    'firstName',
    'id',
    'kind',
    'language',
    'lastName',
    'phone',
    'presenceVisibility',
    'showsReceipts',
    'timeZone',
  ]);
  const shown = inspect(answer, { depth: null });
  expect(shown).not.toContain(password);
  expect(shown).not.toContain('argon2');
  const rows = await api.app.db.selectFrom('passwords').select('hash').execute();
  expect(rows).toHaveLength(1);
  expect(rows[0]?.hash).toMatch(/^\$argon2id\$v=19\$m=1024,t=1,p=1\$/);
});

test('A30: a taken contact is refused in whatever way it is written, and told to its owner only', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, email);
  await register(api, phone);
  api.clock.advance(10 * minute);
  const taken = [
    ['SARA.Moradi@EXAMPLE.com', 'USER_EMAIL_TAKEN'],
    ['۰۹۱۲ ۱۲۳ ۴۵۶۷', 'USER_PHONE_TAKEN'],
  ] as const;
  for (const [contact, refusedBy] of taken) {
    const guest = api.anonymous();
    const code = await guest.requestCode(contact, 'register');
    const wrong = { ...profile, ...code, code: wrongCode(code.code) };
    await expectAppError(guest.api.password.register(wrong), 'OTP_CODE_INVALID');
    await expectAppError(guest.api.password.register({ ...profile, ...code }), refusedBy);
  }
  const users = await api.app.db.selectFrom('users').select('id').execute();
  expect(users).toHaveLength(2);
});

test('A30: ten registrations by one code at once make one account', async () => {
  await using api = await createTestApi({ config: cheap() });
  const code = await api.anonymous().requestCode('Sara.Moradi@Example.COM', 'register');
  const results = await atOnce(10, () =>
    api.anonymous().api.password.register({ ...code, ...profile }),
  );
  const counts = tally(results);
  expect(counts['ok']).toBe(1);
  expect((counts['OTP_EXPIRED'] ?? 0) + (counts['OTP_CHALLENGE_LOCKED'] ?? 0)).toBe(9);
  for (const table of ['users', 'passwords', 'sessions'] as const) {
    await expect(api.app.db.selectFrom(table).selectAll().execute()).resolves.toHaveLength(1);
  }
});

test('A30: an address that is registered, logged in by and confirmed at once belongs to one account', async () => {
  await using api = await createTestApi({ config: cheap() });
  for (const round of [1, 2, 3, 4]) {
    const address = `round.${round}@example.com`;
    const guest = api.anonymous();
    const toRegister = await guest.requestCode(`Round.${round}@example.com`, 'register');
    api.clock.advance(minute);
    const toLogIn = await guest.requestCode(`ROUND.${round}@example.com`, 'login');
    api.clock.advance(2 * minute);
    const reza = await api.signUp();
    const { challengeId } = await reza.api.account.requestEmail({ email: address.toUpperCase() });
    const toConfirm = { challengeId, code: await reza.readCode(challengeId) };
    const results = await Promise.allSettled([
      api.anonymous().api.password.register({ ...toRegister, ...profile }),
      reza.api.account.confirmEmail(toConfirm),
      api.anonymous().api.otp.verify(toLogIn),
    ]);
    const { ok, USER_EMAIL_TAKEN: taken } = tally(results);
    expect(results[2].status).toBe('fulfilled');
    expect((ok ?? 0) + (taken ?? 0)).toBe(3);
    expect(taken).toBeGreaterThan(0);
    const owners = await api.app.db
      .selectFrom('users')
      .select('id')
      .where((eb) => eb(eb.fn('lower', ['email']), '=', address))
      .execute();
    expect(owners).toHaveLength(1);
    api.clock.advance(hour);
  }
});
