import { fieldErrors, type FieldErrorReason, type Language } from '@chapar/contract';
import { TRPCError } from '@trpc/server';
import { expect, test } from 'vitest';
import { toPublicError } from '../../error-shape.ts';
import { hour, minute, second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, type Actor } from '../../testing/index.ts';

type Changes = Parameters<Actor['api']['user']['update']>[0];

/** What a profile is refused with; empty where it is taken. */
async function refusals(
  actor: Actor,
  changes: Changes,
  language: Language = 'en',
): Promise<{ path: string; reason: string; message: string }[]> {
  const error: unknown = await actor.api.user.update(changes).then(
    () => null,
    (error_: unknown) => error_,
  );
  if (error === null) {
    return [];
  }
  if (!(error instanceof TRPCError)) {
    throw new TypeError('expected a refusal', { cause: error });
  }
  const { appCode, data } = toPublicError(error, language);
  expect(appCode).toBe('INPUT_INVALID');
  return (data as { issues: { path: string; reason: string; message: string }[] }).issues;
}

async function reasonsOf(actor: Actor, changes: Changes): Promise<string[]> {
  return (await refusals(actor, changes)).map(({ reason }) => reason);
}

test('A48: a person sees themselves, a guest nobody', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const me = await sara.api.user.me();
  expect(me).toEqual({
    id: sara.id,
    phone: sara.phone,
    email: null,
    kind: 'personal',
    firstName: null,
    lastName: null,
    birthday: null,
    language: null,
    timeZone: null,
    presenceVisibility: 'friends',
    showsReceipts: true,
    createdAt: api.clock.now(),
  });
  const guest = api.anonymous();
  await expectAppError(guest.api.user.me(), 'AUTH_REQUIRED');
  await expect(guest.api.user.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  await expectAppError(guest.api.user.update({ firstName: 'Sara' }), 'AUTH_REQUIRED');
});

test('A49: changes what is given, clears what is null, and tells the other devices', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const reza = await api.signUp();
  const live = await (await sara.listen()).ready();
  const profile = {
    firstName: 'سارا',
    lastName: 'محمدی',
    birthday: '1990-02-28',
    language: 'fa',
    timeZone: 'Europe/Berlin',
  } as const;
  const changed = await sara.api.user.update({ ...profile, firstName: '  سارا ' });
  expect(changed).toMatchObject(profile);
  await expect(sara.api.user.update({ lastName: null, birthday: null })).resolves.toMatchObject({
    ...profile,
    lastName: null,
    birthday: null,
  });
  const kept = await sara.api.user.update({});
  expect(kept).toEqual({ ...changed, lastName: null, birthday: null });
  await expect(sara.api.user.me()).resolves.toEqual(kept);
  const event = await live.until(
    ({ type, ...rest }) => type === 'user.updated' && 'body' in rest && isLastNameless(rest.body),
  );
  expect(event).toMatchObject({ body: { id: sara.id, firstName: 'سارا', lastName: null } });
  await expect(reza.api.user.me()).resolves.toMatchObject({ firstName: null });
  live.stop();
});

function isLastNameless(body: object): boolean {
  return 'lastName' in body && body.lastName === null;
}

test('A49: what an account is named and ranked by is not of the profile', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const before = await api.app.db.selectFrom('users').selectAll().execute();
  const readOnly = [
    { phone: '+989127654321' },
    { email: 'sara@example.com' },
    { kind: 'operator' },
    { role: 'admin' },
    { status: 'inactive' },
    { id: api.app.deps.newId() },
    { createdAt: new Date(0) },
    { password: 'correct horse battery' },
  ];
  for (const field of readOnly) {
    const changes: Changes = { firstName: 'Sara', ...field };
    await expect(reasonsOf(sara, changes)).resolves.toEqual(['unknown-field']);
  }
  await expect(api.app.db.selectFrom('users').selectAll().execute()).resolves.toEqual(before);
});

