import { expect, test } from 'vitest';
import type { Connection } from '../../call.ts';
import { defaultConfig } from '../../config.ts';
import { hour, minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, tally, type Actor, type TestApi } from '../../testing/index.ts';
import { readUserAgent } from './session.device.ts';

/** Cheap hashes and no wait between tries: passwords are not what is measured here. */
const config = {
  password: { ...defaultConfig.password, memoryKiB: 64, passes: 1, firstDelaySeconds: 0 },
};
const password = 'blue horse 27 stairs';

/** Somebody who can sign in as often as a test wants. */
async function signUpWithPassword(api: TestApi): Promise<Actor> {
  const person = await api.signUp();
  await person.api.password.set({ password });
  return person;
}

async function logIn(api: TestApi, person: Actor, facts: Partial<Connection> = {}): Promise<Actor> {
  const device = api.anonymous(facts);
  device.enter(await device.api.password.login({ phone: person.phone, password }));
  return device;
}

/** Why sessions of a person have ended; null for those that live. */
async function endsOf(api: TestApi, person: Actor): Promise<Record<string, string | null>> {
  const rows = await api.app.db
    .selectFrom('sessions')
    .select(['id', 'end_reason'])
    .where('user_id', '=', person.id)
    .execute();
  return Object.fromEntries(rows.map((row) => [row.id, row.end_reason]));
}

async function countLive(api: TestApi, person: Actor): Promise<number> {
  return Object.values(await endsOf(api, person)).filter((reason) => reason === null).length;
}

const chrome =
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.7339.51 Mobile Safari/537.36';
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1';
const firefox = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const edge =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0';
const bot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

test('S2: a session knows its address, user agent, kind of device, browser and system', async () => {
  await using api = await createTestApi({ config });
  const sara = await signUpWithPassword(api);
  const nothing = { deviceKind: null, browser: null, os: null };
  const cases: [string | null, { deviceKind: unknown; browser: unknown; os: unknown }][] = [
    [chrome, { deviceKind: 'mobile', browser: 'Chrome 140.0.7339.51', os: 'Android 15' }],
    [safari, { deviceKind: 'mobile', browser: 'Safari 18.6', os: 'iOS 18.6' }],
    [firefox, { deviceKind: 'desktop', browser: 'Firefox 140.0', os: 'Linux' }],
    [edge, { deviceKind: 'desktop', browser: 'Microsoft Edge 140.0.0.0', os: 'Windows 10' }],
    [bot, { deviceKind: 'bot', browser: 'Googlebot 2.1', os: null }],
    ['%%% \u0001 garbage <script>', nothing],
    ['', nothing],
    [null, nothing],
  ];
  for (const [index, [userAgent, facts]] of cases.entries()) {
    const ip = `192.0.2.${index + 1}`;
    const device = await logIn(api, sara, { userAgent, ip });
    const expected = { ...facts, userAgent, ip, isCurrent: true };
    await expect(device.api.session.get()).resolves.toMatchObject(expected);
    const { items } = await sara.api.session.list();
    const listed = items.find(({ id }) => id === device.sessionId);
    expect(listed).toMatchObject({ ...expected, isCurrent: false });
  }
});

test('S2: what a user agent says is the same before and after a thousand others', () => {
  const before = readUserAgent(chrome);
  expect(readUserAgent(chrome)).toBe(before);
  for (let version = 1; version <= 1_000; version += 1) {
    readUserAgent(`Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Firefox/${version}.0`);
  }
  expect(readUserAgent(chrome)).not.toBe(before);
  expect(readUserAgent(chrome)).toEqual(before);
});

test('S2: a user agent of ten thousand characters is cut before anything is read from it', async () => {
  await using api = await createTestApi({ config });
  const sara = await signUpWithPassword(api);
  for (const long of [
    `Firefox/${'9'.repeat(10_000)}`,
    `A/${'B'.repeat(10_000)}`,
    `Mozilla/5.0 (Linux; Android 15; ${'a '.repeat(5_000)}`,
    'x/'.repeat(5_000),
    '('.repeat(10_000),
  ]) {
    const device = await logIn(api, sara, { userAgent: long });
    const { userAgent, browser, os } = await device.api.session.get();
    expect(userAgent).toBe(long.slice(0, 300));
    expect(browser?.length ?? 0).toBeLessThanOrEqual(300);
    expect(os?.length ?? 0).toBeLessThanOrEqual(300);
    await device.api.session.end();
  }
});

test('S3: last seen and the address move with the first call of each minute, by one write', async () => {
  await using api = await createTestApi();
  await api.database.pool.query(`
    create table writes (session_id uuid);
    create function note_write() returns trigger language plpgsql as
      $$ begin insert into writes values (new.id); return null; end $$;
    create trigger note_write after update on sessions for each row execute function note_write();
  `);
  const writes = async (): Promise<number> =>
    (await api.database.pool.query('select from writes')).rowCount ?? 0;
  const sara = await api.signUp();
  const start = api.clock.now().getTime();
  const seen = async () => {
    const { lastSeenAt, ip } = await sara.api.session.get();
    return { after: lastSeenAt.getTime() - start, ip };
  };
  const { ip } = await seen();
  api.clock.advance(minute);
  await atOnce(5, () => sara.api.user.me());
  await expect(seen()).resolves.toEqual({ after: 0, ip });
  await expect(writes()).resolves.toBe(0);

  api.clock.advance(1);
  const elsewhere = api.anonymous({
    ip: '192.0.2.9',
    auth: { status: 'verified', userId: sara.id, sessionId: sara.sessionId, expiresAt: 0 },
  });
  await atOnce(10, () => elsewhere.api.user.me());
  await expect(writes()).resolves.toBe(1);
  await expect(seen()).resolves.toEqual({ after: minute + 1, ip: '192.0.2.9' });
  for (let calls = 2; calls <= 4; calls += 1) {
    api.clock.advance(minute + second);
    await sara.api.user.me();
    await sara.api.user.me();
    await expect(writes()).resolves.toBe(calls);
  }
  await expect(seen()).resolves.toEqual({ after: 4 * minute + 3 * second + 1, ip });
});

