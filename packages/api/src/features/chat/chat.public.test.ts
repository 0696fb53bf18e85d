import { expect, test } from 'vitest';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { befriend, bringIn, openRoom } from './test/rooms.ts';

async function titlesFor(actor: Actor, query?: string): Promise<string[]> {
  const { items } = await actor.api.chat.findPublic(query === undefined ? {} : { query });
  return items.map(({ title }) => title);
}

async function openPublic(api: TestApi, owner: Actor, title: string, description?: string) {
  const id = api.app.deps.newId();
  await owner.api.chat.create({ id, kind: 'group', title, isPublic: true, description });
  return id;
}

test('a public group is found and joined, and before that no more than its card is seen', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'group', { isPublic: true });
  const conversationId = room.id;
  await room.owner.say(conversationId, 'for members');
  const guest = await api.signUp();
  const card = {
    id: conversationId,
    kind: 'group',
    title: 'کوه‌نوردی',
    description: null,
    avatar: null,
    memberCount: 1,
    isMember: false,
  };
  const found = await guest.api.chat.findPublic({});
  expect(found).toEqual({ items: [card], nextCursor: null });
  await expectAppError(guest.api.chat.get({ conversationId }), 'CHAT_NOT_FOUND');
  await expectAppError(guest.api.chat.listMessages({ conversationId }), 'CHAT_NOT_FOUND');
  await expectAppError(guest.api.chat.listMembers({ conversationId }), 'CHAT_NOT_FOUND');
  await expect(guest.api.chat.join({ conversationId })).resolves.toMatchObject({
    id: conversationId,
    role: 'member',
    memberCount: 2,
  });
  await expect(guest.api.chat.findPublic({})).resolves.toMatchObject({
    items: [{ memberCount: 2, isMember: true }],
  });
  const { items } = await guest.api.chat.listMessages({ conversationId });
  expect(items.map(({ text, system }) => system?.type ?? text)).toEqual([
    'memberJoined',
    'for members',
    'created',
  ]);
});

test('readers of a channel come by themselves without a word to everybody', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'channel', { isPublic: true });
  const guest = await api.signUp();
  const view = await guest.api.chat.join({ conversationId: room.id });
  expect(view).toMatchObject({ kind: 'channel', role: 'reader', memberCount: null });
  const types = await api.app.db
    .selectFrom('stream_events')
    .select('type')
    .where('stream_id', '=', room.id)
    .execute();
  expect(types).toEqual([{ type: 'chat.message' }]);
});

test('what is not public is not there for who is not in it', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const [guest, friend] = await api.signUpFriends();
  const { id: direct } = await guest.api.chat.start({ userId: friend.id });
  const gone = await openRoom(api, 'group', { isPublic: true, owner: room.owner });
  await room.owner.api.chat.remove({ conversationId: gone.id });
  const bodies = new Set<string>();
  const stranger = await api.signUp();
  for (const conversationId of [room.id, direct, gone.id, room.owner.id, api.app.deps.newId()]) {
    const error: unknown = await stranger.api.chat
      .join({ conversationId })
      .catch((error_: unknown) => error_);
    await expectAppError(Promise.reject(error as Error), 'CHAT_NOT_FOUND');
    bodies.add(JSON.stringify(error));
  }
  expect(bodies.size).toBe(1);
  expect(await titlesFor(stranger)).toEqual([]);
  await room.owner.api.chat.update({ conversationId: room.id, isPublic: true });
  await stranger.api.chat.join({ conversationId: room.id });
  await room.owner.api.chat.update({ conversationId: room.id, isPublic: false });
  await expect(stranger.api.chat.join({ conversationId: room.id })).resolves.toMatchObject({
    id: room.id,
  });
  await stranger.api.chat.leave({ conversationId: room.id });
  await expectAppError(stranger.api.chat.join({ conversationId: room.id }), 'CHAT_NOT_FOUND');
});

test('thirty who join at once, each of them twice, are in once', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'group', { isPublic: true });
  const people: Actor[] = [];
  for (let i = 0; i < 30; i += 1) {
    people.push(await api.signUp());
  }
  const results = await atOnce(60, (n) =>
    (people[n % 30] ?? room.owner).api.chat.join({ conversationId: room.id }),
  );
  expect(tally(results)).toEqual({ ok: 60 });
  const { items } = await room.owner.api.chat.listMembers({ conversationId: room.id, limit: 100 });
  expect(items).toHaveLength(31);
  await expect(room.owner.api.chat.get({ conversationId: room.id })).resolves.toMatchObject({
    memberCount: 31,
    headSeq: 31,
  });
});

test('who is banned neither finds nor joins; a closed conversation is not found, and lets nobody in', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'group', { isPublic: true });
  const conversationId = room.id;
  const [banned, guest] = [await api.signUp(), await api.signUp()];
  await banned.api.chat.join({ conversationId });
  await room.owner.api.chat.ban({ conversationId, userId: banned.id });
  await expect(titlesFor(banned)).resolves.toEqual([]);
  await expect(titlesFor(banned, 'کوه')).resolves.toEqual([]);
  const data = await expectAppError(banned.api.chat.join({ conversationId }), 'CHAT_BANNED');
  expect(data).toEqual({ userId: banned.id });
  await room.owner.api.chat.setStatus({ conversationId, status: 'hold' });
  await expect(titlesFor(guest)).resolves.toHaveLength(1);
  await room.owner.api.chat.setStatus({ conversationId, status: 'closed' });
  await expect(titlesFor(guest)).resolves.toEqual([]);
  await expectAppError(guest.api.chat.join({ conversationId }), 'CHAT_NOT_OPEN');
  await room.owner.api.chat.setStatus({ conversationId, status: 'open' });
  await room.owner.api.chat.unban({ conversationId, userId: banned.id });
  await expect(titlesFor(banned)).resolves.toHaveLength(1);
});

