import { createHash, randomBytes } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { defaultConfig } from './config.ts';
import { entities } from './database/tables.ts';
import { day } from './kernel/duration.ts';
import { sweep } from './sweep.ts';
import { createTestApi, expectAppError, type Actor, type TestApi } from './testing/index.ts';

/** Codes without a wait in between, for tests in which one number gets several. */
const otp = {
  ...defaultConfig.otp,
  resendSeconds: [0],
  sendsPerContactPer10Minutes: 100,
  sendsPerContactPerDay: 100,
};
const password = 'blue horse 27 stairs';

afterEach(() => {
  vi.useRealTimers();
});

/** Lets days pass, with the sweep of each. @returns how many people were erased */
async function passDays(api: TestApi, days: number): Promise<number> {
  let people = 0;
  for (let i = 0; i < days; i += 1) {
    api.clock.advance(day);
    // The counters of limits go by the machine's clock.
    vi.useFakeTimers({ toFake: ['Date'], now: api.clock.now() });
    const swept = await sweep(api.app);
    vi.useRealTimers();
    people += swept.people;
  }
  return people;
}

/** Every row of every table, those of the queue included, as text; partitions as their whole. */
async function dump(api: TestApi): Promise<{ table: string; row: string }[]> {
  const { pool } = api.database;
  const { rows: tables } = await pool.query<{ name: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`);
  const dumps = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${name} t`);
      return rows.map(({ row }) => ({ table: name.replace('public.', ''), row }));
    }),
  );
  return dumps.flat();
}

/** In which tables each of these texts occurs. */
async function find(
  api: TestApi,
  texts: Record<string, string>,
): Promise<Record<string, string[]>> {
  const rows = await dump(api);
  const found = Object.entries(texts).map(([name, text]) => {
    const tables = rows.filter(({ row }) => row.includes(text)).map(({ table }) => table);
    return [name, [...new Set(tables)].toSorted()] as const;
  });
  return Object.fromEntries(found);
}

const known = {
  phone: '+989127654321',
  oldPhone: '+989361112233',
  email: 'setareh.m@example.com',
  firstName: 'Setareh',
  lastName: 'مقدم',
  birthday: '1990-03-07',
  ip: '198.51.100.23',
  otherIp: '2001:db8:77:1::5',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  browser: 'Firefox 140.0',
  deviceName: 'Setareh’s laptop',
  timeZone: 'Asia/Kabul',
  organizationHandle: 'setareh_house',
  organizationName: 'House of S. M.',
  reportNote: 'He knows where I live.',
};

/** Somebody of whom every table knows something. */
async function signUpInFull(api: TestApi, deviceKey: string): Promise<[Actor, Actor]> {
  const { ip, userAgent, otherIp: elsewhere } = known;
  const sara = api.anonymous({ ip, userAgent, deviceKey });
  const asked = await sara.requestCode(known.oldPhone);
  const device = { name: known.deviceName, platform: 'desktop' as const };
  sara.enter(await sara.api.otp.verify({ ...asked, device }));
  const { firstName, lastName, birthday, timeZone } = known;
  await sara.api.user.update({ firstName, lastName, birthday, timeZone, language: 'fa' });
  await sara.api.password.set({ password });
  const mailed = await sara.api.account.requestEmail({ email: known.email });
  await sara.api.account.confirmEmail({
    challengeId: mailed.challengeId,
    code: await sara.readCode(mailed.challengeId),
  });
  const texted = await sara.api.account.requestPhone({ phone: known.phone });
  await sara.api.account.changePhone({
    challengeId: texted.challengeId,
    code: await sara.readCode(texted.challengeId),
  });
  const other = api.anonymous({ ip: elsewhere });
  await other.signIn(known.phone);
  return [sara, other];
}

/** What somebody leaves who tries to get in: a code that is not used, a wrong code, a wrong password. */
async function tryToEnter(api: TestApi, ip: string): Promise<void> {
  const guest = api.anonymous({ ip });
  const { challengeId, code } = await guest.requestCode(known.phone);
  const wrong = code === '000000' ? '111111' : '000000';
  await expectAppError(guest.api.otp.verify({ challengeId, code: wrong }), 'OTP_CODE_INVALID');
  const { phone } = known;
  await expectAppError(
    guest.api.password.login({ phone, password: 'green boat' }),
    'PASSWORD_WRONG',
  );
}

/** What she leaves behind unfinished herself. */
async function leaveTraces(api: TestApi, sara: Actor): Promise<void> {
  await tryToEnter(api, known.ip);
  await expectAppError(sara.api.account.confirm({ password: 'green boat' }), 'PASSWORD_WRONG');
  await sara.api.account.requestEmail({ email: 'unconfirmed.setareh@example.com' });
  await api.runJobs();
}

/** Each reports what the other wrote to them. */
async function report(
  api: TestApi,
  sara: Actor,
  reza: Actor,
  conversationId: string,
): Promise<void> {
  const { newId } = api.app.deps;
  const about = { conversationId, reason: 'privacy' } as const;
  await sara.api.chat.report({ ...about, id: newId(), seq: 2, note: known.reportNote });
  await reza.api.chat.report({ ...about, id: newId(), seq: 1, note: 'She began.' });
}