test('A31: names have 2 to 150 letters and at most five further parts', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const good = [
    'Li',
    'x'.repeat(150),
    'Sara',
    'سارا',
    'سارا محمدی نژاد',
    'علی\u200cرضا',
    'Анна-Мария',
    'Ёлка',
    "O'Brien-de la Cruz",
    'D\u2019Arc',
    'Zoé',
    'Zoe\u0301',
    'Anna Maria Luisa de la Cruz',
    'a-b-c-d-e-f',
  ];
  for (const firstName of good) {
    await expect(sara.api.user.update({ firstName })).resolves.toMatchObject({ firstName });
    await expect(sara.api.user.update({ lastName: ` ${firstName} ` })).resolves.toMatchObject({
      lastName: firstName,
    });
  }
  const bad: [string, FieldErrorReason][] = [
    ['x', 'name-length'],
    [' x ', 'name-length'],
    ['x'.repeat(151), 'name-length'],
    ['x'.repeat(100_000), 'name-length'],
    ['a b c d e f g', 'name-letters'],
    ['a-b-c-d-e-f-g', 'name-letters'],
    ['Anna  Maria', 'name-letters'],
    ['Anna-', 'name-letters'],
    ['-Anna', 'name-letters'],
    ['R2D2', 'name-letters'],
    ['سارا۱۲', 'name-letters'],
    ['a\u0000b', 'name-letters'],
    ['a\u202eb', 'name-letters'],
    ['a\nb', 'name-letters'],
    ['Sara 🦁', 'name-letters'],
    ['sara@example.com', 'name-letters'],
    ["'); drop table users; --", 'name-letters'],
    ['<b>Sara</b>', 'name-letters'],
  ];
  for (const [name, reason] of bad) {
    for (const path of ['firstName', 'lastName'] as const) {
      const issues = await refusals(sara, { [path]: name }, 'fa');
      expect(issues).toEqual([{ path, reason, message: fieldErrors[reason].fa }]);
    }
  }
  for (const blank of ['', '   ']) {
    const [issue] = await refusals(sara, { firstName: blank });
    expect(issue).toMatchObject({ path: 'firstName', reason: 'required' });
  }
});

test('A35: a birthday is in the future, too young or too old, each with its own words', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const bad: [string, FieldErrorReason][] = [
    ['2026-11-21', 'birthday-future'],
    ['2012-11-21', 'birthday-young'],
    ['1905-11-20', 'birthday-old'],
    ['2001-02-29', 'birthday-form'],
    ['2001-13-01', 'birthday-form'],
    ['1990-1-1', 'birthday-form'],
    ['1990-01-01T00:00:00Z', 'birthday-form'],
    ['۱۹۹۰-۰۱-۰۱', 'birthday-form'],
  ];
  const texts = new Set<string>();
  for (const [birthday, reason] of bad) {
    for (const language of ['en', 'fa'] as const) {
      const message = fieldErrors[reason][language];
      await expect(refusals(sara, { birthday }, language)).resolves.toEqual([
        { path: 'birthday', reason, message },
      ]);
      texts.add(message);
    }
  }
  expect(texts.size).toBe(8);
  for (const birthday of ['2012-11-20', '1905-11-21', '2000-02-29']) {
    await expect(sara.api.user.update({ birthday })).resolves.toMatchObject({ birthday });
    await expect(sara.api.user.me()).resolves.toMatchObject({ birthday });
  }
});

test('A35: the day on which somebody becomes 14 begins at midnight where they are', async () => {
  await using api = await createTestApi();
  const [tehran, berlin, kiritimati] = [await api.signUp(), await api.signUp(), await api.signUp()];
  await berlin.api.user.update({ timeZone: 'Europe/Berlin' });
  await kiritimati.api.user.update({ timeZone: 'Pacific/Kiritimati' });
  const birthday = '2012-11-21';
  // It is 08:00 UTC on the 20th: midnight is at 10:00 in Kiritimati, 20:30 in Tehran, 23:00 in Berlin.
  const midnights = [
    [kiritimati, 2 * hour],
    [tehran, 12 * hour + 30 * minute],
    [berlin, 15 * hour],
  ] as const;
  let passed = 0;
  for (const [actor, until] of midnights) {
    api.clock.advance(until - passed - second);
    await expect(reasonsOf(actor, { birthday })).resolves.toEqual(['birthday-young']);
    api.clock.advance(second);
    passed = until;
    await expect(reasonsOf(actor, { birthday })).resolves.toEqual([]);
  }
});

test('A35: a time zone that is given with the birthday counts', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  api.clock.advance(3 * hour);
  const birthday = '2012-11-21';
  await expect(reasonsOf(sara, { birthday })).resolves.toEqual(['birthday-young']);
  await expect(reasonsOf(sara, { birthday, timeZone: 'Mars/Olympus' })).resolves.toEqual([
    'time-zone',
  ]);
  const timeZone = 'Pacific/Kiritimati';
  await expect(sara.api.user.update({ birthday, timeZone })).resolves.toMatchObject({ timeZone });
});
