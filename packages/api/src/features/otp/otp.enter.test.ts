import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { day, minute } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally, type TestApi } from '../../testing/index.ts';
import { cheap, password } from '../password/test/people.ts';
import { atOneMoment, countRows, money, statementsOf, verify } from './test/codes.ts';
import {
  closeShortWay,
  gateAtEvents,
  gateBeforePerson,
  rowsOfLogins,
  untilSomebodyWaits,
} from './test/entering.ts';

const phone = '+989121234567';
const email = 'sara.moradi@example.com';
const twoSessions = {
  ...money({ unusedPerSource: 10_000 }),
  session: { ...defaultConfig.session, perUser: 2 },
};
const chrome =
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.7339.51 Mobile Safari/537.36';

/** Signs the owner of a contact in, after a while in which other codes are forgotten. */
async function signIn(api: TestApi, contact: string, deviceKey: string | null, name?: string) {
  api.clock.advance(10 * minute);
  const guest = api.anonymous({ deviceKey, userAgent: chrome });
  const code = await guest.requestCode(contact);
  const device = name === undefined ? undefined : { name, platform: 'android' as const };
  return guest.api.otp.verify({ ...code, device });
}

/** Logins of every kind that leaves other rows than the rest. */
async function manyLogins(api: TestApi) {
  const sara = await api.signUp({ phone, byCode: true });
  const heard: string[] = [];
  api.app.deps.hub.subscribe({
    event: ({ streamId, seq, type }) => streamId === sara.id && heard.push(`${seq} ${type}`),
    head: () => undefined,
    signal: () => undefined,
  });
  const answers = [
    await signIn(api, phone, null),
    await signIn(api, phone, 'a'.repeat(43), 'Sara’s "phone"'),
    await signIn(api, phone, 'a'.repeat(43)),
    await signIn(api, phone, 'b'.repeat(43)),
  ];
  api.clock.advance(defaultConfig.session.refreshIdleSeconds * 1_000 + day);
  answers.push(await signIn(api, phone, null));
  await signIn(api, email, null);
  answers.push(await signIn(api, email, null));
  const shown = answers.map(({ user, isNewUser, isRestored, accessExpiresIn }) => {
    const { id: _, createdAt: __, ...me } = user;
    return { me, isNewUser, isRestored, accessExpiresIn };
  });
  return { shown, heard, rows: await rowsOfLogins(api) };
}

test('A18, S8, A53: a login leaves the same rows, events and answers whichever way it goes', async () => {
  await using short = await createTestApi({ config: twoSessions });
  await using long = await createTestApi({ config: twoSessions });
  const tries = closeShortWay(long);
  const byShort = await manyLogins(short);
  const byLong = await manyLogins(long);
  expect(byShort).toEqual(byLong);
  expect(tries()).toBe(8);
  expect(byShort.heard).toHaveLength(12);
  const told = byShort.rows.filter((row) => row.startsWith('stream_events'));
  for (const word of ['"replaced\\"', '"expired\\"', '"too-many\\"', 'account.alert']) {
    expect(told.join('\n')).toContain(word);
  }
});

test('A18: a login into an open account is two statements, three where a session has to end', async () => {
  await using api = await createTestApi({ config: twoSessions });
  await api.signUp({ phone });
  const numbers = [];
  for (let index = 0; index < 2; index += 1) {
    api.clock.advance(10 * minute);
    const code = await api.anonymous().requestCode(phone);
    const guest = api.anonymous();
    const texts = await statementsOf(() => guest.api.otp.verify(code));
    numbers.push(texts.filter((text) => text.includes('otp_challenges')).length);
    expect(texts).not.toContain('begin');
  }
  expect(numbers).toEqual([2, 3]);
});

test('A11, A14: of sixteen right codes at once on two nodes one signs in, with one event', async () => {
  await using api = await createTestApi({ config: twoSessions });
  await using other = await createTestApi({ config: twoSessions, on: api });
  const sara = await api.signUp({ phone });
  api.clock.advance(10 * minute);
  const before = await countRows(api, 'sessions');
  const right = await api.anonymous().requestCode(phone);
  const results = await atOneMoment(api, right.challengeId, () =>
    atOnce(16, (index) => verify(index % 2 === 0 ? api : other, right)),
  );
  const { ok, OTP_EXPIRED: expired = 0, OTP_CHALLENGE_LOCKED: locked = 0 } = tally(results);
  expect([ok, expired + locked]).toEqual([1, 15]);
  expect((await countRows(api, 'sessions')) - before).toBe(1);
  const events = await api.app.db
    .selectFrom('stream_events')
    .select(['seq', 'type'])
    .where('stream_id', '=', sara.id)
    .orderBy('seq')
    .execute();
  expect(events).toEqual([
    { seq: 1n, type: 'session.started' },
    { seq: 2n, type: 'session.started' },
  ]);
});

test('A11, A53: a login whose connection is killed before its commit leaves nothing, and the code good', async () => {
  await using api = await createTestApi({ config: twoSessions });
  await api.signUp({ phone });
  await signIn(api, phone, null);
  api.clock.advance(10 * minute);
  const code = await api.anonymous().requestCode(phone);
  const before = await rowsOfLogins(api);
  const isSpent = (row: string): boolean => row.startsWith('otp_c');
  {
    await using gate = await gateAtEvents(api);
    const login = verify(api, code);
    const refused = expectAppError(login, 'UNAVAILABLE');
    const pid = await gate.reached();
    await api.database.pool.query('select pg_terminate_backend($1)', [pid]);
    await refused;
  }
  const after = await rowsOfLogins(api);
  expect(after.filter((row) => !isSpent(row))).toEqual(before.filter((row) => !isSpent(row)));
  expect(after.filter((row) => isSpent(row) && row.includes('"is_used":false'))).toHaveLength(1);
  await expect(verify(api, code)).resolves.toMatchObject({ isNewUser: false });
});

test('S8: a session that begins while a login reads is seen by it', async () => {
  await using api = await createTestApi({ config: { ...twoSessions, ...cheap() } });
  const sara = await api.signUp({ phone });
  await sara.api.password.set({ password });
  api.clock.advance(10 * minute);
  const code = await api.anonymous().requestCode(phone);
  await using gate = await gateBeforePerson(api);
  const login = verify(api, code);
  await gate.reached();
  await api.anonymous().api.password.login({ phone, password });
  await gate.open();
  await login;
  const alive = await api.app.db
    .selectFrom('sessions')
    .select('id')
    .where('ended_at', 'is', null)
    .execute();
  expect(alive).toHaveLength(twoSessions.session.perUser);
});

test('A18: a login waits for who changes the account, and is refused when it was closed', async () => {
  await using api = await createTestApi({ config: twoSessions });
  const sara = await api.signUp({ phone });
  api.clock.advance(10 * minute);
  const code = await api.anonymous().requestCode(phone);
  const refused = await api.app.db.transaction().execute(async (trx) => {
    await trx.updateTable('users').set({ status: 'inactive' }).where('id', '=', sara.id).execute();
    const result = expectAppError(verify(api, code), 'USER_INACTIVE');
    await untilSomebodyWaits(api);
    return { result };
  });
  await refused.result;
});
