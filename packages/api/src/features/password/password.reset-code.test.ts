import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { hour, minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally, type TestApi } from '../../testing/index.ts';
import { another, cheap, cheapWith, login, refusal, register, wrongCode } from './test/people.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';

/** A code for a new password, asked for by somebody who is not signed in. */
function resetCode(api: TestApi, contact: string) {
  return api.anonymous().requestCode(contact, 'reset-password');
}

test.for([
  { contact: email, typed: 'SARA.Moradi@Example.com', how: 'mailed code' },
  { contact: phone, typed: '0912 123 4567', how: 'code by SMS' },
])(
  'A40, A41, A42: a $how of six digits is checked and stays good, then sets the password',
  async ({ contact, typed }) => {
    await using api = await createTestApi({ config: cheap() });
    const { actor } = await register(api, contact);
    api.clock.advance(10 * minute);
    const code = await resetCode(api, typed);
    expect(code.code).toMatch(/^\d{6}$/);
    const guest = api.anonymous().api.password;
    for (let i = 0; i < 6; i += 1) {
      await expect(guest.checkReset(code)).resolves.toBeUndefined();
    }
    await expect(login(api, contact)).resolves.toBeDefined();
    await expect(guest.reset({ ...code, password: another })).resolves.toBeUndefined();
    await expectAppError(login(api, contact), 'PASSWORD_WRONG');
    api.clock.advance(second);
    await expect(login(api, contact, another)).resolves.toMatchObject({ user: { id: actor.id } });
  },
);

test('A43: a code for a new password dies with its use, also of ten uses at once', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, email);
  api.clock.advance(10 * minute);
  const code = await resetCode(api, email);
  const passwords = Array.from({ length: 10 }, (_, index) => `${another} ${index}`);
  const results = await atOnce(10, (index) =>
    api.anonymous().api.password.reset({ ...code, password: passwords[index] ?? '' }),
  );
  expect(tally(results)['ok']).toBe(1);
  const winner = results.findIndex(({ status }) => status === 'fulfilled');
  await expect(login(api, email, passwords[winner])).resolves.toBeDefined();
  const { password: guest } = api.anonymous().api;
  await expectAppError(guest.checkReset(code), 'OTP_EXPIRED');
  await expectAppError(guest.reset({ ...code, password: another }), 'OTP_EXPIRED');
});

test.for([
  { lifeSeconds: 600, config: cheap() },
  {
    lifeSeconds: 86_400,
    config: cheapWith({ otp: { ...defaultConfig.otp, mailLifeSeconds: 86_400 } }),
  },
])('A43: a mailed code lives for $lifeSeconds seconds', async ({ lifeSeconds, config }) => {
  await using api = await createTestApi({ config });
  await register(api, email);
  api.clock.advance(10 * minute);
  const code = await resetCode(api, email);
  const guest = api.anonymous().api.password;
  api.clock.advance(lifeSeconds * second - 1);
  await expect(guest.checkReset(code)).resolves.toBeUndefined();
  api.clock.advance(1);
  await expectAppError(guest.checkReset(code), 'OTP_EXPIRED');
  await expectAppError(guest.reset({ ...code, password: another }), 'OTP_EXPIRED');
  await expect(login(api, email)).resolves.toBeDefined();
});

test('A44: asking for a code, and guessing it, tells nothing about accounts; nobody else gets mail', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, email);
  await register(api, phone);
  api.clock.advance(hour);
  api.mail.sent.length = 0;
  api.sms.sent.length = 0;
  const pairs = [
    [{ email }, { email: 'nobody@example.com' }],
    [{ phone }, { phone: '+989127654321' }],
  ];
  for (const pair of pairs) {
    const seen: string[] = [];
    for (const contact of pair) {
      const guest = api.anonymous();
      const request = { ...contact, purpose: 'reset-password' as const };
      const { challengeId, ...rest } = await guest.api.otp.request(request);
      const shown = [JSON.stringify(rest), String(challengeId.length)];
      await api.runJobs();
      shown.push(JSON.stringify(await refusal(guest.api.otp.request(request))));
      const right = await guest.readCode(challengeId);
      const code = right === '' ? '123456' : wrongCode(right);
      for (let i = 0; i < 4; i += 1) {
        shown.push(
          JSON.stringify(await refusal(guest.api.password.checkReset({ challengeId, code }))),
        );
      }
      const reset = { challengeId, code, password: another };
      shown.push(JSON.stringify(await refusal(guest.api.password.reset(reset))));
      shown.push(JSON.stringify(await refusal(guest.api.password.reset(reset))));
      seen.push(shown.join('\n'));
    }
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).toContain('OTP_CHALLENGE_LOCKED');
  }
  expect(api.mail.sent.map(({ to }) => to)).toEqual([email]);
  expect(api.sms.sent.map(({ to }) => to)).toEqual([phone]);
});