/** In a group of his she makes a link, and keeps somebody out. */
async function inviteAndBan(api: TestApi, sara: Actor, reza: Actor, banned: Actor): Promise<void> {
  const { newId } = api.app.deps;
  const group = { id: newId(), kind: 'group', title: 'Us', userIds: [sara.id] } as const;
  await reza.api.chat.create({ ...group, userIds: [...group.userIds] });
  const place = { conversationId: group.id, userId: sara.id };
  await reza.api.chat.setRights({ ...place, role: 'admin' });
  await sara.api.chat.createInvite({ conversationId: group.id, id: newId() });
  await sara.api.chat.ban({ conversationId: group.id, userId: banned.id });
}

/** She goes from a group of his in which she only read. */
async function readAndLeave(api: TestApi, sara: Actor, reza: Actor): Promise<void> {
  const id = api.app.deps.newId();
  await reza.api.chat.create({ id, kind: 'group', title: 'Them', userIds: [sara.id] });
  await reza.api.chat.setRights({ conversationId: id, userId: sara.id, role: 'reader' });
  await sara.api.chat.leave({ conversationId: id });
}

/** What both do with what they have written to each other. */
async function talk(sara: Actor, reza: Actor, conversationId: string): Promise<void> {
  const his = { conversationId, seq: 2 };
  await sara.api.chat.markRead(his);
  await sara.api.chat.react({ ...his, emoji: '👍', isSet: true });
  await sara.api.chat.pinMessage({ ...his, for: 'me' });
  const third = await reza.say(conversationId, 'hide me');
  await sara.api.chat.delete({ conversationId, seqs: [third.seq], for: 'me' });
  await reza.api.chat.send({
    conversationId,
    id: third.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    text: 'to you',
    mentions: [sara.id],
  });
  await reza.api.chat.search({ query: 'from' });
}

test('A50: thirty days after the removal nothing in any table tells who it was', async () => {
  await using api = await createTestApi({ config: { otp } });
  const deviceKey = randomBytes(24).toString('base64url');
  const [sara, other] = await signUpInFull(api, deviceKey);
  const [reza, asking, asked] = [await api.signUp(), await api.signUp(), await api.signUp()];
  const { id: requestId } = await sara.api.friend.request({ userId: reza.id });
  await reza.api.friend.accept({ requestId });
  await asking.api.friend.request({ userId: sara.id });
  await sara.api.friend.request({ userId: asked.id });
  const [blocker, blocked] = [await api.signUp(), await api.signUp()];
  await blocker.api.friend.block({ userId: sara.id });
  await sara.api.friend.block({ userId: blocked.id });
  const { organizationHandle: handle, organizationName: name } = known;
  await sara.api.organization.create({ id: api.app.deps.newId(), name, handle });
  const theirs = { id: api.app.deps.newId(), name: 'Theirs', handle: 'theirs' };
  await reza.api.organization.create(theirs);
  await reza.api.organization.addMember({ organizationId: theirs.id, userId: sara.id });
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  await sara.say(conversationId, 'from her');
  await reza.say(conversationId, 'from him');
  await talk(sara, reza, conversationId);
  await report(api, sara, reza, conversationId);
  await inviteAndBan(api, sara, reza, asked);
  await readAndLeave(api, sara, reza);
  await leaveTraces(api, sara);
  await (await sara.listen()).ready();
  const online = api.app.db.selectFrom('presences').select('user_id');
  await expect.poll(() => online.execute()).toEqual([{ user_id: sara.id }]);

  const hash = createHash('sha256').update(deviceKey).digest();
  const texts = {
    ...known,
    nationalNumber: known.phone.slice(3),
    unconfirmed: 'unconfirmed.setareh@example.com',
    deviceKeyHash: hash.toString('hex'),
    deviceKeyInCounters: hash.toString('base64url'),
    network: '2001:db8:77:1::/64',
    session: sara.sessionId,
    otherSession: other.sessionId,
  };
  // First what there is to be erased: a search that finds nothing now would prove nothing later.
  const before = await find(api, texts);
  expect(Object.entries(before).filter(([, tables]) => tables.length === 0)).toEqual([]);
  await expect(find(api, { deviceKey })).resolves.toEqual({ deviceKey: [] });
  const own = await find(api, { id: sara.id });
  const everywhere = new Set([...Object.values(before).flat(), ...(own['id'] ?? [])]);
  const all = entities.map(({ meta }) => meta.tableName);
  expect(all.filter((table) => !everywhere.has(table))).toEqual([
    'sms_providers',
    // Words of letters, as `messages` has them.
    'message_edits',
    'stream_floor',
    'presence_nodes',
  ]);

  await sara.api.account.remove();
  await expect(passDays(api, 29)).resolves.toBe(0);
  // Somebody knows the number still, and what they leave is not old enough to go by itself.
  await tryToEnter(api, '203.0.113.5');
  await expect(passDays(api, 1)).resolves.toBe(1);
  const after = await find(api, texts);
  expect(Object.entries(after).filter(([, tables]) => tables.length > 0)).toEqual([]);
  // The number of a row without a name is all that is left, for what others got from it.
  await expect(find(api, { id: sara.id })).resolves.toEqual({
    id: [
      'conversation_bans',
      'conversation_invites',
      'conversation_members',
      'conversations',
      'message_reactions',
      'message_reports',
      'message_search',
      'messages',
      'stream_events',
      'users',
    ],
  });
  const { rows } = await api.database.pool.query<{ row: object }>(
    'select to_jsonb(u) as row from users u where id = $1',
    [sara.id],
  );
  const left = Object.entries(rows[0]?.row ?? {}).filter(([, value]) => value !== null);
  expect(left.map(([column]) => column)).toEqual([
    'id',
    'kind',
    'role',
    'status',
    'created_at',
    'shows_receipts',
    'presence_visibility',
  ]);

  await expectFriendsWithout(sara, [reza, asking, asked]);
  const members = await reza.api.organization.listMembers({ organizationId: theirs.id });
  expect(members.items.map(({ user }) => user.id)).toEqual([reza.id]);
  await expect(blocker.api.friend.listBlocked({})).resolves.toMatchObject({ items: [] });
  await expectAppError(blocker.api.friend.block({ userId: sara.id }), 'USER_NOT_FOUND');
  const { peer } = await reza.api.chat.get({ conversationId });
  expect(peer).toEqual({ id: sara.id, firstName: null, lastName: null });
  const { items } = await reza.api.chat.listMessages({ conversationId });
  expect(items.map(({ senderId, text }) => [senderId, text])).toEqual([
    [reza.id, 'to you'],
    [reza.id, 'hide me'],
    [reza.id, 'from him'],
    [sara.id, 'from her'],
  ]);
  // What was reported is there for those who judge it; what she told them of it is not.
  const staff = await api.signUp({ role: 'staff' });
  const reports = await staff.api.chat.listReports({});
  expect(
    reports.items.map(({ reporter, note, snapshot }) => [reporter.id, note, snapshot.length]),
  ).toEqual([
    [sara.id, null, 3],
    [reza.id, 'She began.', 4],
  ]);
  await expectAppError(
    reza.api.chat.send({ conversationId, id: api.app.deps.newId(), text: 'hello?' }),
    'CHAT_NOT_FRIENDS',
  );

  const anew = api.anonymous();
  const login = await anew.api.otp.verify(await anew.requestCode(known.phone));
  expect(login).toMatchObject({ isNewUser: true, user: { firstName: null, email: null } });
  expect(login.user.id).not.toBe(sara.id);
  anew.enter(login);
  await expect(anew.api.chat.list({})).resolves.toMatchObject({ items: [] });
});

