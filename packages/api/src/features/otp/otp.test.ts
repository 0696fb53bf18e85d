import { expect, test } from 'vitest';
import { hour, minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { refusal, wrongCode } from '../password/test/people.ts';
import { codes, newPhone, shareApi, verify } from './test/codes.ts';

const email = 'sara.moradi@example.com';
const shared = shareApi();

test('A1: the answer to a request holds an id and two instants; the code is in the SMS only', async () => {
  const api = shared();
  const phone = newPhone();
  const guest = api.anonymous();
  const answer = await guest.api.otp.request({ phone });
  const now = api.clock.now().getTime();
  expect(answer.challengeId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(answer).toEqual({
    challengeId: answer.challengeId,
    expiresAt: new Date(now + 120 * second),
    resendAt: new Date(now + 60 * second),
  });
  expect(api.sms.to(phone)).toEqual([]);
  const code = await guest.readCode(answer.challengeId);
  expect(code).toMatch(/^\d{6}$/);
  expect(api.sms.to(phone)).toEqual([expect.stringContaining(code)]);
});

test('A1, A18: a code goes to an e-mail address too, and makes the account that is named by it', async () => {
  const api = shared();
  const guest = api.anonymous();
  const code = await guest.requestCode(' Sara.Moradi@Example.COM ');
  expect(api.mail.to(email)).toHaveLength(1);
  const login = await guest.api.otp.verify(code);
  expect(login).toMatchObject({ isNewUser: true, user: { email, phone: null } });
});

test('A1: without a mail server a code to an e-mail address is refused', async () => {
  await using api = await createTestApi({ mail: null });
  await expectAppError(api.anonymous().api.otp.request({ email }), 'MAIL_OFF');
});

test('A11, A18, A21: a code signs in one time: first it makes the account, a later one finds it', async () => {
  const api = shared();
  const phone = newPhone();
  const guest = api.anonymous();
  const first = await guest.requestCode(phone);
  const signedUp = await guest.api.otp.verify(first);
  expect(signedUp).toMatchObject({ isNewUser: true, user: { phone }, accessExpiresIn: 300 });
  expect(signedUp.user).not.toHaveProperty('role');
  guest.enter(signedUp);
  await expect(guest.api.user.me()).resolves.toEqual(signedUp.user);
  const { refreshToken } = signedUp;
  const refreshed = await guest.api.session.refresh({ refreshToken });
  expect(refreshed.accessToken).toBeTruthy();
  await expectAppError(verify(api, first), 'OTP_EXPIRED');

  api.clock.advance(minute);
  const again = await verify(api, await api.anonymous().requestCode(phone));
  expect(again).toMatchObject({ isNewUser: false, user: { id: signedUp.user.id } });
});

test('A18: a closed account is not opened by a code', async () => {
  const api = shared();
  const sara = await api.signUp();
  await api.app.db
    .updateTable('users')
    .set({ status: 'inactive' })
    .where('id', '=', sara.id)
    .execute();
  await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
  api.clock.advance(10 * minute);
  const next = await api.anonymous().requestCode(sara.phone);
  await expectAppError(verify(api, next), 'USER_INACTIVE');
});

test('A4: the length of a code is what the operator says, from three digits to ten', async () => {
  for (const length of [3, 10]) {
    await using api = await createTestApi({ config: codes({ length }) });
    const code = await api.anonymous().requestCode(newPhone());
    expect(code.code).toMatch(new RegExp(`^\\d{${length}}$`));
    const persian = code.code.replaceAll(/\d/g, (digit) => '۰۱۲۳۴۵۶۷۸۹'.charAt(Number(digit)));
    const typed = `${persian.slice(0, 2)} ${persian.slice(2)}`;
    await expect(verify(api, { ...code, code: typed })).resolves.toBeDefined();
  }
});

test('A5, A13: a code lives as long as the operator says, a mailed one for its own time', async () => {
  await using api = await createTestApi({
    config: codes({ lifeSeconds: 240, mailLifeSeconds: 900 }),
  });
  const born = api.clock.now().getTime();
  const bySms = await api.anonymous().api.otp.request({ phone: newPhone() });
  const byMail = await api.anonymous().api.otp.request({ email });
  expect(bySms.expiresAt).toEqual(new Date(born + 240 * second));
  expect(byMail.expiresAt).toEqual(new Date(born + 900 * second));
  const guest = api.anonymous();
  const smsCode = await guest.readCode(bySms.challengeId);
  const mailCode = await guest.readCode(byMail.challengeId);
  api.clock.advance(240 * second);
  await expectAppError(verify(api, { ...bySms, code: smsCode }), 'OTP_EXPIRED');
  api.clock.advance(660 * second - 1);
  await expect(verify(api, { ...byMail, code: mailCode })).resolves.toBeDefined();
});

test('A13: an expired code, a used one and one of no challenge have one error with its own words', async () => {
  const api = shared();
  const phone = newPhone();
  const late = await api.anonymous().requestCode(phone);
  api.clock.advance(120 * second - 1);
  const wrong = { ...late, code: wrongCode(late.code) };
  await expectAppError(verify(api, wrong), 'OTP_CODE_INVALID');
  api.clock.advance(1);
  const used = await api.anonymous().requestCode(phone);
  await verify(api, used);
  const unknown = { challengeId: api.app.deps.newId(), code: '123456' };
  for (const given of [late, used, unknown]) {
    expect(await refusal(verify(api, given))).toEqual({
      appCode: 'OTP_EXPIRED',
      message: 'The code has expired. Please ask for a new one.',
      data: undefined,
    });
    const { message } = await refusal(verify(api, given), 'fa');
    expect(message).toBe('زمان کد گذشته است. کد تازه‌ای بگیرید.');
  }
});

test('A6: asking again while it is too soon is refused with the seconds that are left', async () => {
  const api = shared();
  const phone = newPhone();
  const ask = () => api.anonymous().api.otp.request({ phone });
  const data = async () => (await expectAppError(ask(), 'OTP_RESEND_TOO_SOON'))?.retryAfterSeconds;
  const { resendAt } = await ask();
  await expect(data()).resolves.toBe(60);
  api.clock.advance(59.5 * second);
  await expect(data()).resolves.toBe(1);
  expect((await refusal(ask(), 'fa')).message).toMatch(/^کد همین حالا فرستاده شد/);
  api.clock.advance(0.5 * second);
  expect(api.clock.now()).toEqual(resendAt);
  const second_ = await ask();
  expect(second_.resendAt.getTime() - api.clock.now().getTime()).toBe(90 * second);
});

test('A6, A15: a number gets three codes in ten minutes and six a day', async () => {
  const api = shared();
  const phone = newPhone();
  const ask = () => api.anonymous().api.otp.request({ phone });
  const wait = async () =>
    (await expectAppError(ask(), 'OTP_TOO_MANY_REQUESTS'))?.retryAfterSeconds ?? 0;
  for (const pause of [60, 90, 180]) {
    await ask();
    api.clock.advance(pause * second);
  }
  await expect(wait()).resolves.toBe(600 - 330);
  for (let sent = 3; sent < 6; sent += 1) {
    api.clock.advance(hour);
    await ask();
  }
  api.clock.advance(hour);
  await expect(wait()).resolves.toBe((24 * hour - 4 * hour) / second - 330);
  api.clock.advance(20 * hour - 330 * second);
  await expect(ask()).resolves.toBeDefined();
});

test('A6: of twenty requests for one number at once one sends an SMS', async () => {
  const api = shared();
  const phone = newPhone();
  const results = await atOnce(20, () => api.anonymous().api.otp.request({ phone }));
  expect(tally(results)).toEqual({ ok: 1, OTP_RESEND_TOO_SOON: 19 });
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
});

test('A7: a later code takes the place of the one before, expired or not', async () => {
  const api = shared();
  const phone = newPhone();
  const first = await api.anonymous().requestCode(phone);
  api.clock.advance(60 * second);
  const next = await api.anonymous().requestCode(phone);
  await expectAppError(verify(api, first), 'OTP_EXPIRED');
  api.clock.advance(150 * second);
  const last = await api.anonymous().requestCode(phone);
  await expectAppError(verify(api, next), 'OTP_EXPIRED');
  await expect(verify(api, last)).resolves.toMatchObject({ isNewUser: true });
});
