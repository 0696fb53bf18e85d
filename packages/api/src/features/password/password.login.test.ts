import { expect, test, vi } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { transaction } from '../../database/transaction.ts';
import { contactOf } from '../../kernel/contact.ts';
import { hour, minute } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally, type TestApi } from '../../testing/index.ts';
import { createUser } from '../user/index.ts';
import { upsertHash } from './password.repository.ts';
import { another, cheap, issuesOf, login, password, refusal, register } from './test/people.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';

/** Somebody who can log in by both names. */
async function registerBoth(api: TestApi): Promise<string> {
  const { actor, answer } = await register(api, phone, { email });
  const challengeId = answer.emailChallenge?.challengeId ?? '';
  await actor.api.account.confirmEmail({ challengeId, code: await actor.readCode(challengeId) });
  return actor.id;
}

function setStatus(api: TestApi, status: 'active' | 'inactive') {
  return api.app.db.updateTable('users').set({ status }).execute();
}

async function storedHash(api: TestApi): Promise<string> {
  const row = await api.app.db.selectFrom('passwords').select('hash').executeTakeFirstOrThrow();
  return row.hash;
}

test('A24: logs in by phone number and password, however the number is written', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, phone);
  for (const typed of [phone, '09121234567', '۰۹۱۲ ۱۲۳ ۴۵۶۷', '00989121234567']) {
    const answer = await login(api, typed);
    expect(answer).toMatchObject({ isNewUser: false, isRestored: false, user: { id: actor.id } });
  }
  const device = api.anonymous();
  const input = { phone, password, device: { name: 'Pixel', platform: 'android' as const } };
  device.enter(await device.api.password.login(input));
  await expect(device.api.user.me()).resolves.toMatchObject({ phone });
  await expect(device.api.session.get()).resolves.toMatchObject({ deviceName: 'Pixel' });
  const { items } = await actor.api.session.list();
  expect(new Set(items.map(({ id }) => id)).size).toBe(6);
});

test('A36: logs in by e-mail and password, whatever the case of the address', async () => {
  await using api = await createTestApi({ config: cheap() });
  const id = await registerBoth(api);
  for (const typed of [email, 'Sara.Moradi@Example.com', ' SARA.MORADI@EXAMPLE.COM ']) {
    await expect(login(api, typed)).resolves.toMatchObject({ user: { id, email, phone } });
  }
  const both = { phone, email, password };
  for (const input of [both, { password }]) {
    const issues = await issuesOf(api.anonymous().api.password.login(input));
    expect(issues).toMatchObject([{ path: 'phone', reason: 'one-contact' }]);
  }
});

test('A36: unknown, wrong and without a password are one and the same answer after the same work', async () => {
  await using api = await createTestApi({ config: cheap() });
  await registerBoth(api);
  const { phone: passwordless } = await api.signUp();
  const verify = vi.spyOn(api.app.hasher, 'verify');
  const names = [phone, email, passwordless, '+989127654321', 'nobody@example.com'];
  for (const language of ['en', 'fa'] as const) {
    const answers = new Set<string>();
    for (const name of names) {
      const shown = await refusal(login(api, name, another), language);
      expect(shown.appCode).toBe('PASSWORD_WRONG');
      answers.add(JSON.stringify(shown));
    }
    expect(answers.size).toBe(1);
    api.clock.advance(1_000);
  }
  const stored = await storedHash(api);
  const looked = verify.mock.calls.map(([typed, hash]) => [typed, hash]);
  const round = [stored, stored, null, null, null].map((hash) => [another, hash]);
  expect(looked).toEqual([...round, ...round]);
});

test('A36: a closed account says so to whoever has its password, and to nobody else', async () => {
  await using api = await createTestApi({ config: cheap() });
  await registerBoth(api);
  await setStatus(api, 'inactive');
  await expectAppError(login(api, phone, another), 'PASSWORD_WRONG');
  await expectAppError(login(api, email, another), 'PASSWORD_WRONG');
  api.clock.advance(minute);
  await expectAppError(login(api, phone), 'USER_INACTIVE');
  await expectAppError(login(api, email), 'USER_INACTIVE');
  await setStatus(api, 'active');
  api.clock.advance(minute);
  await expect(login(api, phone)).resolves.toBeDefined();
});

