import { expect, test } from 'vitest';
import { hour, minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { refusal, wrongCode } from '../password/test/people.ts';
import {
  atOneMoment,
  attemptsOf,
  codes,
  countRows,
  newPhone,
  shareApi,
  verify,
  type Given,
} from './test/codes.ts';

const shared = shareApi();

/** A code that is wrong in its own way for every index. */
function wrongBy({ challengeId, code }: Given, index: number): Given {
  const other = (Number(code) + 1 + index) % 10 ** code.length;
  return { challengeId, code: String(other).padStart(code.length, '0') };
}

test('A12: a wrong code has its own error, and the right one is good after it', async () => {
  const api = shared();
  const phone = newPhone();
  const right = await api.anonymous().requestCode(phone);
  const wrong = wrongBy(right, 0);
  await expect(verify(api, wrong)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(await refusal(verify(api, wrong))).toEqual({
    appCode: 'OTP_CODE_INVALID',
    message: 'The code is not right.',
    data: undefined,
  });
  expect((await refusal(verify(api, wrong), 'fa')).message).toBe('کد درست نیست.');
  await expect(verify(api, right)).resolves.toBeDefined();
});

test('A12, A14: six wrong codes lock a challenge, in the same words for known and unknown numbers', async () => {
  const api = shared();
  const phone = newPhone();
  const known = await api.signUp();
  api.clock.advance(minute);
  const sessions = await countRows(api, 'sessions');
  const told = [];
  for (const contact of [known.phone, phone]) {
    const right = await api.anonymous().requestCode(contact);
    const answers = [];
    for (let index = 0; index < 6; index += 1) {
      answers.push(await refusal(verify(api, wrongBy(right, index))));
    }
    answers.push(await refusal(verify(api, right)), await refusal(verify(api, right), 'fa'));
    told.push(answers);
    expect(await attemptsOf(api, right.challengeId)).toBe(5);
  }
  const texts = told[0]?.map(({ appCode, message }) => `${appCode} ${message}`);
  const locked = 'OTP_CHALLENGE_LOCKED Too many wrong codes. Please ask for a new one.';
  expect(texts).toEqual([
    ...Array<string>(5).fill('OTP_CODE_INVALID The code is not right.'),
    ...Array<string>(2).fill(locked),
    'OTP_CHALLENGE_LOCKED تعداد کد نادرست زیاد شد. کد تازه‌ای بگیرید.',
  ]);
  expect(told[1]).toEqual(told[0]);
  expect(await countRows(api, 'sessions')).toBe(sessions);
});

test('A14: of a thousand guesses at once, one of them right, five are looked at', async () => {
  const api = shared();
  const phone = newPhone();
  const right = await api.anonymous().requestCode(phone);
  const sessions = await countRows(api, 'sessions');
  const results = await atOneMoment(api, right.challengeId, () =>
    atOnce(1_000, (index) => verify(api, index === 500 ? right : wrongBy(right, index))),
  );
  const { ok = 0, OTP_CODE_INVALID: wrong = 0, ...unread } = tally(results);
  expect(ok + wrong).toBeLessThanOrEqual(5);
  expect(wrong).toBeGreaterThanOrEqual(4);
  const { OTP_CHALLENGE_LOCKED: locked = 0, OTP_EXPIRED: expired = 0, ...others } = unread;
  expect(others).toEqual({});
  expect(locked + expired).toBe(1_000 - ok - wrong);
  expect((await countRows(api, 'sessions')) - sessions).toBe(ok);
  await expectAppError(verify(api, right), ok === 1 ? 'OTP_EXPIRED' : 'OTP_CHALLENGE_LOCKED');
});

test('A11, A14: sixteen right codes at once start one session', async () => {
  const api = shared();
  const phone = newPhone();
  const right = await api.anonymous().requestCode(phone);
  const before = [await countRows(api, 'sessions'), await countRows(api, 'users')];
  const results = await atOneMoment(api, right.challengeId, () =>
    atOnce(16, () => verify(api, right)),
  );
  expect(tally(results)['ok']).toBe(1);
  const made = [await countRows(api, 'sessions'), await countRows(api, 'users')];
  expect(made).toEqual(before.map((count) => count + 1));
});

test('A7, A14: asking again after four wrong codes voids the old code and leaves one guess', async () => {
  const api = shared();
  const phone = newPhone();
  const first = await api.anonymous().requestCode(phone);
  for (let index = 0; index < 4; index += 1) {
    await expectAppError(verify(api, wrongBy(first, index)), 'OTP_CODE_INVALID');
  }
  api.clock.advance(60 * second);
  const next = await api.anonymous().requestCode(phone);
  await expectAppError(verify(api, first), 'OTP_EXPIRED');
  await expectAppError(verify(api, wrongBy(next, 0)), 'OTP_CODE_INVALID');
  await expectAppError(verify(api, next), 'OTP_CHALLENGE_LOCKED');
});

test('A14: a code that was right ends the count of the wrong ones before it', async () => {
  await using api = await createTestApi({ config: codes({ lifeSeconds: 600 }) });
  const phone = newPhone();
  const first = await api.anonymous().requestCode(phone);
  for (let index = 0; index < 4; index += 1) {
    await expectAppError(verify(api, wrongBy(first, index)), 'OTP_CODE_INVALID');
  }
  api.clock.advance(60 * second);
  await verify(api, await api.anonymous().requestCode(phone));
  api.clock.advance(60 * second);
  const later = await api.anonymous().requestCode(phone);
  await expectAppError(verify(api, wrongBy(later, 0)), 'OTP_CODE_INVALID');
  await expect(verify(api, later)).resolves.toMatchObject({ isNewUser: false });
});

test('A14: ten wrong codes a day are the most for one number, over all its challenges', async () => {
  const api = shared();
  const phone = newPhone();
  const outcomes: string[] = [];
  const shapes: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const guest = api.anonymous();
    const answer = await guest.api.otp.request({ phone });
    shapes.push(Object.keys(answer).join());
    const right = { ...answer, code: await guest.readCode(answer.challengeId) };
    for (let index = 0; index < 5; index += 1) {
      outcomes.push((await refusal(verify(api, wrongBy(right, index)))).appCode);
    }
    await expectAppError(verify(api, right), 'OTP_CHALLENGE_LOCKED');
    api.clock.advance(20 * minute);
  }
  expect(outcomes.slice(0, 10)).toEqual(Array(10).fill('OTP_CODE_INVALID'));
  expect(outcomes.slice(10)).toEqual(Array(5).fill('OTP_CHALLENGE_LOCKED'));
  expect(new Set(shapes).size).toBe(1);
  await expect(api.anonymous().signIn(newPhone())).resolves.toBeUndefined();
  api.clock.advance(24 * hour);
  await expect(api.anonymous().signIn(phone)).resolves.toBeUndefined();
});

test('A14: guesses at once at several challenges of a number share what its day has room for', async () => {
  const config = codes({ resendSeconds: [1], wrongPerContactPerDay: 6 });
  await using api = await createTestApi({ config });
  const phone = newPhone();
  const guesses: Given[] = [];
  for (const purpose of ['login', 'register'] as const) {
    const right = await api.anonymous().requestCode(phone, purpose);
    guesses.push(...Array.from({ length: 10 }, (_, index) => wrongBy(right, index)));
    api.clock.advance(second);
  }
  const results = await Promise.allSettled(guesses.map((given) => verify(api, given)));
  expect(tally(results)).toEqual({ OTP_CODE_INVALID: 6, OTP_CHALLENGE_LOCKED: 14 });
});

test('A14: right codes cost nothing of the day', async () => {
  const api = shared();
  const phone = newPhone();
  for (let login = 0; login < 3; login += 1) {
    const right = await api.anonymous().requestCode(phone);
    await expectAppError(
      verify(api, { ...right, code: wrongCode(right.code) }),
      'OTP_CODE_INVALID',
    );
    await verify(api, right);
    api.clock.advance(10 * minute);
  }
  const { wrong } = await api.app.db
    .selectFrom('otp_contacts')
    .select('wrong')
    .where('contact', '=', phone)
    .executeTakeFirstOrThrow();
  expect(wrong).toBe(3);
});
