import { expect, test, vi } from 'vitest';
import { day, hour, minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally, type TestApi } from '../../testing/index.ts';
import { forgetOldTries } from './password.tries.ts';
import { another, cheap, cheapWith, login, password, refusal, register } from './test/people.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';

/** How long the next try has to wait, as somebody is told who does not wait. */
async function waitOf(api: TestApi, name: string): Promise<number> {
  const data = await expectAppError(login(api, name), 'PASSWORD_TOO_MANY_TRIES');
  return data?.retryAfterSeconds ?? 0;
}

/** Types a wrong password and says how long the wait is. */
async function fail(api: TestApi, name: string): Promise<number> {
  await expectAppError(login(api, name, another), 'PASSWORD_WRONG');
  return waitOf(api, name);
}

/** Fails again and again, waiting each time. */
async function failTimes(api: TestApi, name: string, times: number): Promise<number[]> {
  const waits: number[] = [];
  for (let i = 0; i < times; i += 1) {
    waits.push(await fail(api, name));
    api.clock.advance((waits.at(-1) ?? 0) * second);
  }
  return waits;
}

function alertsOf(api: TestApi, type: string) {
  return api.app.db
    .selectFrom('stream_events')
    .select(['stream_id', 'body'])
    .where('type', '=', 'account.alert')
    .where((eb) => eb(eb.fn('json_extract_path_text', ['body', eb.val('type')]), '=', type))
    .execute();
}

test('A24: twenty wrong passwords from twenty addresses wait longer and longer, and lock nobody out', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, phone);
  const live = await (await actor.listen()).ready();
  const waits: number[] = [];
  for (let failures = 1; failures <= 20; failures += 1) {
    const wait = await fail(api, phone);
    waits.push(wait);
    if (failures === 9) {
      await expect(alertsOf(api, 'password-guessing')).resolves.toEqual([]);
    }
    if (failures === 10) {
      await live.until(
        (event) => event.type === 'account.alert' && event.body.type === 'password-guessing',
      );
    }
    if (failures % 8 === 0) {
      // A code signs in while the password has to wait.
      await expect(api.anonymous().signIn(phone)).resolves.toBeUndefined();
      await expect(waitOf(api, phone)).resolves.toBe(wait);
    }
    api.clock.advance(wait * second - 1);
    await expect(waitOf(api, phone)).resolves.toBe(1);
    api.clock.advance(1);
  }
  const longest = Array.from({ length: 10 }, () => 900);
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, ...longest]);
  await expect(alertsOf(api, 'password-guessing')).resolves.toEqual([
    { stream_id: actor.id, body: { type: 'password-guessing', sessionId: null } },
  ]);
  const { items } = await actor.api.session.listEvents({});
  expect(items.filter(({ type }) => type === 'password-guessing')).toHaveLength(1);

  await expect(login(api, phone)).resolves.toMatchObject({ user: { id: actor.id } });
  await expect(fail(api, phone)).resolves.toBe(1);
  live.stop();
});

test('A36: a name without an account waits the same, and is told the same', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, phone);
  await register(api, email);
  const { phone: passwordless } = await api.signUp();
  const names = [phone, email, passwordless, '+989127654321', 'nobody@example.com'];
  const told = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const wait of [1, 2, 4, 8]) {
    for (const name of names) {
      for (const typed of [another, another]) {
        const shown = await refusal(login(api, name, typed), 'fa');
        told.get(name)?.push(JSON.stringify(shown));
      }
    }
    api.clock.advance(wait * second);
  }
  const sequences = new Set([...told.values()].map((answers) => answers.join('\n')));
  expect(sequences.size).toBe(1);
  expect(told.get(phone)).toHaveLength(8);
  expect(told.get(phone)?.[7]).toContain('"retryAfterSeconds":8');
});

test('A24, A36: of twenty guesses at once one is looked at', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, email);
  const verify = vi.spyOn(api.app.hasher, 'verify');
  for (const [name, wait] of [
    [email, 1],
    [email, 2],
    ['nobody@example.com', 1],
  ] as const) {
    const results = await atOnce(20, () => login(api, name, another));
    expect(tally(results)).toEqual({ PASSWORD_WRONG: 1, PASSWORD_TOO_MANY_TRIES: 19 });
    await expect(waitOf(api, name)).resolves.toBe(wait);
    api.clock.advance(wait * second);
  }
  expect(verify).toHaveBeenCalledTimes(3);
});