test('A45: a wrong check costs an attempt, and after five the right code is refused too', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, email);
  api.clock.advance(10 * minute);
  const code = await resetCode(api, email);
  const { password: guest } = api.anonymous().api;
  const wrong = { ...code, code: wrongCode(code.code) };
  for (let i = 0; i < 3; i += 1) {
    await expectAppError(guest.checkReset(wrong), 'OTP_CODE_INVALID');
    await expect(guest.checkReset(code)).resolves.toBeUndefined();
  }
  await expectAppError(guest.reset({ ...wrong, password: another }), 'OTP_CODE_INVALID');
  await expectAppError(guest.checkReset(wrong), 'OTP_CODE_INVALID');
  await expectAppError(guest.checkReset(code), 'OTP_CHALLENGE_LOCKED');
  await expectAppError(guest.reset({ ...code, password: another }), 'OTP_CHALLENGE_LOCKED');

  api.clock.advance(10 * minute);
  const next = await resetCode(api, email);
  const guesses = await atOnce(50, () =>
    api.anonymous().api.password.checkReset({ ...next, code: wrongCode(next.code) }),
  );
  expect(tally(guesses)).toEqual({ OTP_CODE_INVALID: 5, OTP_CHALLENGE_LOCKED: 45 });
  await expect(login(api, email)).resolves.toBeDefined();
});

test('A45: a code belongs to its address, its challenge and its purpose', async () => {
  await using api = await createTestApi({ config: cheap() });
  const thief = 'thief@example.com';
  await register(api, email);
  await register(api, thief);
  api.clock.advance(10 * minute);
  const [hers, his] = [await resetCode(api, email), await resetCode(api, thief)];
  const byLogin = await api.anonymous().requestCode(phone, 'login');
  const { api: guest } = api.anonymous();
  const mixed = [
    { challengeId: hers.challengeId, code: his.code },
    { challengeId: his.challengeId, code: hers.code },
    byLogin,
  ];
  for (const code of mixed) {
    await expectAppError(guest.password.checkReset(code), 'OTP_CODE_INVALID');
    await expectAppError(guest.password.reset({ ...code, password: another }), 'OTP_CODE_INVALID');
  }
  await expectAppError(guest.otp.verify(hers), 'OTP_CODE_INVALID');
  const unknown = { challengeId: api.app.deps.newId(), code: hers.code };
  await expectAppError(guest.password.checkReset(unknown), 'OTP_EXPIRED');
  await guest.password.reset({ ...his, password: another });
  await expect(login(api, email)).resolves.toBeDefined();
  await expect(login(api, thief, another)).resolves.toBeDefined();
});

test('A19, A40: a source whose codes by SMS are used is not asked for a captcha', async () => {
  const smsBudget = { ...defaultConfig.smsBudget, unusedPerSource: 1 };
  await using api = await createTestApi({ config: cheapWith({ smsBudget }) });
  const { actor: guest } = await register(api, phone);
  api.clock.advance(10 * minute);
  const code = await guest.requestCode(phone, 'reset-password');
  await guest.api.password.reset({ ...code, password: another });
  await expect(guest.requestCode('+989127654321')).resolves.toBeDefined();
  await expectAppError(guest.requestCode('+989127654322'), 'OTP_CAPTCHA_REQUIRED');
});
