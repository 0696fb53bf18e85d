import type { OtpPurpose } from '@chapar/contract';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { second } from '../../kernel/duration.ts';
import { expectAppError } from '../../testing/index.ts';
import { cheap, profile, refusal, wrongCode } from '../password/test/people.ts';
import { codes, newPhone, shareApi, statementsOf, verify } from './test/codes.ts';

const purposes: OtpPurpose[] = ['login', 'register', 'reset-password'];
const patient = codes({ resendSeconds: [1], sendsPerContactPer10Minutes: 9 });
/** The live log is not looked at while statements are watched. */
const still = { stream: { ...defaultConfig.stream, auditMs: 600_000 } };
const shared = shareApi({ ...patient, ...still, ...cheap() });

test('A17: a registered contact gets the answer of an unregistered one, after the same work', async () => {
  const api = shared();
  const [knownEmail, unknownEmail] = ['sara0@example.com', 'nobody0@example.com'];
  const unknownPhone = newPhone();
  const known = await api.signUp();
  await api.anonymous().signIn(knownEmail);
  for (const purpose of purposes) {
    for (const pair of [
      [{ phone: known.phone }, { phone: unknownPhone }],
      [{ email: knownEmail }, { email: unknownEmail }],
    ]) {
      api.clock.advance(second);
      const answers: unknown[] = [];
      const work: string[][] = [];
      for (const contact of pair) {
        const guest = api.anonymous();
        const statements = await statementsOf(async () => {
          const answer = await guest.api.otp.request({ ...contact, purpose });
          expect(answer.challengeId).toHaveLength(36);
          answers.push(JSON.stringify({ ...answer, challengeId: '' }));
        });
        work.push(statements);
      }
      expect(answers[1]).toBe(answers[0]);
      expect(work[1]).toEqual(work[0]);
      expect(work[0]?.join()).toMatch(/insert into "otp_challenges".*add_job/s);
      expect(work[0]?.join()).not.toContain('"users"');
    }
  }
});

test('A17: that a phone is registered is said after the right code only', async () => {
  const api = shared();
  const unknownPhone = newPhone();
  const known = await api.signUp();
  api.clock.advance(60 * second);
  const told = [];
  for (const contact of [known.phone, unknownPhone]) {
    const guest = api.anonymous();
    const right = await guest.requestCode(contact, 'register');
    const register = (code: string) =>
      guest.api.password.register({ ...profile, challengeId: right.challengeId, code });
    told.push([
      api.sms.to(contact).at(-1)?.replace(right.code, '######'),
      await refusal(register(wrongCode(right.code))),
      await register(right.code).then(
        ({ isNewUser }) => isNewUser,
        () => refusal(register(right.code)),
      ),
    ]);
  }
  expect(told[0]?.slice(0, 2)).toEqual(told[1]?.slice(0, 2));
  expect(told[0]?.[1]).toMatchObject({ appCode: 'OTP_CODE_INVALID' });
  expect(told[0]?.[2]).toMatchObject({ appCode: 'USER_PHONE_TAKEN' });
  expect(told[1]?.[2]).toBe(true);
});

test('A17: a registered phone that has asked to register may still log in by a login code', async () => {
  const api = shared();
  const known = await api.signUp();
  api.clock.advance(second);
  await api.anonymous().requestCode(known.phone, 'register');
  api.clock.advance(second);
  const code = await api.anonymous().requestCode(known.phone);
  await expect(verify(api, code)).resolves.toMatchObject({ isNewUser: false });
});

test('A1: a code for a new password goes to contacts with an account only, and nobody can tell', async () => {
  const api = shared();
  const [knownEmail, unknownEmail] = ['sara3@example.com', 'nobody3@example.com'];
  const unknownPhone = newPhone();
  const known = await api.signUp({ byCode: true });
  await api.anonymous().signIn(knownEmail);
  const before = api.sms.sent.length + api.mail.sent.length;
  api.clock.advance(second);
  const told = [];
  for (const contact of [
    { phone: known.phone },
    { phone: unknownPhone },
    { email: knownEmail },
    { email: unknownEmail },
  ]) {
    const guest = api.anonymous();
    const { challengeId } = await guest.api.otp.request({ ...contact, purpose: 'reset-password' });
    const code = await guest.readCode(challengeId);
    const wrong = { challengeId, code: wrongCode(code || '111111') };
    const answers = [];
    for (let guess = 0; guess < 6; guess += 1) {
      answers.push((await refusal(guest.api.password.checkReset(wrong))).appCode);
    }
    told.push(answers.join());
    const again = guest.api.otp.request({ ...contact, purpose: 'reset-password' });
    await expectAppError(again, 'OTP_RESEND_TOO_SOON');
  }
  expect(new Set(told).size).toBe(1);
  expect(api.sms.to(known.phone)).toHaveLength(2);
  expect(api.mail.to(knownEmail)).toHaveLength(2);
  expect(api.sms.sent.length + api.mail.sent.length).toBe(before + 2);
});
