import { expect, test } from 'vitest';
import type { ApiConfig } from '../../deps.ts';
import { createTestApi, type TestApi } from '../../testing/index.ts';
import {
  another,
  cheap,
  login,
  password,
  profile,
  refusal,
  register,
  weaknessesOf,
} from './test/people.ts';

const phone = '+989121234567';

/** A right code that registers; a refused registration leaves it as it is. */
function codeTo(api: TestApi, contact: string) {
  return api.anonymous().requestCode(contact, 'register');
}

test('A32: a password has 8 to 128 characters, or as many as configured', async () => {
  const bounds = async (config: Partial<ApiConfig>, right: string[], wrong: [string, string][]) => {
    await using api = await createTestApi({ config });
    const { actor } = await register(api, phone);
    for (const [typed, weakness] of wrong) {
      await expect(weaknessesOf(actor.api.password.set({ password: typed }))).resolves.toEqual([
        weakness,
      ]);
    }
    for (const typed of right) {
      await actor.api.password.set({ password: typed });
      await expect(login(api, phone, typed)).resolves.toBeDefined();
    }
  };
  const long = 'gravel tunnel '.repeat(20);
  await bounds(
    cheap(),
    [long.slice(0, 8), long.slice(0, 128), '🦁🐯🐻🐨🐼🐸🐵🐔', '🦁🐯'.repeat(64)],
    [
      [long.slice(0, 7), 'too-short'],
      ['🦁🐯🐻🐨🐼🐸🐵', 'too-short'],
    ],
  );
  await bounds(
    cheap({ minLength: 8, maxLength: 50 }),
    [long.slice(0, 50)],
    [[long.slice(0, 51), 'too-long']],
  );
});

test('A33: digits, common ones, and what others know of the person are no passwords', async () => {
  await using api = await createTestApi({ config: cheap() });
  const table = [
    ['83519274', 'digits-only'],
    ['۸۳۵۱۹۲۷۴', 'digits-only'],
    ['password1', 'common'],
    ['my dear SARA', 'personal'],
    ['moradi of the hills', 'personal'],
    ['k09121234567', 'personal'],
    ['tel ۰۹۱۲۱۲۳۴۵۶۷', 'personal'],
    ['saturday@mail.example', 'personal'],
    ['chapar chapar', 'personal'],
  ] as const;
  const code = await codeTo(api, phone);
  const guest = api.anonymous();
  const given = { ...profile, email: 'saturday@mail.example', ...code };
  // More refusals than a code has attempts: none of them costs one.
  for (const [typed, weakness] of table) {
    const call = guest.api.password.register({ ...given, password: typed });
    await expect(weaknessesOf(call)).resolves.toEqual([weakness]);
  }
  guest.enter(await guest.api.password.register({ ...given, password }));
  for (const [typed, weakness] of table.filter(([, why]) => why === 'personal').slice(0, 3)) {
    await expect(weaknessesOf(guest.api.password.set({ password: typed }))).resolves.toEqual([
      weakness,
    ]);
  }
  await expect(login(api, phone)).resolves.toBeDefined();
});

test('A33: the e-mail address that the code went to is no password, and the code stays good', async () => {
  await using api = await createTestApi({ config: cheap() });
  const code = await codeTo(api, 'lantern.keeper@example.com');
  const guest = api.anonymous();
  for (let i = 0; i < 6; i += 1) {
    const weak = { ...profile, ...code, password: 'Lantern.Keeper!' };
    await expect(weaknessesOf(guest.api.password.register(weak))).resolves.toEqual(['personal']);
  }
  await expect(guest.api.password.register({ ...profile, ...code })).resolves.toBeDefined();
});

test('A33: a password known from breaches is refused; the list is asked about good ones only', async () => {
  const asked: string[] = [];
  const breaches = {
    count: (typed: string) => Promise.resolve(asked.push(typed) && typed === another ? 3 : 0),
  };
  await using api = await createTestApi({ config: cheap(), breaches });
  const code = await codeTo(api, phone);
  const guest = api.anonymous();
  const given = { ...profile, ...code };
  const registering = (typed: string) => guest.api.password.register({ ...given, password: typed });
  await expect(weaknessesOf(registering(another))).resolves.toEqual(['breached']);
  await expect(weaknessesOf(registering('12345678'))).resolves.toEqual(['digits-only', 'common']);
  expect(asked).toEqual([another]);
  guest.enter(await registering(password));
  await expect(weaknessesOf(guest.api.password.set({ password: another }))).resolves.toEqual([
    'breached',
  ]);
  const shown = await refusal(guest.api.password.set({ password: another }), 'fa');
  expect(shown.message).toMatch(/گذرواژه/);
});
