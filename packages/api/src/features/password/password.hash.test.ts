import { randomBytes, randomInt } from 'node:crypto';
import { cpuUsage } from 'node:process';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import type { PasswordConfig } from '../../deps.ts';
import { atOnce, tally } from '../../testing/expect-error.ts';
import { PasswordHasher } from './password.hash.ts';

const random = { bytes: randomBytes, integer: (below: number) => randomInt(below) };
/** Of the least cost that Argon2 knows, for what does not depend on it. */
const cheap = { memoryKiB: 8, passes: 1 };
const hasherWith = (changes: Partial<PasswordConfig> = {}) =>
  new PasswordHasher({ random, config: { ...defaultConfig.password, ...changes } });

test('a password is stored as PHC string and is right; another is wrong', async () => {
  const hasher = hasherWith();
  const stored = await hasher.hash('correct horse');
  expect(stored).toMatch(
    /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
  );
  const right = await hasher.verify('correct horse', stored);
  expect(right).toEqual({ isRight: true, rehash: false });
  const wrong = await hasher.verify('correct horsf', stored);
  expect(wrong).toEqual({ isRight: false, rehash: false });
});

test('one password never gives the same string twice', async () => {
  const hasher = hasherWith(cheap);
  const both = [await hasher.hash('correct horse'), await hasher.hash('correct horse')];
  expect(both[0]).not.toBe(both[1]);
});

test('what another implementation has stored is read, and to be made anew', async () => {
  // From the tests of the reference implementation (phc-winner-argon2, src/test.c).
  const stored =
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  const hasher = hasherWith();
  await expect(hasher.verify('password', stored)).resolves.toEqual({ isRight: true, rehash: true });
  await expect(hasher.verify('passwort', stored)).resolves.toMatchObject({ isRight: false });
});

test.for([{ memoryKiB: 16 }, { passes: 2 }])(
  'a string made with other parameters than %j is right, and to be made anew',
  async (changes) => {
    const stored = await hasherWith(cheap).hash('correct horse');
    const now = hasherWith({ ...cheap, ...changes });
    const found = await now.verify('correct horse', stored);
    expect(found).toEqual({ isRight: true, rehash: true });
    const again = await now.verify('correct horse', await now.hash('correct horse'));
    expect(again).toEqual({ isRight: true, rehash: false });
  },
);

test('where nothing is stored no password is right', async () => {
  const hasher = hasherWith(cheap);
  for (const password of ['correct horse', '', '\0'.repeat(32)]) {
    const found = await hasher.verify(password, null);
    expect(found).toEqual({ isRight: false, rehash: false });
  }
});

test('not even the password that the stand-in was made of is right', async () => {
  const salt16 = Buffer.alloc(16);
  const config = { ...defaultConfig.password, ...cheap };
  const first = { ...random, bytes: () => salt16 };
  const made = await new PasswordHasher({ random: first, config }).hash('correct horse');
  const hash32 = Buffer.from(made.split('$').at(-1) ?? '', 'base64');
  const rigged = { ...random, bytes: (count: number) => (count === 16 ? salt16 : hash32) };
  const hasher = new PasswordHasher({ random: rigged, config });
  await expect(hasher.verify('correct horse', made)).resolves.toMatchObject({ isRight: true });
  await expect(hasher.verify('correct horse', null)).resolves.toMatchObject({ isRight: false });
});

test('where nothing is stored the work is the same', async () => {
  const hasher = hasherWith();
  const stored = await hasher.hash('correct horse');
  const spent = { known: 0, unknown: 0 };
  for (let i = 0; i < 5; i += 1) {
    for (const [whose, phc] of [['known', stored] as const, ['unknown', null] as const]) {
      // Time of this process on the processor, its threads included: other load plays no part.
      const before = cpuUsage();
      await hasher.verify('wrong', phc);
      const { user, system } = cpuUsage(before);
      spent[whose] += user + system;
    }
  }
  expect(spent.unknown).toBeGreaterThan(spent.known / 3);
  expect(spent.unknown).toBeLessThan(spent.known * 3);
});

const hash = 'CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
const salt = 'c29tZXNhbHRzb21lc2FsdA';

