import { callTRPCProcedure, TRPCError } from '@trpc/server';
import fc from 'fast-check';
import superjson from 'superjson';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultConfig } from './config.ts';
import { toPublicError } from './error-shape.ts';
import { unsealCode } from './features/otp/otp.code.ts';
import { appRouter, limitNames, procedureList } from './router.ts';
import { createTestApi, type Actor, type TestApi } from './testing/index.ts';

/** The features whose procedures are called with whatever can be sent. */
const features = new Set(['otp', 'password', 'session', 'account', 'user', 'sms', 'admin']);
const procedures = procedureList.filter(({ path }) => features.has(path.split('.')[0] ?? ''));

/**
 * The same inputs every time; a failure prints its seed and path. Another seed looks elsewhere, and
 * more runs look longer: `HOSTILE_SEED=7 HOSTILE_RUNS=1000`.
 */
const seed = Number(process.env['HOSTILE_SEED'] ?? 20_261_121);
const numRuns = Number(process.env['HOSTILE_RUNS'] ?? 60);

const roles = ['anonymous', 'user', 'staff', 'admin'] as const;
type Role = (typeof roles)[number];

/** Somebody whom the callers know by their ids, and of whom they must not learn anything else. */
interface Target {
  actor: Actor;
  challengeId: string;
  /** A cursor of their own list. */
  cursor: string;
  email: string;
  /** What nobody may be told, staff included. */
  secrets: string[];
  /** What staff may see, and strangers may not. */
  personal: string[];
}

interface Cast {
  actors: Record<Role, Actor>;
  /** Nobody may change anything about the first; staff may act on the second. */
  victim: Target;
  customer: Target;
}

let api: TestApi;
let cast: Cast;
/** Of the password that every caller with an account has at first. */
let ownHash: string;

const wide = { most: 999_999, seconds: 3_600 };
const targetIp = '203.0.113.77';
const targetUserAgent = 'marked-user-agent/7.7';
const ownPassword = 'correct horse battery staple';

/** Budgets are wide and nobody has to wait, so that no call is turned away before its input counts. */
const config = {
  otp: {
    ...defaultConfig.otp,
    // Ten digits in a row do not turn up by chance in an id or a time.
    length: 10,
    resendSeconds: [0],
    sendsPerContactPer10Minutes: 999_999,
    sendsPerContactPerDay: 999_999,
    wrongPerContactPerDay: 999_999,
  },
  smsBudget: {
    ...defaultConfig.smsBudget,
    perBlockPer10Minutes: 999_999,
    perCountryPerHour: 999_999,
    perMinute: 999_999,
    perDay: 999_999,
    unusedPerSource: 999_999,
  },
  sms: { ...defaultConfig.sms, customPerNumberPerHour: 999_999 },
  password: {
    ...defaultConfig.password,
    memoryKiB: 1_024,
    passes: 1,
    firstDelaySeconds: 0,
    longestDelaySeconds: 0,
  },
  limits: { overrides: new Map(limitNames.map((name) => [name, wide])), addressFactor: 1 },
};

beforeAll(async () => {
  api = await createTestApi({ config });
  cast = {
    actors: {
      anonymous: api.anonymous(),
      user: await createCaller('user'),
      staff: await createCaller('staff'),
      admin: await createCaller('admin'),
    },
    victim: await createTarget('victim', '+989351110001'),
    customer: await createTarget('customer', '+989351110002'),
  };
  ownHash = await hashOf(cast.actors.user);
});

afterAll(() => api.close());

async function createCaller(role: Exclude<Role, 'anonymous'>): Promise<Actor> {
  const actor = await api.signUp(role === 'user' ? {} : { role });
  await actor.api.password.set({ password: ownPassword });
  return actor;
}

