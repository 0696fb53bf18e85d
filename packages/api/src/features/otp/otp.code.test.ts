import { createSecretKey, randomBytes, randomInt } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { createTestApi, expectAppError } from '../../testing/index.ts';
import { refusal, wrongCode } from '../password/test/people.ts';
import { makeCode } from './otp.code.ts';
import { codes, dump, newPhone, shareApi, verify } from './test/codes.ts';

const shared = shareApi();

test('A9: nothing that rests holds a code in clear: no table, no job, no log, no error', async () => {
  // Ten digits: so many do not turn up by chance.
  await using api = await createTestApi({ config: codes({ length: 10 }) });
  const phone = newPhone();
  const logged: unknown[] = [];
  for (const level of ['info', 'warn', 'error'] as const) {
    vi.spyOn(api.app.deps.log, level).mockImplementation((...line) => logged.push(line));
  }
  const guest = api.anonymous();
  const { challengeId } = await guest.api.otp.request({ phone });
  const asked = await dump(api);
  api.sms.answers.push({ outcome: 'unknown', reason: 'slow' });
  const code = await guest.readCode(challengeId);
  const sent = await dump(api);
  const wrong = await refusal(verify(api, { challengeId, code: wrongCode(code) }));
  await verify(api, { challengeId, code });
  const used = await dump(api);

  expect(code).toMatch(/^\d{10}$/);
  expect(asked).toContain(phone);
  expect(asked).toContain('otp.send');
  expect(logged).toHaveLength(1);
  const sinks = [asked, sent, used, JSON.stringify(logged), JSON.stringify(wrong)];
  for (const sink of sinks) {
    expect(sink).not.toContain(code);
    expect(sink).not.toContain(Buffer.from(code).toString('hex'));
    expect(sink).not.toContain(Buffer.from(code).toString('base64').slice(0, 12));
  }
});

test('A9: the sealed code is gone once it was handed over, and its hash once it was used', async () => {
  const api = shared();
  const phone = newPhone();
  const row = () =>
    api.app.db
      .selectFrom('otp_challenges')
      .select([
        sql<boolean>`code_sealed is not null`.as('isSealed'),
        sql<boolean>`code_hash is not null`.as('isHashed'),
      ])
      .where('contact', '=', phone)
      .executeTakeFirstOrThrow();
  const guest = api.anonymous();
  const { challengeId } = await guest.api.otp.request({ phone });
  expect(await row()).toEqual({ isSealed: true, isHashed: true });
  const code = await guest.readCode(challengeId);
  expect(await row()).toEqual({ isSealed: false, isHashed: true });
  await verify(api, { challengeId, code });
  expect(await row()).toEqual({ isSealed: false, isHashed: false });
});

test('A9: equal codes have different hashes, and another key fits none of them', async () => {
  const api = shared();
  const phone = newPhone();
  vi.spyOn(api.app.deps.random, 'integer').mockReturnValue(123_456);
  const first = await api.anonymous().requestCode(phone);
  const second = await api.anonymous().requestCode(newPhone());
  const rows = await api.app.db
    .selectFrom('otp_challenges')
    .select('code_hash')
    .where('id', 'in', [first.challengeId, second.challengeId])
    .execute();
  expect([first.code, second.code]).toEqual(['123456', '123456']);
  expect(new Set(rows.map(({ code_hash }) => code_hash?.toString('hex'))).size).toBe(2);
  const { otp } = api.app.secrets;
  api.app.secrets.otp = createSecretKey(randomBytes(32));
  await expectAppError(verify(api, first), 'OTP_CODE_INVALID');
  api.app.secrets.otp = otp;
  await expect(verify(api, first)).resolves.toBeDefined();
});

test('A10: a code is one number of the secure source, with its leading zeros', async () => {
  const api = shared();
  const phone = newPhone();
  const integer = vi.spyOn(api.app.deps.random, 'integer').mockReturnValue(42);
  const unsafe = vi.spyOn(Math, 'random');
  const guest = api.anonymous();
  const { challengeId } = await guest.api.otp.request({ phone });
  expect(unsafe).not.toHaveBeenCalled();
  expect(integer.mock.calls).toEqual([[1_000_000]]);
  await expect(guest.readCode(challengeId)).resolves.toBe('000042');
});

test.for([3, 6, 10])(
  'A10: of 20,000 codes of %d digits every digit is as frequent at every place',
  (length) => {
    const unsafe = vi.spyOn(Math, 'random');
    const random = { bytes: randomBytes, integer: (below: number) => randomInt(below) };
    const deps = { random } as unknown as Parameters<typeof makeCode>[0];
    const count = 20_000;
    const seen = Array.from({ length }, () => Array<number>(10).fill(0));
    for (let made = 0; made < count; made += 1) {
      for (const [place, digit] of Array.from(makeCode(deps, length)).entries()) {
        seen[place]![Number(digit)]! += 1;
      }
    }
    expect(seen).toHaveLength(length);
    const expected = count / 10;
    for (const counts of seen) {
      const squares = counts.map((seenHere) => (seenHere - expected) ** 2 / expected);
      // Chi-square of nine degrees of freedom: uniform digits exceed 70 once in 10¹¹ times.
      expect(squares.reduce((sum, square) => sum + square)).toBeLessThan(70);
    }
    expect(unsafe).not.toHaveBeenCalled();
  },
);
