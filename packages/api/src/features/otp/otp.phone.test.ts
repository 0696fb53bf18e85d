import { expect, test } from 'vitest';
import { createTestApi, expectAppError } from '../../testing/index.ts';
import { issuesOf, refusal } from '../password/test/people.ts';
import { newPhone, shareApi, unlimited, verify } from './test/codes.ts';

const phone = '+989121234567';
const shared = shareApi(unlimited);

test('A2, A3: a number is one and the same however it is typed', async () => {
  const api = shared();
  const ask = (typed: string) => api.anonymous().api.otp.request({ phone: typed });
  await ask('09121234567');
  for (const typed of [
    '+989121234567',
    '00989121234567',
    '9121234567',
    '۰۹۱۲۱۲۳۴۵۶۷',
    '۰۰۹۸۹۱۲۱۲۳۴۵۶۷',
    '٠٩١٢١٢٣٤٥٦٧',
    '٠٩١٢-١٢٣-٤٥٦٧',
    '+98 (912) 123.45.67',
    ' 0912 123 4567\n',
    '\u200e0912\u200b123\u200c4567\ufeff',
    '\u202a+98\u00a0912\u00a0123\u00a04567\u202c',
  ]) {
    await expectAppError(ask(typed), 'OTP_RESEND_TOO_SOON');
  }
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
});

const digits = {
  en: 'A phone number has digits only.',
  fa: 'شماره تلفن فقط رقم دارد.',
};

test('A2: what does not consist of digits is said so, in the language of the caller', async () => {
  const api = shared();
  for (const typed of [
    '0912abc4567',
    'abc',
    '+98912<script>',
    '0912\u0000',
    '++989121234567',
    '0912+1234567',
  ]) {
    for (const language of ['en', 'fa'] as const) {
      const asked = api.anonymous().api.otp.request({ phone: typed });
      expect(await issuesOf(asked, language)).toEqual([
        { path: 'phone', reason: 'phone-digits', message: digits[language] },
      ]);
    }
  }
});

test('A2: a wrong length, a wrong beginning and a number that cannot be are told apart', async () => {
  const api = shared();
  const ask = (typed: string) => api.anonymous().api.otp.request({ phone: typed });
  const reasons = {
    length: ['0912', '0912123456', '091212345678', '09'.padEnd(40, '1'), '۰۹۱۲۱۲۳۴۵۶'],
    prefix: ['02188776655', '12', '1', '19121234567', '0', '98912123456'],
    impossible: ['+98912345', '00989121', '+0123456789', '+982188776655', '+', '+999123456789'],
  };
  for (const [reason, numbers] of Object.entries(reasons)) {
    for (const typed of numbers) {
      expect(await expectAppError(ask(typed), 'PHONE_INVALID')).toEqual({ reason });
    }
  }
  const texts = [];
  for (const language of ['en', 'fa'] as const) {
    texts.push((await refusal(ask('0912'), language)).message);
  }
  expect(texts).toEqual(['This phone number is not valid.', 'شماره تلفن درست نیست.']);
});

test('A2: an empty number is missing, and one that is too long is not looked at', async () => {
  const api = shared();
  const ask = (typed: string) => api.anonymous().api.otp.request({ phone: typed });
  for (const empty of ['', ' ', '\u200b']) {
    expect(await issuesOf(ask(empty))).toMatchObject([{ path: 'phone', reason: 'required' }]);
  }
  const long = `+9891200000${'1'.repeat(50)}`;
  expect(await issuesOf(ask(long))).toMatchObject([{ path: 'phone', reason: 'too-long' }]);
});

test('A2: exactly one of phone and e-mail is given', async () => {
  const api = shared();
  const { otp } = api.anonymous().api;
  const one = [{ path: 'phone', reason: 'one-contact' }];
  expect(await issuesOf(otp.request({}))).toMatchObject(one);
  expect(await issuesOf(otp.request({ phone, email: 'sara@example.com' }))).toMatchObject(one);
});

test('A3: a number of any country that is served gets a code and has its account', async () => {
  await using api = await createTestApi({ config: { smsCountries: ['IR', 'GB', 'US'] } });
  for (const [typed, e164] of [
    ['+44 7400 123456', '+447400123456'],
    ['0012025550123', '+12025550123'],
  ] as const) {
    const code = await api.anonymous().requestCode(typed);
    expect(api.sms.to(e164)).toHaveLength(1);
    await expect(verify(api, code)).resolves.toMatchObject({ user: { phone: e164 } });
  }
});

test('A3: national numbers are read as those of the country that the operator has set', async () => {
  await using api = await createTestApi({
    config: { defaultCountry: 'GB', smsCountries: ['GB'] },
  });
  await api.anonymous().requestCode('07400 123456');
  expect(api.sms.to('+447400123456')).toHaveLength(1);
  expect(
    await expectAppError(api.anonymous().api.otp.request({ phone: '0740' }), 'PHONE_INVALID'),
  ).toEqual({ reason: 'impossible' });
});

test('A3: a number of a country that is not served gets the same answer, is counted, and no SMS', async () => {
  const api = shared();
  const served = newPhone();
  const expected = await api.anonymous().api.otp.request({ phone: served });
  const foreign = '+447400123456';
  const answer = await api.anonymous().api.otp.request({ phone: foreign });
  expect({ ...answer, challengeId: '' }).toEqual({ ...expected, challengeId: '' });
  const wrong = { challengeId: answer.challengeId, code: '123456' };
  await expectAppError(verify(api, wrong), 'OTP_CODE_INVALID');
  await expectAppError(api.anonymous().api.otp.request({ phone: foreign }), 'OTP_RESEND_TOO_SOON');
  await api.runJobs();
  expect(api.sms.to(foreign)).toEqual([]);
  expect(api.sms.to(served)).toHaveLength(1);
});