/** Signs somebody up whose every fact is a text that stands nowhere else. */
async function createTarget(word: string, phone: string): Promise<Target> {
  const actor = api.anonymous({ ip: targetIp, userAgent: targetUserAgent });
  const { challengeId: first, code } = await actor.requestCode(phone);
  const device = { name: `marked-device-${word}`, platform: 'ios' as const };
  actor.enter(await actor.api.otp.verify({ challengeId: first, code, device }));
  const firstName = `Shahrzad${word}`;
  const lastName = `Marked${word}`;
  const birthday = word === 'victim' ? '1931-07-23' : '1932-08-24';
  await actor.api.user.update({ firstName, lastName, birthday });
  const password = `marked password of ${word.length} lions`;
  await actor.api.password.set({ password });
  const email = `marked.${word}@mail.example`;
  await api.app.db.updateTable('users').set({ email }).where('id', '=', actor.id).execute();
  const hash = await hashOf(actor);
  const { nextCursor } = await actor.api.session.listEvents({ limit: 1 });
  const asked = await actor.requestCode(phone);
  /** The part of a token that nobody can make. */
  const signatureOf = (token: string) => token.split('.').at(-1) ?? token;
  return {
    actor,
    challengeId: asked.challengeId,
    cursor: nextCursor ?? '',
    email,
    secrets: [
      password,
      ...hash.split('$').slice(-2),
      signatureOf(actor.refreshToken),
      signatureOf(actor.accessToken),
      asked.code,
    ],
    personal: [
      phone.slice('+98'.length),
      `marked.${word}`,
      firstName,
      lastName,
      birthday,
      device.name,
      targetUserAgent,
      targetIp,
      actor.sessionId,
    ],
  };
}

async function hashOf({ id }: Actor): Promise<string> {
  const query = api.app.db.selectFrom('passwords').select('hash').where('user_id', '=', id);
  return (await query.executeTakeFirstOrThrow()).hash;
}

/** Whom a caller aims at: staff may change whom they deal with, so they leave the victim alone. */
function targetOf(role: Role): Target {
  return role === 'staff' || role === 'admin' ? cast.customer : cast.victim;
}

/** Everything that is stored about somebody's account, password and sessions. */
async function stored({ actor }: Target): Promise<unknown> {
  const { db } = api.app;
  const users = await db.selectFrom('users').selectAll().where('id', '=', actor.id).execute();
  const ofUser = ['user_id', '=', actor.id] as const;
  const passwords = await db
    .selectFrom('passwords')
    .selectAll()
    .where(...ofUser)
    .execute();
  const sessions = await db
    .selectFrom('sessions')
    .selectAll()
    .where(...ofUser)
    .execute();
  return { users, passwords, sessions };
}

// What is sent: texts and values that break things, and inputs that look right.

const uuids = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '01890a5d-ac96-774b-bcce-b302099a8057',
];

const asCursor = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

const hostileTexts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  'Sara\u0000',
  '09121234567\u0000',
  'a@b.example\u0000',
  '\ud800',
  'ab\udfffcd',
  '\u202eabc',
  '\ufeff',
  '🦁'.repeat(50),
  'e\u0301'.repeat(75),
  '۰۹۱۲۱۲۳۴۵۶۷',
  '00989121234567',
  '+989120000000'.repeat(3),
  `+98912${'0'.repeat(50)}`,
  "'; drop table users; --",
  '%s%n%x',
  '{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'null',
  'x'.repeat(101),
  'x'.repeat(257),
  'x'.repeat(20_000),
  '9'.repeat(20_000),
  '0000-01-01',
  '9999-12-31',
  '+275760-09-13',
  '2023-02-29',
  'America/Argentina/ComodRivadavia',
  '+03:30',
  '$argon2id$v=19$m=1,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  asCursor([8.64e15, uuids[0]]),
  asCursor([-8.64e15, uuids[0]]),
  asCursor([0, 'not-an-id']),
  asCursor([1e308, uuids[1]]),
  asCursor([0.5, uuids[1]]),
  asCursor([[0], [uuids[1]]]),
  asCursor({ length: 2, 0: 0, 1: uuids[1] }),
];

const hostileNumbers = [
  0,
  -0,
  -1,
  0.1,
  101,
  2 ** 31,
  2 ** 63,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

/** What a transport can make of a request beside plain JSON. */
const hostileThings: unknown[] = [
  null,
  undefined,
  true,
  {},
  [],
  [[[[[]]]]],
  new Date(Number.NaN),
  new Date(8.64e15),
  new Date(-8.64e15),
  new Map([['phone', '09121234567']]),
  new Set(['phone']),
  new URL('https://example.com'),
  new Error('an error as input'),
  /(a+)+$/,
  10n ** 100n,
  new Uint8Array(10),
  { $ne: null },
  { toString: null, valueOf: null },
  JSON.parse('{"__proto__":{"role":"admin"}}'),
  { constructor: { prototype: { role: 'admin' } } },
  { length: 1e9 },
  Object.create(null),
];

/** Any text: half surrogates and control characters are likely ones. */
const anyText = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 40,
  }),
);

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
});

