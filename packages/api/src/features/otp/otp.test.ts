import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { hour, minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';

const phone = '+989121234567';

test('a code signs in: the first time it makes the account, later it finds it', async () => {
  await using api = await createTestApi();
  const first = api.anonymous();
  const { challengeId, code } = await first.requestCode(phone);
  const signedUp = await first.api.otp.verify({ challengeId, code });
  expect(signedUp).toMatchObject({ isNewUser: true, user: { phone }, accessExpiresIn: 300 });

  api.clock.advance(2 * minute);
  const again = await api.anonymous().requestCode(phone);
  const signedIn = await api.anonymous().api.otp.verify(again);
  expect(signedIn).toMatchObject({ isNewUser: false, user: { id: signedUp.user.id } });
  expect(signedIn.user).not.toHaveProperty('role');
});

test.for([
  '09121234567',
  '+98 912 123 4567',
  '00989121234567',
  '۰۹۱۲۱۲۳۴۵۶۷',
  '٠٩١٢-١٢٣-٤٥٦٧',
  '\u200e0912\u200b1234567',
])('the number %s is one and the same', async (typed) => {
  await using api = await createTestApi();
  await api.anonymous().api.otp.request({ phone: typed });
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
  await expectAppError(api.anonymous().api.otp.request({ phone }), 'OTP_RESEND_TOO_SOON');
});

test('digits of the code may be Persian or Arabic', async () => {
  await using api = await createTestApi();
  const { challengeId, code } = await api.anonymous().requestCode(phone);
  const persian = code.replaceAll(/\d/g, (digit) => String.fromCharCode(0x06f0 + Number(digit)));
  await expect(
    api.anonymous().api.otp.verify({ challengeId, code: persian }),
  ).resolves.toBeDefined();
});

test('what is no phone number is refused, and what cannot exist too', async () => {
  await using api = await createTestApi();
  const { api: caller } = api.anonymous();
  for (const bad of [
    '',
    'abc',
    '+98912<script>',
    `+9891200000${'1'.repeat(50)}`,
    '0912\u0000',
    '12',
  ]) {
    await expect(caller.otp.request({ phone: bad })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
  for (const impossible of ['+98912345', '02188776655', '09121234', '+0123456789']) {
    await expectAppError(caller.otp.request({ phone: impossible }), 'PHONE_INVALID');
  }
});

test('ten right codes at once start one session', async () => {
  await using api = await createTestApi();
  const { challengeId, code } = await api.anonymous().requestCode(phone);
  const results = await atOnce(10, () => api.anonymous().api.otp.verify({ challengeId, code }));
  expect(tally(results)['ok']).toBe(1);
  const sessions = await api.app.db.selectFrom('sessions').select('id').execute();
  expect(sessions).toHaveLength(1);
});

test('of a thousand guesses at once five are looked at', async () => {
  await using api = await createTestApi();
  const { challengeId, code } = await api.anonymous().requestCode(phone);
  const wrong = (index: number): string =>
    String((Number(code) + 1 + index) % 1e6).padStart(6, '0');
  const results = await atOnce(1_000, (index) =>
    api.anonymous().api.otp.verify({ challengeId, code: wrong(index) }),
  );
  expect(tally(results)).toEqual({ OTP_CODE_INVALID: 5, OTP_CHALLENGE_LOCKED: 995 });
  await expectAppError(
    api.anonymous().api.otp.verify({ challengeId, code }),
    'OTP_CHALLENGE_LOCKED',
  );
  await expect(api.app.db.selectFrom('sessions').select('id').execute()).resolves.toHaveLength(0);
});

test('asking again voids the old code and keeps the attempts that were spent', async () => {
  await using api = await createTestApi();
  const first = await api.anonymous().requestCode(phone);
  const guess = (challengeId: string, right: string) =>
    api.anonymous().api.otp.verify({ challengeId, code: right === '000000' ? '111111' : '000000' });
  for (let i = 0; i < 4; i += 1) {
    await expectAppError(guess(first.challengeId, first.code), 'OTP_CODE_INVALID');
  }
  api.clock.advance(60 * second);
  const second_ = await api.anonymous().requestCode(phone);
  await expectAppError(api.anonymous().api.otp.verify(first), 'OTP_EXPIRED');
  await expectAppError(guess(second_.challengeId, second_.code), 'OTP_CODE_INVALID');
  await expectAppError(api.anonymous().api.otp.verify(second_), 'OTP_CHALLENGE_LOCKED');
});

test('ten wrong codes a day are the most for one number, over all its challenges', async () => {
  await using api = await createTestApi();
  const outcomes: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const { challengeId, code } = await api.anonymous().requestCode(phone);
    const wrong = code === '000000' ? '111111' : '000000';
    for (let i = 0; i < 5; i += 1) {
      const results = await atOnce(1, () =>
        api.anonymous().api.otp.verify({ challengeId, code: wrong }),
      );
      outcomes.push(Object.keys(tally(results))[0] ?? '');
    }
    api.clock.advance(20 * minute);
  }
  expect(outcomes.slice(0, 10)).toEqual(Array(10).fill('OTP_CODE_INVALID'));
  expect(outcomes.slice(10)).toEqual(Array(5).fill('OTP_CHALLENGE_LOCKED'));
  api.clock.advance(24 * hour);
  await expect(api.anonymous().signIn(phone)).resolves.toBeUndefined();
});

test('right codes cost nothing of the daily budget', async () => {
  await using api = await createTestApi();
  for (let i = 0; i < 5; i += 1) {
    await api.anonymous().signIn(phone);
    api.clock.advance(10 * minute);
  }
  const row = await api.app.db
    .selectFrom('rate_limits')
    .select('count')
    .where('key', '=', `otp-wrong:${phone}`)
    .executeTakeFirstOrThrow();
  expect(row.count).toBe(0);
});

test('a code is good for two minutes and once', async () => {
  await using api = await createTestApi();
  const first = await api.anonymous().requestCode(phone);
  api.clock.advance(120 * second);
  await expectAppError(api.anonymous().api.otp.verify(first), 'OTP_EXPIRED');
  const next = await api.anonymous().requestCode(phone);
  await api.anonymous().api.otp.verify(next);
  await expectAppError(api.anonymous().api.otp.verify(next), 'OTP_EXPIRED');
  const unknown = { challengeId: api.app.deps.newId(), code: '123456' };
  await expectAppError(api.anonymous().api.otp.verify(unknown), 'OTP_EXPIRED');
});

test('twenty requests for one number at once send one SMS', async () => {
  await using api = await createTestApi();
  const results = await atOnce(20, () => api.anonymous().api.otp.request({ phone }));
  expect(tally(results)).toEqual({ ok: 1, OTP_RESEND_TOO_SOON: 19 });
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
});

test('an address may ask for ten codes an hour, of IPv6 the whole network', async () => {
  await using api = await createTestApi();
  const ask = (ip: string, index: number) =>
    api.anonymous({ ip }).api.otp.request({ phone: `+98912000${1_000 + index}` });
  const results = await atOnce(15, (index) => ask('203.0.113.7', index));
  expect(tally(results)).toEqual({ ok: 10, OTP_TOO_MANY_REQUESTS: 5 });
  const six = await atOnce(15, (index) => ask(`2001:db8:0:1::${index + 1}`, 100 + index));
  expect(tally(six)).toEqual({ ok: 10, OTP_TOO_MANY_REQUESTS: 5 });
  const data = await expectAppError(ask('203.0.113.7', 50), 'OTP_TOO_MANY_REQUESTS');
  expect(data?.retryAfterSeconds).toBe(3_600);
  api.clock.advance(hour);
  await expect(ask('203.0.113.7', 51)).resolves.toBeDefined();
});

test('known and unknown numbers get the same answer', async () => {
  await using api = await createTestApi();
  const known = await api.signUp();
  api.clock.advance(10 * minute);
  const answers = [];
  for (const asked of [known.phone, '+989127654321']) {
    answers.push(await api.anonymous().api.otp.request({ phone: asked }));
  }
  expect(Object.keys(answers[0] ?? {}).toSorted()).toEqual([
    'challengeId',
    'expiresAt',
    'resendAt',
  ]);
  const shapes = answers.map(({ expiresAt, resendAt }) => ({ expiresAt, resendAt }));
  expect(Object.keys(answers[0] ?? {})).toEqual(Object.keys(answers[1] ?? {}));
  expect(shapes[0]?.expiresAt).toEqual(shapes[1]?.expiresAt);
});

test('a number of a country that is not served gets the same answer and no SMS', async () => {
  await using api = await createTestApi();
  const answer = await api.anonymous().api.otp.request({ phone: '+447400123456' });
  expect(answer.challengeId).toBeTruthy();
  await api.runJobs();
  expect(api.sms.sent).toHaveLength(0);
});

test('a code that the gateway refuses is void, and another can be asked for at once', async () => {
  await using api = await createTestApi();
  api.sms.answers.push({ outcome: 'rejected', reason: 'no credit' });
  const refused = await api.anonymous().requestCode(phone);
  await expectAppError(api.anonymous().api.otp.verify(refused), 'OTP_EXPIRED');
  await expect(api.anonymous().signIn(phone)).resolves.toBeUndefined();
});

test('when it is unknown whether an SMS was sent the code stays good and is not sent again', async () => {
  await using api = await createTestApi();
  api.sms.answers.push(new Error('socket hang up'));
  const sent = await api.anonymous().requestCode(phone);
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
  await expect(api.anonymous().api.otp.verify(sent)).resolves.toBeDefined();
});

test('no code rests in the database in clear', async () => {
  await using api = await createTestApi();
  await api.anonymous().api.otp.request({ phone });
  const dump = async (): Promise<string> => {
    const challenges = await api.app.db.selectFrom('otp_challenges').selectAll().execute();
    const { rows } = await api.database.pool.query('select * from graphile_worker._private_jobs');
    return inspect([challenges, rows], { depth: null, maxArrayLength: null });
  };
  const before = await dump();
  await api.runJobs();
  const code = /\d{6}/.exec(api.sms.sent[0]?.text ?? '')?.[0] ?? 'none';
  expect(before).not.toContain(code);
  await expect(dump()).resolves.not.toContain(code);
});

test('length and life follow the configuration', async () => {
  const otp = { ...defaultConfig.otp, length: 8, lifeSeconds: 600 };
  await using api = await createTestApi({ config: { otp } });
  const { expiresAt } = await api.anonymous().api.otp.request({ phone });
  await api.runJobs();
  expect(api.sms.sent[0]?.text).toMatch(/\b\d{8}\b/);
  expect(expiresAt.getTime() - api.clock.now().getTime()).toBe(600 * second);
});

test('a closed account cannot sign in', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  await api.app.db
    .updateTable('users')
    .set({ status: 'inactive' })
    .where('id', '=', sara.id)
    .execute();
  await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
  api.clock.advance(10 * minute);
  const next = await api.anonymous().requestCode(sara.phone);
  await expectAppError(api.anonymous().api.otp.verify(next), 'USER_INACTIVE');
});
