import { expect, test, vi } from 'vitest';
import type { SmsResult } from '../../deps.ts';
import { minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, refused } from '../../testing/index.ts';
import { sendOtp } from './otp.send.ts';
import { addressIn, codes, money, newPhone, shareApi, verify } from './test/codes.ts';

const testPhone = '+989121234567';
const shared = shareApi();

test('A8: a code that the gateway refuses is void, and another can be asked for at once', async () => {
  const api = shared();
  const phone = newPhone();
  api.sms.answers.push(refused('no-credit'));
  const refusedCode = await api.anonymous().requestCode(phone);
  await expectAppError(verify(api, refusedCode), 'OTP_EXPIRED');
  await expect(api.anonymous().signIn(phone)).resolves.toBeUndefined();
  expect(api.sms.to(phone)).toHaveLength(2);
  const warning = { sms: refusedCode.challengeId, reason: 'no-credit', message: 'SMS not sent' };
  expect(api.warnings).toContainEqual(expect.objectContaining(warning));
});

test('A8: when it is unknown whether an SMS was sent the code stays good and is not sent again', async () => {
  const api = shared();
  const phone = newPhone();
  api.sms.answers.push(new Error('socket hang up'));
  const sent = await api.anonymous().requestCode(phone);
  await api.runJobs();
  await atOnce(8, () => sendOtp(api.app, { challengeId: sent.challengeId, language: 'en' }));
  expect(api.sms.to(phone)).toHaveLength(1);
  await expect(verify(api, sent)).resolves.toBeDefined();
});

test('A8: a job that runs several times at once sends one SMS', async () => {
  const api = shared();
  const phone = newPhone();
  const { challengeId } = await api.anonymous().api.otp.request({ phone });
  await atOnce(8, () => sendOtp(api.app, { challengeId, language: 'en' }));
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
});

test('A8: a gateway that takes its time keeps nobody waiting', async () => {
  const api = shared();
  const phone = newPhone();
  const { promise: answer, resolve } = Promise.withResolvers<SmsResult>();
  const send = vi.spyOn(api.sms, 'send').mockReturnValue(answer);
  const { challengeId } = await api.anonymous().api.otp.request({ phone });
  const jobs = api.runJobs();
  const message = await vi.waitUntil(() => send.mock.calls[0]?.[0]);
  await expect(api.anonymous().api.otp.request({ phone: newPhone() })).resolves.toBeDefined();
  const code = 'values' in message ? (message.values['code'] ?? '') : '';
  await expect(verify(api, { challengeId, code })).resolves.toBeDefined();
  resolve({
    outcome: { outcome: 'accepted', providerMessageId: 'late' },
    provider: 'fake',
    attempts: [],
  });
  await jobs;
});

test('A1: a test number has a known code that is never sent, until its last day', async () => {
  const until = new Date('2026-11-21T00:00:00Z');
  const known = { testCodes: new Map([[testPhone, '424242']]), testCodesUntil: until };
  await using api = await createTestApi({
    config: { ...codes({ ...known, lifeSeconds: 240 }), ...money({ perMinute: 1 }) },
  });
  const usual = await api.anonymous().api.otp.request({ phone: '+989350000000' });
  const guest = api.anonymous();
  const answer = await guest.api.otp.request({ phone: testPhone });
  expect({ ...answer, challengeId: '' }).toEqual({ ...usual, challengeId: '' });
  const { challengeId } = answer;
  await expect(guest.readCode(challengeId)).resolves.toBe('');
  await expectAppError(verify(api, { challengeId, code: '424243' }), 'OTP_CODE_INVALID');
  await expect(verify(api, { challengeId, code: '424242' })).resolves.toBeDefined();
  expect(api.sms.to(testPhone)).toEqual([]);

  api.clock.advance(until.getTime() - api.clock.now().getTime() - 1);
  const last = await guest.api.otp.request({ phone: testPhone });
  await api.runJobs();
  expect(api.sms.to(testPhone)).toEqual([]);
  await verify(api, { ...last, code: '424242' });
  api.clock.advance(minute);
  vi.spyOn(api.app.deps.random, 'integer').mockReturnValueOnce(123_456);
  vi.spyOn(api.app.limiters.durable, 'spend').mockResolvedValue({
    allowed: true,
    count: 1,
    retryAfterSeconds: 1,
  });
  const sent = await guest.requestCode(testPhone);
  expect(sent.code).toBe('123456');
  await expectAppError(verify(api, { ...sent, code: '424242' }), 'OTP_CODE_INVALID');
});

test('A1: a test number is as guarded as any: five guesses, one device, one time', async () => {
  const testCodes = new Map([[testPhone, '424242']]);
  await using api = await createTestApi({
    config: codes({ testCodes, testCodesUntil: new Date('2027-01-01') }),
  });
  const { challengeId } = await api.anonymous().api.otp.request({ phone: testPhone });
  const given = { challengeId, code: '424242' };
  const facts = { deviceKey: 'd'.repeat(22), ip: addressIn(1) };
  for (let guess = 0; guess < 5; guess += 1) {
    await expectAppError(verify(api, given, facts), 'OTP_CODE_INVALID');
  }
  await expectAppError(verify(api, given), 'OTP_CHALLENGE_LOCKED');
  api.clock.advance(60 * second);
  const next = await api.anonymous().api.otp.request({ phone: testPhone });
  await verify(api, { ...next, code: '424242' });
  await expectAppError(verify(api, { ...next, code: '424242' }), 'OTP_EXPIRED');
});

test('A8: a code that a newer one has replaced is not sent any more', async () => {
  const api = shared();
  const phone = newPhone();
  const first = await api.anonymous().api.otp.request({ phone });
  await sendOtp(api.app, { challengeId: first.challengeId, language: 'en' });
  api.clock.advance(minute);
  const second_ = await api.anonymous().requestCode(phone);
  expect(api.sms.to(phone)).toEqual([expect.stringContaining(second_.code)]);
  await expect(verify(api, second_)).resolves.toBeDefined();
});

test('A8: a code that was late and went nowhere does not count as sent', async () => {
  const api = shared();
  const phone = newPhone();
  const { challengeId } = await api.anonymous().api.otp.request({ phone });
  await sendOtp(api.app, { challengeId, language: 'en' });
  const { expires_at: expiresAt } = await api.app.db
    .selectFrom('sms_messages')
    .select('expires_at')
    .where('id', '=', challengeId)
    .executeTakeFirstOrThrow();
  expect(expiresAt).toEqual(new Date(api.clock.now().getTime() + 2 * minute));
  api.clock.advance(2 * minute);
  await api.runJobs();
  expect(api.sms.to(phone)).toEqual([]);
  const { failed_at: failedAt } = await api.app.db
    .selectFrom('otp_challenges')
    .select('failed_at')
    .where('id', '=', challengeId)
    .executeTakeFirstOrThrow();
  expect(failedAt).toEqual(api.clock.now());
});