/** What takes the place of one field, texts that belong to others among it. */
function hostileValue({ actor, challengeId, cursor, email }: Target): fc.Arbitrary<unknown> {
  const theirs = [actor.id, actor.sessionId, challengeId, cursor, email, actor.phone];
  return fc.oneof(
    anyText,
    fc.constantFrom(...theirs, ...uuids),
    fc.constantFrom(...hostileNumbers),
    fc.constantFrom(...hostileThings),
    anything,
  );
}

let people = 0;

/** A number that nobody has. */
function freshPhone(): string {
  people += 1;
  return `+98937${String(people).padStart(7, '0')}`;
}

const purposes = [
  'login',
  'register',
  'reset-password',
  'change-phone',
  'confirm-email',
  'confirm',
] as const;
type Purpose = (typeof purposes)[number];

/** Stands for a code that the caller has been sent, and for its challenge: see {@link fillIn}. */
const placeOf = (purpose: Purpose): string => `code for ${purpose}`;

const digits = fc.bigInt(0n, 10n ** 10n - 1n).map((guess) => String(guess).padStart(10, '0'));

/** A right code of one's own most of the time; or a guess, at somebody else's challenge. */
function codeFields(purpose: Purpose, { challengeId }: Target) {
  const place = placeOf(purpose);
  return {
    challengeId: mostly(fc.constant(place), fc.constantFrom(challengeId, ...uuids)),
    code: mostly(fc.constant(place), digits),
  };
}

const codeKeys = ['challengeId', 'code'] as const;

/** Mostly what lets a call get far. */
function mostly<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: other });
}

const kind = mostly(fc.constant('personal'), fc.constantFrom('official', 'x'));
const platform = fc.constantFrom('web', 'android', 'ios', 'desktop', 'other');
const device = fc.record(
  { name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), platform },
  { requiredKeys: ['name'] },
);
const name = fc.constantFrom('Sara', 'Reza Ahmadi', 'نیلوفر', "O'Neill", 'Jean-Luc');
const password = mostly(
  fc.oneof(
    fc.constantFrom(ownPassword, 'گذرواژه‌ی خوب من'),
    fc.string({ unit: 'grapheme', minLength: 9, maxLength: 60 }),
  ),
  fc.oneof(fc.constantFrom('12345678', 'Sara1234', 'password1'), anyText),
);
const birthday = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2010-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const nothing = fc.constant(undefined);

const phoneOf = ({ actor }: Target) =>
  fc.oneof(
    fc.constantFrom(
      actor.phone,
      `0${actor.phone.slice('+98'.length)}`,
      '09121234567',
      '+12025550123',
    ),
    fc.constant(null).map(freshPhone),
  );
const ownPhone = () =>
  fc.constantFrom(...roles.map((role) => cast.actors[role].phone).filter(Boolean));
const emailOf = ({ email }: Target) =>
  fc.oneof(fc.constantFrom(email, email.toUpperCase(), 'somebody@else.example'), fc.emailAddress());
const userIdOf = ({ actor }: Target) =>
  mostly(
    fc.constantFrom(actor.id, actor.id.toUpperCase()),
    fc.constantFrom(...uuids, ...roles.map((role) => cast.actors[role].id)),
  );
const pageOf = ({ cursor }: Target) => ({
  cursor: fc.option(mostly(fc.constant(cursor), anyText)),
  limit: fc.integer({ min: 1, max: 100 }),
});