test('a ban from a conversation is of that conversation only', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'group', { isPublic: true });
  const other = await openRoom(api, 'group', { isPublic: true });
  const [person, friend] = await api.signUpFriends();
  await bringIn(room.owner, room.id, [person]);
  await room.owner.api.chat.ban({ conversationId: room.id, userId: person.id });
  await expectAppError(person.api.chat.get({ conversationId: room.id }), 'CHAT_NOT_FOUND');
  await person.api.chat.join({ conversationId: other.id });
  await person.say(other.id, 'here');
  const { id: direct } = await person.api.chat.start({ userId: friend.id });
  await person.say(direct, 'there');
  const withOwner = await person.api.chat.start({ userId: room.owner.id });
  await person.say(withOwner.id, 'why?');
  await befriend(person, await api.signUp());
  await openRoom(api, 'group', { owner: person });
  await expect(person.api.user.me()).resolves.toMatchObject({ id: person.id });
  const live = await (await person.listen()).ready();
  live.stop();
});

test('the largest come first, in pages', async () => {
  await using api = await createTestApi();
  const owner = await api.signUp();
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    ids.push(await openPublic(api, owner, `room ${i}`));
  }
  const guests = [await api.signUp(), await api.signUp()];
  const join = async (actor: Actor | undefined, n: number): Promise<void> => {
    await actor?.api.chat.join({ conversationId: ids[n] ?? '' });
  };
  await join(guests[0], 1);
  await join(guests[0], 3);
  await join(guests[1], 3);
  const titles: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Actor['api']['chat']['findPublic']>> =
      await owner.api.chat.findPublic({ limit: 2, cursor });
    titles.push(...page.items.map(({ title }) => title));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(titles).toEqual(['room 3', 'room 1', 'room 4', 'room 2', 'room 0']);
  const searched = await owner.api.chat.findPublic({ query: 'room', limit: 2 });
  expect(searched.items.map(({ title }) => title)).toEqual(['room 3', 'room 1']);
  const rest = await owner.api.chat.findPublic({ query: 'room', cursor: searched.nextCursor });
  expect(rest.items.map(({ title }) => title)).toEqual(['room 4', 'room 2', 'room 0']);
});

test.for([
  ['another keyboard’s letters', 'كتابخانه مركزي'],
  ['the beginnings of words', 'کتابخ مرک'],
  ['digits of any kind', '٢٠'],
  ['digits of any kind', '۲۰'],
  ['digits of any kind', '20'],
  ['a word of the description', 'رمان'],
  ['a half-space in the place of none', 'کتاب‌خانه'],
  ['a half-space left out', 'می خوانیم'],
  ['a half-space left out', 'میخوانیم'],
  ['the other case', 'BOOK club'],
  ['marks left out', 'کُتابخانه'],
  ['a text stretched', 'کتابـــخانه'],
  ['signs between the words', '«کتابخانه»، (رمان)!'],
] as const)('a conversation is found by %s', async ([, query]) => {
  await using api = await createTestApi();
  const owner = await api.signUp();
  await openPublic(api, owner, 'کتابخانهٔ مرکزی ۲۰', 'رمان می‌خوانیم.\nBook-Club');
  await openPublic(api, owner, 'فوتبال', 'جمعه‌ها');
  await expect(titlesFor(owner, query)).resolves.toEqual(['کتابخانهٔ مرکزی ۲۰']);
});

test.for(['%', '_', '%%%', "'", '\\', ':*', '!', 'a & | b', '"', '\u200c', 'تابخانه', 'football'])(
  'nothing is found by %j',
  async (query) => {
    await using api = await createTestApi();
    const owner = await api.signUp();
    await openPublic(api, owner, 'کتابخانهٔ مرکزی', 'رمان می‌خوانیم');
    await expect(titlesFor(owner, query)).resolves.toEqual([]);
  },
);

test('a rare word is looked up, and the list is read in its order', async () => {
  await using api = await createTestApi();
  const { pool } = api.database;
  await pool.query(
    `insert into conversations (id, kind, title, description, is_public, member_count, created_at)
     select gen_random_uuid(), 'group', 'گروه ' || n, 'شماره ' || md5(n::text), true, n % 100, now()
     from generate_series(1, 20000) n`,
  );
  await pool.query('analyze conversations');
  const guest = await api.signUp();
  await expect(titlesFor(guest, 'گروه ۱۹۹۹۹')).resolves.toEqual(['گروه 19999']);
  const plan = async (text: string): Promise<string> => {
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${text}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  const where = "is_public and status in ('open', 'hold')";
  const words = "chat_words(title || ' ' || coalesce(description, ''))";
  const order = 'order by member_count desc, id desc limit 31';
  await expect(
    plan(`select from conversations where ${where} and ${words} @@ chat_query('۱۹۹۹۹') ${order}`),
  ).resolves.toContain('conversations_public_words');
  await expect(plan(`select from conversations where ${where} ${order}`)).resolves.toMatch(
    /Index (Only )?Scan using conversations_public on/,
  );
});