test('A24, A36: each name waits for itself: phone, e-mail, and each kind of account', async () => {
  const config = cheapWith({ accountKinds: ['personal', 'driver'] });
  await using api = await createTestApi({ config });
  await register(api, phone);
  await register(api, email);
  await failTimes(api, phone, 3);
  await expect(fail(api, phone)).resolves.toBe(8);
  await expect(login(api, email)).resolves.toBeDefined();
  await expectAppError(login(api, phone, another, 'driver'), 'PASSWORD_WRONG');
  await expectAppError(login(api, phone, another, 'personal'), 'PASSWORD_TOO_MANY_TRIES');
  // An e-mail address has one account: no kind gives more guesses at it.
  await expect(fail(api, email)).resolves.toBe(1);
  await expectAppError(login(api, email, another, 'driver'), 'PASSWORD_TOO_MANY_TRIES');
  // Nor does writing the name in another way.
  await expect(waitOf(api, email.toUpperCase())).resolves.toBe(1);
  await expect(waitOf(api, '۰۹۱۲۱۲۳۴۵۶۷')).resolves.toBe(8);
});

test('A24: a login that the queue has no place for is no try', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, phone);
  await failTimes(api, phone, 3);
  const full = cheap({ memoryKiB: 65_536, passes: 8, workers: 1, waiting: 0 });
  await using busy = await createTestApi({ on: api, config: full });
  const hashing = busy.app.hasher.hash(another);
  for (let i = 0; i < 2; i += 1) {
    const data = await expectAppError(login(busy, phone, another), 'BUSY');
    expect(data).toEqual({ retryAfterSeconds: 1 });
    await expectAppError(login(busy, 'nobody@example.com', another), 'BUSY');
  }
  await hashing;
  await expect(fail(api, phone)).resolves.toBe(8);
  await expect(fail(api, 'nobody@example.com')).resolves.toBe(1);
});

test('A24: wrong passwords are forgotten a day after the wait that they led to', async () => {
  await using api = await createTestApi({ config: cheap() });
  await register(api, phone);
  await failTimes(api, phone, 4);
  api.clock.advance(day);
  await expect(forgetOldTries(api.app)).resolves.toBe(0);
  await expect(fail(api, phone)).resolves.toBe(16);
  api.clock.advance(16 * second + day + 1);
  await expect(fail(api, phone)).resolves.toBe(1);

  api.clock.advance(second + day + 1);
  await expect(forgetOldTries(api.app)).resolves.toBe(1);
  const rows = await api.app.db.selectFrom('password_delays').select('name').execute();
  expect(rows).toEqual([]);
  await expect(fail(api, phone)).resolves.toBe(1);
});

test('A24: the owner is told again when the guessing begins anew', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, phone);
  await failTimes(api, phone, 10);
  await login(api, phone);
  await failTimes(api, phone, 10);
  await expect(alertsOf(api, 'password-guessing')).resolves.toHaveLength(2);
  await failTimes(api, 'nobody@example.com', 10);
  await expect(alertsOf(api, 'password-guessing')).resolves.toHaveLength(2);
  await expect(actor.api.user.me()).resolves.toBeDefined();
});

test('A24: first and longest wait follow the configuration', async () => {
  const waits = cheap({ firstDelaySeconds: 30, longestDelaySeconds: 100 });
  await using api = await createTestApi({ config: waits });
  await expect(failTimes(api, phone, 4)).resolves.toEqual([30, 60, 100, 100]);
});

test('A24, A36: the names that are tried do not rest in the database', async () => {
  await using api = await createTestApi({ config: cheap() });
  await fail(api, phone);
  await fail(api, email);
  const rows = await api.app.db.selectFrom('password_delays').select('name').execute();
  expect(rows).toHaveLength(2);
  for (const { name } of rows) {
    expect(name).toMatch(/^[A-Za-z0-9_-]{43}$/);
  }
});

test('A38: the password that a signed-in person gives once more has a wait of its own', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, phone);
  const { actor: other } = await register(api, email);
  api.clock.advance(hour);
  const change = (current: string) => actor.api.password.set({ password: another, current });
  for (const wait of [1, 2, 4]) {
    await expectAppError(change('gravel tunnel cassette'), 'PASSWORD_WRONG');
    const data = await expectAppError(change('gravel tunnel cassette'), 'PASSWORD_TOO_MANY_TRIES');
    expect(data).toEqual({ retryAfterSeconds: wait });
    const confirming = actor.api.account.confirm({ password: another });
    await expectAppError(confirming, 'PASSWORD_TOO_MANY_TRIES');
    api.clock.advance(wait * second);
  }
  await expect(login(api, phone)).resolves.toBeDefined();
  await expect(other.api.account.confirm({ password })).resolves.toBeUndefined();
  api.clock.advance(minute);
  await expect(change(password)).resolves.toBeUndefined();
});