/** An input that looks right for each procedure. A procedure without a row fails. */
const shapes: Record<string, (target: Target) => fc.Arbitrary<unknown>> = {
  'otp.request': (target) => {
    const rest = {
      purpose: fc.constantFrom('login', 'register', 'reset-password'),
      captcha: anyText,
    };
    return fc.oneof(
      fc.record({ phone: phoneOf(target), ...rest }, { requiredKeys: ['phone'] }),
      fc.record({ email: emailOf(target), ...rest }, { requiredKeys: ['email'] }),
    );
  },
  'otp.verify': (target) =>
    fc.record({ ...codeFields('login', target), kind, device }, { requiredKeys: [...codeKeys] }),
  'password.login': (target) => {
    const rest = { password, kind, device };
    return fc.oneof(
      fc.record({ phone: phoneOf(target), ...rest }, { requiredKeys: ['phone', 'password'] }),
      fc.record({ email: emailOf(target), ...rest }, { requiredKeys: ['email', 'password'] }),
      fc.record({ phone: ownPhone(), password: fc.constant(ownPassword), kind, device }),
    );
  },
  'password.register': (target) =>
    fc.record(
      {
        ...codeFields('register', target),
        kind,
        password,
        firstName: name,
        lastName: name,
        birthday,
        email: emailOf(target),
        device,
      },
      { requiredKeys: [...codeKeys, 'password', 'firstName', 'lastName'] },
    ),
  'password.set': () => fc.record({ password, current: password }, { requiredKeys: ['password'] }),
  'password.checkReset': (target) => fc.record(codeFields('reset-password', target)),
  'password.reset': (target) =>
    fc.record(
      { ...codeFields('reset-password', target), kind, password },
      { requiredKeys: [...codeKeys, 'password'] },
    ),
  'session.refresh': ({ actor }) => {
    const own = roles.map((role) => cast.actors[role].refreshToken).filter(Boolean);
    const forged = fc
      .tuple(fc.constantFrom(actor.sessionId, ...uuids), fc.nat(), fc.string({ maxLength: 50 }))
      .map((parts) => parts.join('.'));
    return fc.record(
      {
        refreshToken: fc.oneof(fc.constantFrom(...own), forged, anyText),
        attemptId: fc.constantFrom(...uuids),
      },
      { requiredKeys: ['refreshToken'] },
    );
  },
  'session.get': () => nothing,
  'session.list': () => nothing,
  'session.listEvents': (target) => fc.record(pageOf(target), { requiredKeys: [] }),
  'session.remove': ({ actor }) =>
    fc.record({
      sessionId: fc.constantFrom(
        actor.sessionId,
        ...uuids,
        ...roles.map((role) => cast.actors[role].sessionId),
      ),
    }),
  'session.removeOthers': () => nothing,
  'session.removeAll': () => nothing,
  'session.end': () => nothing,
  'account.requestPhone': (target) =>
    fc.record({ phone: phoneOf(target), captcha: anyText }, { requiredKeys: ['phone'] }),
  'account.changePhone': (target) => fc.record(codeFields('change-phone', target)),
  'account.requestEmail': (target) => fc.record({ email: emailOf(target) }),
  'account.confirmEmail': (target) => fc.record(codeFields('confirm-email', target)),
  'account.requestConfirm': () =>
    fc.record({ by: fc.constantFrom('phone', 'email') }, { requiredKeys: [] }),
  'account.confirm': (target) =>
    fc.oneof(fc.record(codeFields('confirm', target)), fc.record({ password })),
  'account.remove': () => nothing,
  'user.me': () => nothing,
  'user.update': () =>
    fc.record(
      {
        firstName: fc.option(name),
        lastName: fc.option(name),
        birthday: fc.option(birthday),
        language: fc.option(fc.constantFrom('en', 'fa')),
        timeZone: fc.option(fc.constantFrom('Asia/Tehran', 'utc', 'Etc/GMT+12', 'EST5EDT')),
        presenceVisibility: fc.constantFrom('everyone', 'friends', 'nobody'),
      },
      { requiredKeys: [] },
    ),
  'sms.send': (target) => {
    const id = mostly(
      fc.constant(null).map(() => api.app.deps.newId()),
      fc.constantFrom(target.challengeId, ...uuids),
    );
    const to = { id, phone: phoneOf(target), language: fc.constantFrom('en', 'fa') };
    const values = fc.record({ order: mostly(fc.constant('12'), anyText) });
    const template = mostly(fc.constant('T1'), fc.constantFrom('T2', 'otp.login', 'toString'));
    return fc.oneof(
      fc.record({ ...to, text: fc.lorem() }, { requiredKeys: ['id', 'phone', 'text'] }),
      fc.record({ ...to, template, values }, { requiredKeys: ['id', 'phone', 'template'] }),
    );
  },
  'sms.list': (target) =>
    fc.record(
      {
        status: fc.constantFrom('waiting', 'accepted', 'dead', 'expired'),
        phone: phoneOf(target),
        ...pageOf(target),
      },
      { requiredKeys: [] },
    ),
  'sms.get': ({ challengeId }) => fc.record({ id: fc.constantFrom(challengeId, ...uuids) }),
  'sms.retry': ({ challengeId }) =>
    fc.record(
      { id: fc.constantFrom(challengeId, ...uuids), evenIfSent: fc.boolean() },
      { requiredKeys: ['id'] },
    ),
  'sms.listProviders': () => nothing,
  'admin.deactivateUser': (target) =>
    fc.record({ userId: userIdOf(target), reason: fc.lorem({ maxCount: 5 }) }),
  'admin.reactivateUser': (target) => fc.record({ userId: userIdOf(target) }),
  'admin.listEvents': (target) =>
    fc.record({ userId: userIdOf(target), ...pageOf(target) }, { requiredKeys: ['userId'] }),
  'admin.setPassword': (target) => fc.record({ userId: userIdOf(target), password }),
  'admin.setRole': (target) =>
    fc.record({ userId: userIdOf(target), role: fc.constantFrom('user', 'staff', 'admin') }),
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Paths to every field, those of objects within included. */
function pathsOf(input: unknown): string[][] {
  if (!isObject(input)) {
    return [];
  }
  return Object.entries(input).flatMap(([key, value]) => [
    [key],
    ...pathsOf(value).map((path) => [key, ...path]),
  ]);
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (isObject(value) ? value[key] : undefined), input);
}