test('A46: a login that is under way when the password is reset gets in no more', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, phone);
  api.clock.advance(10 * minute);
  const owner = api.anonymous();
  const code = await owner.requestCode(phone, 'reset-password');
  const { hasher } = api.app;
  const compare = hasher.verify.bind(hasher);
  vi.spyOn(hasher, 'verify').mockImplementationOnce(async (typed, stored) => {
    const found = await compare(typed, stored);
    await owner.api.password.reset({ ...code, password: another });
    return found;
  });
  await expectAppError(login(api, phone), 'PASSWORD_WRONG');
  const living = api.app.db.selectFrom('sessions').select('id').where('ended_at', 'is', null);
  await expect(living.execute()).resolves.toEqual([]);
});

test('A24: a right password that was hashed otherwise is hashed anew at the login', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, phone);
  const before = await storedHash(api);
  await using stronger = await createTestApi({ on: api, config: cheap({ memoryKiB: 2_048 }) });
  await expectAppError(login(stronger, phone, another), 'PASSWORD_WRONG');
  await expect(storedHash(api)).resolves.toBe(before);
  api.clock.advance(1_000);

  const logins = await atOnce(1, () => login(stronger, phone));
  expect(tally(logins)).toEqual({ ok: 1 });
  const after = await storedHash(api);
  expect(before).toContain('$m=1024,t=1,p=1$');
  expect(after).toContain('$m=2048,t=1,p=1$');
  await login(stronger, phone);
  await expect(storedHash(api)).resolves.toBe(after);
  await expect(actor.api.user.me()).resolves.toBeDefined();
});

test('A38: hashing anew never brings back a password that was changed meanwhile', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, phone);
  await using stronger = await createTestApi({ on: api, config: cheap({ memoryKiB: 2_048 }) });
  const { hasher } = stronger.app;
  const hash = hasher.hash.bind(hasher);
  vi.spyOn(hasher, 'hash').mockImplementationOnce(async (typed) => {
    api.clock.advance(1);
    await actor.api.password.set({ password: another });
    return hash(typed);
  });
  await expect(login(stronger, phone)).resolves.toBeDefined();
  await expectAppError(login(api, phone), 'PASSWORD_WRONG');
  api.clock.advance(1_000);
  await expect(login(api, phone, another)).resolves.toBeDefined();
});

test('A24, A36: of fifty logins at once some are answered and the rest are told to come again', async () => {
  await using api = await createTestApi({ config: { password: defaultConfig.password } });
  const hash = await api.app.hasher.hash(password);
  const nameOf = (index: number) => `person.${index}@example.com`;
  const call = api.anonymous().call();
  await transaction(call, async (tx) => {
    for (let index = 0; index < 25; index += 1) {
      const name = { contact: contactOf('mail', nameOf(index)), kind: 'personal' };
      const user = await createUser(call, tx, { name });
      await upsertHash(tx.db, { userId: user?.id ?? '', hash, now: call.now });
    }
  });
  const results = await atOnce(50, (index) => login(api, nameOf(index)));
  const { ok = 0, PASSWORD_WRONG: wrong = 0, BUSY: busy = 0, ...rest } = tally(results);
  expect(rest).toEqual({});
  expect(ok + wrong + busy).toBe(50);
  expect(busy).toBeGreaterThan(0);
  expect(ok + wrong).toBeGreaterThanOrEqual(22);

  const refused = results.findIndex(
    (result) => result.status === 'rejected' && tally([result])['BUSY'] === 1,
  );
  const [reason] = results.flatMap((result, index) =>
    index === refused && result.status === 'rejected' ? [result.reason as Error] : [],
  );
  expect(reason).toMatchObject({ code: 'TOO_MANY_REQUESTS', data: { retryAfterSeconds: 1 } });
  // It was not looked at, so it was no try: the same name may come again at once.
  const again = tally(await atOnce(1, () => login(api, nameOf(refused))));
  expect(again).toEqual({ [refused < 25 ? 'ok' : 'PASSWORD_WRONG']: 1 });
});

test('A24: signing in by a code waits for no password hash', async () => {
  await using api = await createTestApi({
    config: { ...cheap({ memoryKiB: 65_536, passes: 3, workers: 1, waiting: 0 }) },
  });
  await api.signUp({ phone });
  api.clock.advance(hour);
  const code = await api.anonymous().requestCode(phone);
  const done: string[] = [];
  const hashing = api.app.hasher.hash(password).then(() => done.push('hash'));
  await expectAppError(login(api, phone), 'BUSY');
  await api.anonymous().api.otp.verify(code);
  done.push('code');
  await hashing;
  expect(done).toEqual(['code', 'hash']);
});