test.for([
  '',
  'correct horse',
  `$argon2i$v=19$m=8,t=1,p=1$${salt}$${hash}`,
  `$argon2id$v=16$m=8,t=1,p=1$${salt}$${hash}`,
  `$argon2id$m=8,t=1,p=1$${salt}$${hash}`,
  `$argon2id$v=19$m=08,t=1,p=1$${salt}$${hash}`,
  `$argon2id$v=19$m=8,t=1,p=1$${salt}`,
  `$argon2id$v=19$m=8,t=1,p=1$${salt}$`,
  `$argon2id$v=19$m=8,t=1,p=1$$${hash}`,
  `$argon2id$v=19$m=8,t=1,p=1$${salt}==$${hash}=`,
  `$argon2id$v=19$m=8,t=1,p=1$${salt}$${hash}AA`,
  `$argon2id$v=19$m=8,t=1,p=1$${salt}$${hash.slice(0, -1)}9`,
  `$argon2id$v=19$m=8,t=1,p=1$${salt}$${hash}\n`,
  '$argon2id$v=19$m=NaN,t=NaN,p=NaN$$',
])('%j is not readable, which is no wrong password', async (stored) => {
  await expect(hasherWith(cheap).verify('correct horse', stored)).rejects.toThrow(
    'A stored password hash is not readable.',
  );
});

test.for(['m=1,t=1,p=1', 'm=8,t=0,p=1', 'm=8,t=1,p=0'])(
  'parameters that Argon2 does not know (%s) are an error too, and hold no place in the queue',
  async (parameters) => {
    const hasher = hasherWith({ ...cheap, workers: 1, waiting: 0 });
    const stored = `$argon2id$v=19$${parameters}$${salt}$${hash}`;
    await expect(hasher.verify('correct horse', stored)).rejects.toThrow(RangeError);
    await expect(hasher.hash('correct horse')).resolves.toContain('$argon2id$');
  },
);

test('of fifty at once two are made, twenty wait and the others are told to come again', async () => {
  const hasher = hasherWith(cheap);
  const results = await atOnce(50, () => hasher.hash('correct horse'));
  expect(tally(results)).toEqual({ ok: 22, BUSY: 28 });
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { appCode: 'BUSY', data: { retryAfterSeconds: 1 } },
  });
  await expect(hasher.hash('correct horse')).resolves.toContain('$argon2id$');
});

test('names with and without an account wait in the same queue', async () => {
  const hasher = hasherWith(cheap);
  const stored = await hasher.hash('correct horse');
  const unknown = await atOnce(50, () => hasher.verify('correct horse', null));
  expect(tally(unknown)).toEqual({ ok: 22, BUSY: 28 });
  const known = await atOnce(50, () => hasher.verify('correct horse', stored));
  expect(tally(known)).toEqual({ ok: 22, BUSY: 28 });
});

test('where nobody may wait, as many as there are workers are still served', async () => {
  const hasher = hasherWith({ ...cheap, workers: 2, waiting: 0 });
  const results = await atOnce(5, () => hasher.hash('correct horse'));
  expect(tally(results)).toEqual({ ok: 2, BUSY: 3 });
});

test('while 22 hashes are made the event loop keeps turning', async () => {
  const hasher = hasherWith();
  let turns = 0;
  let isDone = false;
  const turn = (): void => {
    turns += 1;
    if (!isDone) {
      setImmediate(turn);
    }
  };
  setImmediate(turn);
  await Promise.all(Array.from({ length: 22 }, () => hasher.hash('correct horse')));
  isDone = true;
  // Were they made on the event loop, it could turn once for each at most.
  expect(turns).toBeGreaterThan(10 * 22);
});

test.for([
  ['NUL at the end', 'correct horse', 'correct horse\0'],
  ['NUL in the middle', 'correct\0horse', 'correct\0house'],
  ['a composed and a decomposed letter', 'caf\u00e9 cr\u00e8me', 'cafe\u0301 cre\u0300me'],
  ['a ligature and its letters', '\ufefb\u0645', '\u0644\u0627\u0645'],
  ['Arabic and Persian yeh', '\u0639\u0644\u064a', '\u0639\u0644\u06cc'],
  ['Persian and ASCII digits', '۱۲۳۴', '1234'],
  ['upper and lower case', 'Correct horse', 'correct horse'],
  ['a space at the end', 'correct horse', 'correct horse '],
  ['the last of 128 characters', 'x'.repeat(128), `${'x'.repeat(127)}y`],
] as const)('%s make different passwords', async ([, one, other]) => {
  const hasher = hasherWith(cheap);
  const stored = await hasher.hash(one);
  await expect(hasher.verify(one, stored)).resolves.toMatchObject({ isRight: true });
  await expect(hasher.verify(other, stored)).resolves.toMatchObject({ isRight: false });
});