/** A copy with another value in one place. A key is always a key, whatever its name. */
function withValue(input: unknown, [key = '', ...path]: string[], value: unknown): unknown {
  const before = isObject(input) ? input : {};
  return { ...before, [key]: path.length === 0 ? value : withValue(before[key], path, value) };
}

/** What most texts do not expect within them. */
const oddCharacters = [
  '\u0000',
  '\ud800',
  '\udc00',
  '\u202e',
  '\ufeff',
  '\n',
  '\\',
  "'",
  '%',
  '🦁',
  'ی',
];

/** The same input, with one odd character in one of its texts: near enough to get through. */
function bent(input: unknown): fc.Arbitrary<unknown> {
  const texts = pathsOf(input).filter((path) => typeof valueAt(input, path) === 'string');
  if (texts.length === 0) {
    return fc.constant(input);
  }
  return fc
    .tuple(fc.constantFrom(...texts), fc.constantFrom(...oddCharacters), fc.nat())
    .map(([path, odd, at]) => {
      const text = String(valueAt(input, path));
      const cut = at % (text.length + 1);
      return withValue(input, path, text.slice(0, cut) + odd + text.slice(cut));
    });
}

const strangeKeys = ['__proto__', 'constructor', 'prototype', 'toString', 'then', '', 'role', 'id'];

/** Everything that is sent to one procedure. */
function inputsOf(path: string, target: Target): fc.Arbitrary<unknown> {
  const right = shapes[path]?.(target) ?? anything;
  const value = hostileValue(target);
  const oneChanged = right.chain((input) => {
    const paths = [...pathsOf(input), ...strangeKeys.map((key) => [key])];
    return fc
      .tuple(fc.constantFrom(...paths), value)
      .map(([at, changed]) => withValue(input, at, changed));
  });
  const rightKeys = right.chain((input) =>
    fc.record(Object.fromEntries(pathsOf(input).map(([key = '']) => [key, value])), {
      requiredKeys: [],
    }),
  );
  return fc.oneof(
    { weight: 2, arbitrary: anything },
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: fc.constantFrom(...hostileThings, ...hostileTexts) },
    { weight: 2, arbitrary: rightKeys },
    { weight: 4, arbitrary: oneChanged },
    { weight: 6, arbitrary: right.chain(bent) },
    { weight: 5, arbitrary: right },
  );
}

/** Has a code sent for a purpose, and reads what was sent. */
async function ownCode(
  caller: Actor,
  purpose: Purpose,
): Promise<{ challengeId: string; code: string }> {
  const { account, otp } = caller.api;
  const request = () => {
    switch (purpose) {
      case 'change-phone':
        return account.requestPhone({ phone: freshPhone() });
      case 'confirm-email':
        return account.requestEmail({ email: `${freshPhone().slice(1)}@mail.example` });
      case 'confirm':
        return account.requestConfirm({});
      case 'reset-password':
        return otp.request({ phone: caller.phone || freshPhone(), purpose });
      default:
        return otp.request({ phone: freshPhone(), purpose });
    }
  };
  const { challengeId } = await request();
  return { challengeId, code: (await sealedCode(challengeId)) ?? '' };
}

/** The code of a challenge that has not been sent yet. */
async function sealedCode(challengeId: string): Promise<string | null> {
  const row = await api.app.db
    .selectFrom('otp_challenges')
    .select('code_sealed')
    .where('id', '=', challengeId)
    .executeTakeFirst();
  return row?.code_sealed ? unsealCode(api.app.secrets, challengeId, row.code_sealed) : null;
}