async function expectFriendsWithout(gone: Actor, others: readonly Actor[]): Promise<void> {
  for (const other of others) {
    await expect(other.api.friend.list({})).resolves.toMatchObject({ items: [] });
    await expect(other.api.friend.listRequests({})).resolves.toMatchObject({ items: [] });
    await expectAppError(other.api.friend.request({ userId: gone.id }), 'USER_NOT_FOUND');
  }
}

test('A50: a conversation goes when both of its people are erased, and its stream with it', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id } = await sara.api.chat.start({ userId: reza.id });
  await sara.say(id, 'hello');
  const live = await (await reza.listen()).ready();
  await sara.api.account.remove();
  api.clock.advance(10 * day);
  await reza.api.user.me();
  await expect(passDays(api, 20)).resolves.toBe(1);
  const told = await live.until(({ type }) => type === 'friend.removed');
  expect(told).toMatchObject({ streamId: reza.id, body: { userId: sara.id } });
  live.stop();
  await expect(reza.api.chat.list({})).resolves.toMatchObject({ items: [{ id }] });

  const back = api.anonymous();
  await back.signIn(reza.phone);
  await back.api.account.remove();
  await expect(passDays(api, 30)).resolves.toBe(1);
  await expect(find(api, { id, text: 'hello' })).resolves.toEqual({ id: [], text: [] });
  const { rows } = await api.database.pool.query<{ streams: string; members: string }>(
    'select (select count(*) from streams) as streams, (select count(*) from stream_members) as members',
  );
  expect(rows.map(({ streams, members }) => [Number(streams), Number(members)])).toEqual([[0, 0]]);
});

test('A50: a name that somebody else’s line has told late is forgotten with the line', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp({ firstName: known.firstName }), await api.signUp()];
  const { id: requestId } = await sara.api.friend.request({ userId: reza.id });
  await sara.api.account.remove();
  await passDays(api, 29);
  await reza.api.friend.decline({ requestId });
  await expect(passDays(api, 1)).resolves.toBe(1);
  await passDays(api, 7);
  const { firstName } = known;
  await expect(find(api, { firstName })).resolves.toEqual({ firstName: [] });
});