test('S8: a login takes the place of the session of the same device and of no other', async () => {
  await using api = await createTestApi({ config });
  const [sara, reza] = [await signUpWithPassword(api), await signUpWithPassword(api)];
  const phone = { deviceKey: 'a'.repeat(32) };
  const [first, tablet, unnamed, rezas] = [
    await logIn(api, sara, phone),
    await logIn(api, sara, { deviceKey: 'b'.repeat(32) }),
    await logIn(api, sara),
    await logIn(api, reza, phone),
  ];
  const live = await (await first.listen()).ready();
  const again = await logIn(api, sara, phone);
  await logIn(api, sara);
  await expect(endsOf(api, sara)).resolves.toMatchObject({
    [sara.sessionId]: null,
    [first.sessionId]: 'replaced',
    [tablet.sessionId]: null,
    [unnamed.sessionId]: null,
    [again.sessionId]: null,
  });
  await expect(endsOf(api, reza)).resolves.toMatchObject({ [rezas.sessionId]: null });
  await expect(countLive(api, sara)).resolves.toBe(5);
  await expect.poll(() => live.closeCode).toBe(4403);

  // The key itself is a secret of the device: the table holds what it cannot be made from.
  const { rows } = await api.database.pool.query<{ row: string }>(
    'select s::text as row from sessions s',
  );
  expect(rows.filter(({ row }) => row.includes(phone.deviceKey))).toEqual([]);
});

test('S8: of ten logins at once on one device one session is left', async () => {
  await using api = await createTestApi({ config });
  const sara = await signUpWithPassword(api);
  const deviceKey = 'c'.repeat(32);
  const results = await atOnce(10, () => logIn(api, sara, { deviceKey }));
  expect(tally(results)).toEqual({ ok: 10 });
  await expect(countLive(api, sara)).resolves.toBe(2);
});

test('S8: the eleventh device ends the one that rested longest, and the owner is told', async () => {
  await using api = await createTestApi({ config });
  const sara = await signUpWithPassword(api);
  const resting = await logIn(api, sara);
  api.clock.advance(hour);
  for (let i = 2; i < 10; i += 1) {
    await logIn(api, sara);
  }
  await sara.api.user.me();
  const live = await (await sara.listen()).ready();
  await expect(countLive(api, sara)).resolves.toBe(10);
  await logIn(api, sara);
  await expect(endsOf(api, sara)).resolves.toMatchObject({ [resting.sessionId]: 'too-many' });
  await expect(countLive(api, sara)).resolves.toBe(10);
  const body = { type: 'session-ended', sessionId: resting.sessionId };
  await live.until((event) => event.type === 'account.alert');
  expect(live.stored.filter(({ type }) => type === 'account.alert')).toMatchObject([{ body }]);
  const { items } = await sara.api.session.listEvents({});
  expect(items.filter(({ type }) => type === 'session-ended')).toMatchObject([
    { sessionId: resting.sessionId, detail: { reason: 'too-many' } },
  ]);
  live.stop();
});

test('S8: of fifteen logins at once ten sessions are left', async () => {
  await using api = await createTestApi({ config });
  const sara = await signUpWithPassword(api);
  const results = await atOnce(15, () => logIn(api, sara));
  expect(tally(results)).toEqual({ ok: 15 });
  await expect(countLive(api, sara)).resolves.toBe(10);
});

test('S8: a login after our clock stepped back does not end itself for having rested longest', async () => {
  await using api = await createTestApi({ config });
  const sara = await signUpWithPassword(api);
  for (let i = 1; i < 10; i += 1) {
    await logIn(api, sara);
  }
  api.clock.advance(-10 * minute);
  const late = await logIn(api, sara);
  await expect(late.api.user.me()).resolves.toMatchObject({ id: sara.id });
  await expect(countLive(api, sara)).resolves.toBe(10);
});

test('S8: sessions that are over by themselves are no devices, and nobody is alarmed about them', async () => {
  await using api = await createTestApi({ config });
  const sara = await signUpWithPassword(api);
  for (let i = 1; i < 10; i += 1) {
    await logIn(api, sara);
  }
  api.clock.advance(31 * 24 * hour);
  const back = await logIn(api, sara);
  const { items } = await back.api.session.listEvents({});
  expect(items[0]).toMatchObject({ type: 'signed-in', sessionId: back.sessionId });
  const alerts = await api.app.db
    .selectFrom('stream_events')
    .select('body')
    .where('type', '=', 'account.alert')
    .execute();
  expect(alerts.map(({ body }) => body)).toEqual([
    { type: 'password-set', sessionId: sara.sessionId },
  ]);
});