/** Puts a real code where the input has the place of one. */
async function fillIn(input: unknown, caller: Actor): Promise<unknown> {
  if (!isObject(input)) {
    return input;
  }
  const { challengeId, code } = input;
  const purpose = purposes.find((one) => [challengeId, code].includes(placeOf(one)));
  if (purpose === undefined) {
    return input;
  }
  const mayAsk = caller.id !== '' || ['login', 'register', 'reset-password'].includes(purpose);
  const own = mayAsk ? await ownCode(caller, purpose) : { challengeId: uuids[2], code: '0' };
  const place = placeOf(purpose);
  return {
    ...input,
    ...(challengeId === place && { challengeId: own.challengeId }),
    ...(code === place && { code: own.code }),
  };
}

/** Undoes what calls have done to their caller, so that each begins signed in with its rights. */
async function restore(role: Role): Promise<void> {
  const { id, phone, sessionId } = cast.actors[role];
  if (role === 'anonymous') {
    return;
  }
  await api.app.db
    .with('session', (cte) =>
      cte
        .updateTable('sessions')
        .set({ ended_at: null, end_reason: null })
        .where('id', '=', sessionId),
    )
    .with('password', (cte) =>
      cte.updateTable('passwords').set({ hash: ownHash }).where('user_id', '=', id),
    )
    .updateTable('users')
    .set({ status: 'active', erase_at: null, inactive_reason: null, role, phone })
    .where('id', '=', id)
    .execute();
}

let calls = 0;

/** Calls as a transport does. @returns what the caller is told, as text */
async function call(
  { path, type }: (typeof procedures)[number],
  caller: Actor,
  input: unknown,
): Promise<string> {
  calls += 1;
  const ip = `10.${(calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}`;
  try {
    const answer: unknown = await callTRPCProcedure({
      router: appRouter,
      path,
      type,
      ctx: { ...caller.call().connection, ip },
      signal: new AbortController().signal,
      batchIndex: 0,
      getRawInput: () => Promise.resolve(input),
    });
    return JSON.stringify(superjson.serialize(answer));
  } catch (error) {
    if (!(error instanceof TRPCError)) {
      throw new TypeError('what was thrown is not an error of a procedure', { cause: error });
    }
    const told = toPublicError(error, 'en');
    if (told.appCode === 'INTERNAL' || told.appCode === 'UNAVAILABLE') {
      throw new Error(`${told.appCode}: ${String(error.cause ?? error)}`, { cause: error });
    }
    return JSON.stringify(superjson.serialize(told));
  }
}

/** What a caller was told and must not be; what they have sent themselves does not count. */
async function leaksIn(told: string, input: unknown, role: Role): Promise<string[]> {
  const targets = [cast.victim, cast.customer];
  const isStaff = role === 'staff' || role === 'admin';
  const given = fc.stringify(input);
  const hidden = targets.flatMap(({ secrets, personal }) =>
    isStaff ? secrets : [...secrets, ...personal],
  );
  const challengeId = /"challengeId":"([^"]+)"/.exec(told)?.[1];
  const code = challengeId === undefined ? null : await sealedCode(challengeId);
  return [...hidden, ...(code === null ? [] : [code]), '$argon2'].filter(
    (text) => told.includes(text) && !given.includes(text),
  );
}

test('every procedure has the shape of its input, and every shape a procedure', () => {
  expect(Object.keys(shapes).toSorted()).toEqual(procedures.map(({ path }) => path).toSorted());
});

test.for(procedures)('whatever is sent to $path', { timeout: 120_000 }, async (procedure) => {
  await Promise.all(roles.map(restore));
  const before = await stored(cast.victim);
  for (const [index, role] of roles.entries()) {
    const inputs = inputsOf(procedure.path, targetOf(role));
    const property = fc.asyncProperty(inputs, async (generated) => {
      await restore(role);
      const caller = cast.actors[role];
      const input = await fillIn(generated, caller);
      const told = await call(procedure, caller, input);
      expect(await leaksIn(told, input, role), `told to ${role}`).toEqual([]);
    });
    const plugins = [fc.interruptAfterTimeLimit(20_000)];
    await fc.assert(property, { seed: seed + index, numRuns, plugins });
  }
  expect(await stored(cast.victim)).toEqual(before);
});
