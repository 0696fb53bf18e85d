import type { OtpPurpose } from '@chapar/contract';
import { expect, test } from 'vitest';
import { second } from '../../kernel/duration.ts';
import { createTestApi, type TestApi } from '../../testing/index.ts';
import type { CodePurpose } from './otp.challenge.ts';
import { mailText, smsText } from './otp.text.ts';
import { codes, newPhone, shareApi } from './test/codes.ts';

const reasons: Record<CodePurpose, { fa: string; en: string }> = {
  login: { fa: 'کد ورود', en: 'Your login code' },
  register: { fa: 'کد ثبت‌نام', en: 'Your registration code' },
  'reset-password': { fa: 'کد تغییر گذرواژه', en: 'Your code for a new password' },
  'change-phone': { fa: 'کد تغییر شماره', en: 'Your code for the new phone number' },
  'confirm-email': { fa: 'کد تأیید ایمیل', en: 'Your code to confirm this address' },
  confirm: { fa: 'کد تأیید هویت', en: 'Your confirmation code' },
};
const warnings = { fa: 'این کد را به کسی نگویید.', en: 'Do not share it with anyone.' };
const patient = codes({ resendSeconds: [1], sendsPerContactPer10Minutes: 9 });

/** The last SMS of a number, with its code replaced. */
async function lastSms(api: TestApi, phone: string): Promise<string | undefined> {
  await api.runJobs();
  return api.sms.to(phone).at(-1)?.replace(/\d{6}/, '######');
}

const shared = shareApi(patient);

test('A1: the text names the product and the purpose, in the language of the request', async () => {
  const api = shared();
  const phone = newPhone();
  for (const purpose of ['login', 'register'] satisfies OtpPurpose[]) {
    for (const language of ['en', 'fa'] as const) {
      await api.anonymous({ language }).api.otp.request({ phone, purpose });
      expect(await lastSms(api, phone)).toBe(
        `Chapar\n${reasons[purpose][language]}: ######\n${warnings[language]}`,
      );
      api.clock.advance(second);
    }
  }
});

test('A1: with a web domain the last line gives the code to its pages alone', async () => {
  await using api = await createTestApi({ config: codes({ webDomain: 'app.example.com' }) });
  for (const language of ['en', 'fa'] as const) {
    const phone = newPhone();
    const { code } = await api.anonymous({ language }).requestCode(phone);
    const lines = api.sms.to(phone)[0]?.split('\n') ?? [];
    expect(lines.slice(-2)).toEqual(['', `@app.example.com #${code}`]);
    expect(lines[1]).toBe(`${reasons.login[language]}: ${code}`);
  }
});

test('A1: the language that an account has chosen goes before that of the request', async () => {
  const api = shared();
  const sara = await api.signUp();
  const ask = (phone: string) => api.anonymous({ language: 'en' }).api.otp.request({ phone });
  await sara.api.user.update({ language: 'fa' });
  api.clock.advance(second);
  await ask(sara.phone);
  expect(await lastSms(api, sara.phone)).toContain(reasons.login.fa);

  // A number of nobody yet, or of somebody else: the language of the one who asks.
  const other = await api.signUp();
  await other.api.user.update({ language: 'en' });
  api.clock.advance(second);
  for (const phone of [newPhone(), other.phone]) {
    await sara.api.account.requestPhone({ phone });
    expect(await lastSms(api, phone)).toContain(reasons['change-phone'].fa);
  }
  await sara.api.account.requestEmail({ email: 'sara@example.com' });
  await api.runJobs();
  expect(api.mail.to('sara@example.com')[0]?.text).toContain(reasons['confirm-email'].fa);

  await sara.api.user.update({ language: null });
  api.clock.advance(second);
  await ask(sara.phone);
  expect(await lastSms(api, sara.phone)).toContain(reasons.login.en);
});

test('A1: nothing that people have typed is in the texts', async () => {
  const api = shared();
  const sara = await api.signUp({ firstName: 'Winner' });
  await sara.api.user.update({ lastName: 'Prize' });
  api.clock.advance(second);
  const guest = api.anonymous({ userAgent: 'visit evil.example' });
  await guest.api.otp.request({ phone: ` ${sara.phone} `, captcha: 'evil.example' });
  expect(await lastSms(api, sara.phone)).toBe(
    `Chapar\n${reasons.login.en}: ######\n${warnings.en}`,
  );
});

test('A1: a mail says the same as text and as a page that runs the right way', async () => {
  await using api = await createTestApi({ config: { productName: 'Chapar <&> Co' } });
  for (const [language, direction] of [
    ['fa', 'rtl'],
    ['en', 'ltr'],
  ] as const) {
    const email = `${language}@example.com`;
    const { code } = await api.anonymous({ language }).requestCode(email);
    const [mail] = api.mail.to(email);
    const reason = reasons.login[language];
    expect(mail?.subject).toBe(`Chapar <&> Co: ${reason}`);
    expect(mail?.text).toBe(`${reason}: ${code}\n\n${warnings[language]}\n\nChapar <&> Co`);
    expect(mail?.html).toContain(`<html lang="${language}" dir="${direction}">`);
    expect(mail?.html).toContain('Chapar &lt;&amp;&gt; Co');
    expect(mail?.html).toMatch(new RegExp(`<p dir="ltr"[^>]*><strong>${code}</strong></p>`));
    expect(mail?.html).toContain(warnings[language]);
  }
});

test('A1: every purpose has words of its own, in SMS and mail', () => {
  for (const language of ['fa', 'en'] as const) {
    const texts = Object.entries(reasons).map(([purpose, { [language]: reason }]) => {
      const text = { purpose: purpose as CodePurpose, language, productName: 'P', code: '123456' };
      expect(smsText(text, null)).toBe(`P\n${reason}: 123456\n${warnings[language]}`);
      expect(mailText(text).subject).toBe(`P: ${reason}`);
      return reason;
    });
    expect(new Set(texts).size).toBe(6);
  }
});

/** Characters that two parts of a text outside of GSM 7-bit hold (3GPP TS 23.040). */
const twoParts = 2 * 67;

test('A1: the longest SMS is paid as two parts', () => {
  for (const purpose of Object.keys(reasons) as CodePurpose[]) {
    for (const language of ['fa', 'en'] as const) {
      const text = { purpose, language, productName: 'Chapar', code: '1234567890' };
      expect(smsText(text, 'login.chapar.example').length).toBeLessThanOrEqual(twoParts);
    }
  }
});
