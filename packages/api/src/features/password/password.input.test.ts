import { fieldErrors, type FieldErrorReason } from '@chapar/contract';
import { expect, test, vi } from 'vitest';
import { createTestApi, expectAppError } from '../../testing/index.ts';
import { cheap, issuesOf, login, password, profile, register } from './test/people.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';

test('A29: an e-mail address has 5 to 254 characters, is Latin and valid, each with its own reason', async () => {
  await using api = await createTestApi();
  const table: [string, FieldErrorReason[]][] = [
    ['a@bc', ['email-length']],
    [`${'x'.repeat(243)}@example.com`, ['email-length']],
    [`${'x'.repeat(10_000)}@example.com`, ['email-length']],
    ['سارا@example.com', ['email-latin']],
    ['sara@مثال.com', ['email-latin']],
    ['сара@example.com', ['email-latin']],
    // The sign for kelvin becomes a Latin k in lower case.
    ['sara\u212a@example.com', ['email-latin']],
    ['sara', ['email-length']],
    ['sara.example.com', ['email-form']],
    ['sara@example', ['email-form']],
    ['sara@@example.com', ['email-form']],
    ['sara@example..com', ['email-form']],
    ['sa ra@example.com', ['email-form']],
    ['sara@example.com, reza@example.com', ['email-form']],
    ['sara\u0000@example.com', ['email-form']],
    ['sara@example.com\r\nBcc: all@example.com', ['email-form']],
    ['', ['required']],
  ];
  const request = (typed: string) =>
    api.anonymous().api.otp.request({ email: typed, purpose: 'register' });
  for (const [typed, reasons] of table) {
    const issues = await issuesOf(request(typed));
    expect([typed, issues.map(({ path, reason }) => [path, reason])]).toEqual([
      typed,
      reasons.map((reason) => ['email', reason]),
    ]);
  }
  const good = ['a@b.co', `${'x'.repeat(242)}@example.com`, ' Sara.M+x_1@Mail.Example.com '];
  for (const typed of good) {
    await expect(request(typed)).resolves.toBeDefined();
  }
  await api.runJobs();
  expect(api.mail.sent.map(({ to }) => to)).toEqual(
    good.map((typed) => typed.trim().toLowerCase()),
  );
});

test('A29: the reasons are told in English and in Persian', async () => {
  await using api = await createTestApi();
  const texts = new Set<string>();
  for (const typed of ['a@bc', 'سارا@example.com', 'sara@example']) {
    for (const language of ['en', 'fa'] as const) {
      const call = login(api, typed);
      const [issue] = await issuesOf(call, language);
      const reason = issue?.reason as FieldErrorReason;
      expect(issue?.message).toBe(fieldErrors[reason][language]);
      expect(/[\u0600-\u06ff]/.test(issue?.message ?? '')).toBe(language === 'fa');
      texts.add(issue?.message ?? '');
    }
  }
  expect(texts.size).toBe(6);
});

test('A34: a required field that is blank or missing is told by its name, in both languages', async () => {
  await using api = await createTestApi();
  const code = { challengeId: api.app.deps.newId(), code: '123456' };
  const good = { ...code, ...profile };
  const blanks: [object, string][] = [
    [{ password: '' }, 'password'],
    [{ password: undefined }, 'password'],
    [{ firstName: '' }, 'firstName'],
    [{ firstName: '  ' }, 'firstName'],
    [{ firstName: undefined }, 'firstName'],
    [{ lastName: '   ' }, 'lastName'],
    [{ lastName: undefined }, 'lastName'],
    [{ email: ' ' }, 'email'],
    [{ challengeId: undefined }, 'challengeId'],
    [{ code: undefined }, 'code'],
  ];
  for (const [change, path] of blanks) {
    for (const language of ['en', 'fa'] as const) {
      const call = api.anonymous().api.password.register({ ...good, ...change });
      const issues = await issuesOf(call, language);
      expect(issues[0]).toEqual({
        path,
        reason: 'required',
        message: fieldErrors.required[language],
      });
      expect(new Set(issues.map((issue) => issue.path))).toEqual(new Set([path]));
    }
  }
  const all = { ...code, password: '', firstName: '', lastName: '' };
  const issues = await issuesOf(api.anonymous().api.password.register(all));
  const required = issues.filter(({ reason }) => reason === 'required');
  expect(required.map(({ path }) => path)).toEqual(['password', 'firstName', 'lastName']);
  const nothing = await issuesOf(login(api, phone, ''));
  expect(nothing).toMatchObject([{ path: 'password', reason: 'required' }]);
});

test('A32: a password of a megabyte, or with half a character, is refused before anything is hashed', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, email);
  const hashing = [vi.spyOn(api.app.hasher, 'hash'), vi.spyOn(api.app.hasher, 'verify')];
  const code = { challengeId: api.app.deps.newId(), code: '123456' };
  const bad: [string, FieldErrorReason][] = [
    ['x'.repeat(1_048_576), 'too-long'],
    ['x'.repeat(129), 'too-long'],
    ['🦁'.repeat(129), 'too-long'],
    ['half \ud800 character', 'invalid'],
    ['other half \udc00', 'invalid'],
  ];
  const started = performance.now();
  for (const [typed, reason] of bad) {
    const { password: procedures } = actor.api;
    const calls = [
      () => procedures.login({ email, password: typed }),
      () => procedures.register({ ...code, ...profile, password: typed }),
      () => procedures.set({ password: typed }),
      () => procedures.set({ password, current: typed }),
      () => procedures.reset({ ...code, password: typed }),
    ];
    for (const call of calls) {
      const [issue, ...more] = await issuesOf(call());
      expect([issue?.reason, more]).toEqual([reason, []]);
      expect(['password', 'current']).toContain(issue?.path);
    }
  }
  expect(performance.now() - started).toBeLessThan(1_000);
  hashing.forEach((spy) => expect(spy).not.toHaveBeenCalled());
});

test('A32: what was typed is the password: zero bytes, spaces, and letters composed or not', async () => {
  await using api = await createTestApi({ config: cheap() });
  const { actor } = await register(api, phone);
  const pairs = [
    ['lantern\0quartz', 'lantern'],
    ['\0\0\0\0\0\0\0\0', '\0\0\0\0\0\0\0'],
    ['  lantern quartz  ', 'lantern quartz'],
    ['lantern caf\u00e9', 'lantern cafe\u0301'],
    ['lantern cafe\u0301', 'lantern caf\u00e9'],
    ['ﬁrst lantern', 'first lantern'],
    ['فانوس دریا کی', 'فانوس دریا كي'],
    ['Lantern Quartz', 'lantern quartz'],
  ] as const;
  for (const [typed, other] of pairs) {
    await actor.api.password.set({ password: typed });
    await expectAppError(login(api, phone, other), 'PASSWORD_WRONG');
    api.clock.advance(1_000);
    await expect(login(api, phone, typed)).resolves.toBeDefined();
  }
});
