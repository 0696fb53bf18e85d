import { expect, test } from 'vitest';
import { day, minute } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { befriend, bringIn, joinAs, openRoom } from './test/rooms.ts';

test('CH17, CH18: a group is made once under an id, with its people and their name for it', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const id = api.app.deps.newId();
  const group = {
    id,
    kind: 'group',
    title: 'خانواده',
    description: 'فقط\nخانواده',
    avatar: 'uploads/1',
    userIds: [reza.id, reza.id, sara.id],
  } as const;
  const results = await atOnce(10, () =>
    sara.api.chat.create({ ...group, userIds: [...group.userIds] }),
  );
  expect(tally(results)).toEqual({ ok: 10 });
  const views = results.map((result) =>
    JSON.stringify(result.status === 'fulfilled' && result.value),
  );
  expect(new Set(views).size).toBe(1);
  await expect(reza.api.chat.get({ conversationId: id })).resolves.toMatchObject({
    kind: 'group',
    title: 'خانواده',
    description: 'فقط\nخانواده',
    avatar: 'uploads/1',
    status: 'open',
    peer: null,
    memberCount: 2,
    role: 'member',
    headSeq: 2,
    readSeq: 1,
  });
  const { items } = await sara.api.chat.listMembers({ conversationId: id });
  expect(new Map(items.map(({ user, role }) => [user.id, role]))).toEqual(
    new Map([
      [sara.id, 'owner'],
      [reza.id, 'member'],
    ]),
  );
  await expectAppError(reza.api.chat.create({ ...group, userIds: [] }), 'CHAT_ID_TAKEN');
  const stranger = await api.signUp();
  await expectAppError(stranger.api.chat.create({ ...group, userIds: [] }), 'CHAT_ID_TAKEN');
});

test('the id of a person or of another line is no id for a conversation', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const create = (id: string) => sara.api.chat.create({ id, kind: 'group', title: 'خانه' });
  await expectAppError(create(sara.id), 'CHAT_ID_TAKEN');
  const { id } = await sara.api.chat.start({ userId: reza.id });
  await expectAppError(create(id), 'CHAT_ID_TAKEN');
  const own = api.app.deps.newId();
  const results = await atOnce<unknown>(12, (n) =>
    n % 2 === 0
      ? create(own)
      : reza.api.organization.create({ id: own, name: 'شرکت', handle: `handle_${n}` }),
  );
  expect(Object.keys(tally(results))).not.toContain('INTERNAL');
});

test.for([
  ['a title of 46 characters', { title: 'x'.repeat(46) }],
  ['no title', { title: '  ' }],
  ['a title of two lines', { title: 'a\nb' }],
  ['a title that turns the direction', { title: 'a\u202eb' }],
  ['a description of 501 characters', { description: 'x'.repeat(501) }],
  [
    '51 people',
    { userIds: Array.from({ length: 51 }, () => '01a1febc-067e-7000-9133-6325c3744421') },
  ],
] as const)('CH18: %s is refused', async ([, change]) => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const id = api.app.deps.newId();
  await expect(
    sara.api.chat.create({
      id,
      kind: 'group',
      title: 'x',
      ...change,
      userIds: [...('userIds' in change ? change.userIds : [])],
    }),
  ).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('only friends are brought in, and nobody who is unknown or in too many conversations', async () => {
  await using api = await createTestApi({ chat: { conversationsPerPerson: 1 } });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const stranger = await api.signUp();
  const add = (userId: string) => owner.api.chat.addMembers({ conversationId, userIds: [userId] });
  const data = await expectAppError(add(stranger.id), 'CHAT_NOT_FRIENDS');
  expect(data).toEqual({ userId: stranger.id });
  await expectAppError(add(api.app.deps.newId()), 'CHAT_NOT_FRIENDS');
  await befriend(owner, stranger);
  await expect(add(stranger.id)).resolves.toMatchObject({
    members: [{ user: { id: stranger.id } }],
  });
  const other = await api.signUp();
  await befriend(other, stranger);
  const second = await openRoom(api, 'group', { owner: other });
  const full = other.api.chat.addMembers({ conversationId: second.id, userIds: [stranger.id] });
  expect(await expectAppError(full, 'CHAT_TOO_MANY')).toEqual({ userId: stranger.id, most: 1 });
  await expectAppError(openRoom(api, 'group', { owner: other }), 'CHAT_TOO_MANY');
  await expectAppError(other.api.chat.start({ userId: stranger.id }), 'CHAT_TOO_MANY');
});

test('the last place of a group is taken once', async () => {
  await using api = await createTestApi({ chat: { membersPerGroup: 4 } });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const people = await Promise.all(Array.from({ length: 8 }, () => api.signUp()));
  for (const person of people) {
    await befriend(owner, person);
  }
  const results = await atOnce(8, (n) =>
    owner.api.chat.addMembers({ conversationId, userIds: [people[n]?.id ?? ''] }),
  );
  expect(tally(results)).toEqual({ ok: 3, CHAT_FULL: 5 });
  await expect(owner.api.chat.get({ conversationId })).resolves.toMatchObject({ memberCount: 4 });
  expect((await owner.api.chat.listMembers({ conversationId })).items).toHaveLength(4);
});

test('a person who is added twenty times at once is in once', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const sara = await api.signUp();
  await befriend(owner, sara);
  const results = await atOnce(20, () =>
    owner.api.chat.addMembers({ conversationId, userIds: [sara.id] }),
  );
  expect(tally(results)).toEqual({ ok: 20 });
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({
    memberCount: 2,
    headSeq: 2,
  });
});

test('CH19, CH20: only an open conversation takes messages, and by right it is closed and opened', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [admin, member] = [await joinAs(api, room, 'admin'), await joinAs(api, room, 'member')];
  const setStatus = (who: typeof owner, status: 'open' | 'hold' | 'closed') =>
    who.api.chat.setStatus({ conversationId, status });
  for (const status of ['hold', 'closed'] as const) {
    await expectAppError(setStatus(member, status), 'CHAT_RIGHT_MISSING');
    await expect(setStatus(admin, status)).resolves.toMatchObject({ status });
    for (const who of [owner, admin, member]) {
      expect(await expectAppError(who.say(conversationId, 'now'), 'CHAT_NOT_OPEN')).toEqual({
        status,
      });
      await expectAppError(who.api.chat.typing({ conversationId }), 'CHAT_NOT_OPEN');
    }
    await expectAppError(setStatus(member, 'open'), 'CHAT_RIGHT_MISSING');
    await setStatus(admin, 'open');
    await member.say(conversationId, 'again');
  }
  const sara = await api.signUp();
  await befriend(owner, sara);
  await setStatus(owner, 'closed');
  await expectAppError(
    owner.api.chat.addMembers({ conversationId, userIds: [sara.id] }),
    'CHAT_NOT_OPEN',
  );
});

test('a message is either before the end of what allows it, or not there', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const member = await joinAs(api, room, 'member');
  const ends = [
    () => owner.api.chat.setStatus({ conversationId, status: 'hold' }),
    () => owner.api.chat.mute({ conversationId, userId: member.id, until: '2090-01-01T00:00:00Z' }),
    () => owner.api.chat.setRights({ conversationId, userId: member.id, role: 'reader' }),
    () => owner.api.chat.kick({ conversationId, userId: member.id }),
  ];
  for (const end of ends) {
    const live = await (await owner.listen()).ready();
    const sends = atOnce(30, async (n) => member.say(conversationId, `${n}`));
    await end();
    const results = await sends;
    await owner.api.chat.setStatus({ conversationId, status: 'open' });
    await owner.say(conversationId, 'end');
    await live.until((event) => event.type === 'chat.message' && event.body.text === 'end');
    const mine = live.stored.flatMap((event) =>
      event.type === 'chat.message' && event.body.senderId === member.id ? ['message'] : [],
    );
    expect(mine).toHaveLength(tally(results)['ok'] ?? 0);
    const ended = live.stored.findIndex(({ type }) =>
      ['chat.updated', 'chat.memberChanged', 'chat.memberRemoved'].includes(type),
    );
    const late = live.stored
      .slice(ended)
      .filter(
        (event) =>
          event.type === 'chat.message' && event.body.senderId === member.id && !event.body.system,
      );
    expect(late).toEqual([]);
    live.stop();
    const { items } = await owner.api.chat.listMembers({ conversationId });
    if (items.some(({ user }) => user.id === member.id)) {
      await owner.api.chat.setRights({ conversationId, userId: member.id, role: 'member' });
      await owner.api.chat.mute({ conversationId, userId: member.id, until: null });
    }
  }
});

test('CH26: name, picture and rules are changed by right, and everybody sees what changed', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const member = await joinAs(api, room, 'member');
  const live = await (await member.listen()).ready();
  for (const change of [
    { title: 'نام' },
    { description: null },
    { avatar: 'x' },
    { slowModeSeconds: 10 },
    { isPublic: true },
  ]) {
    await expectAppError(
      member.api.chat.update({ conversationId, ...change }),
      'CHAT_RIGHT_MISSING',
    );
  }
  await owner.api.chat.setRights({ conversationId, userId: member.id, grants: ['renameRoom'] });
  await member.api.chat.update({ conversationId, title: 'نام تازه' });
  await expectAppError(
    member.api.chat.update({ conversationId, avatar: 'x' }),
    'CHAT_RIGHT_MISSING',
  );
  const changed = await owner.api.chat.update({
    conversationId,
    description: 'توضیح',
    avatar: 'uploads/2',
    slowModeSeconds: 30,
    isPublic: true,
  });
  expect(changed).toEqual({
    title: 'نام تازه',
    description: 'توضیح',
    avatar: 'uploads/2',
    status: 'open',
    isPublic: true,
    organizationId: null,
    slowModeSeconds: 30,
  });
  await expect(member.api.chat.get({ conversationId })).resolves.toMatchObject(changed);
  const updates = (): unknown[] =>
    live.stored.flatMap((event) => (event.type === 'chat.updated' ? [event.body] : []));
  await live.until((event) => event.type === 'chat.updated' && event.body.avatar !== null);
  expect(updates().at(-1)).toEqual({ conversationId, ...changed });
  const notes = (await member.api.chat.listMessages({ conversationId })).items.flatMap(
    ({ system }) => (system ? [system] : []),
  );
  expect(notes.slice(0, 2)).toEqual([
    { type: 'avatarChanged' },
    { type: 'renamed', title: 'نام تازه' },
  ]);
  live.stop();
});

test('slow mode lets each member write once in a while, and moderators always', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [member, moderator] = [
    await joinAs(api, room, 'member'),
    await joinAs(api, room, 'moderator'),
  ];
  await owner.api.chat.update({ conversationId, slowModeSeconds: 30 });
  const results = await atOnce(10, (n) => member.say(conversationId, `${n}`));
  expect(tally(results)).toEqual({ ok: 1, CHAT_SLOW_MODE: 9 });
  expect(await expectAppError(member.say(conversationId, 'x'), 'CHAT_SLOW_MODE')).toEqual({
    retryAfterSeconds: 30,
  });
  expect(tally(await atOnce(5, (n) => moderator.say(conversationId, `${n}`)))).toEqual({ ok: 5 });
  api.clock.advance(30_000);
  await member.say(conversationId, 'later');
});

test('CH26: a conversation that is removed is gone for all, at once and for who comes back', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [member, admin] = [await joinAs(api, room, 'member'), await joinAs(api, room, 'admin')];
  await owner.say(conversationId, 'secret');
  const live = await (await member.listen()).ready();
  const away = await (await admin.listen()).ready();
  away.stop();
  await expectAppError(admin.api.chat.remove({ conversationId }), 'CHAT_RIGHT_MISSING');
  await owner.api.chat.remove({ conversationId });
  await live.until(({ type }) => type === 'chat.ended');
  for (const who of [owner, admin, member]) {
    await expectAppError(who.api.chat.get({ conversationId }), 'CHAT_NOT_FOUND');
    await expectAppError(who.api.chat.listMessages({ conversationId }), 'CHAT_NOT_FOUND');
    await expectAppError(who.say(conversationId, 'x'), 'CHAT_NOT_FOUND');
    expect((await who.api.chat.list({})).items).toEqual([]);
  }
  const back = await (await admin.listen(away.lastEventId)).ready();
  expect(back.stored.filter(({ type }) => type === 'chat.ended')).toMatchObject([
    { streamId: conversationId, body: { conversationId, reason: 'removed' } },
  ]);
  back.stop();
  live.stop();
  api.clock.advance(8 * day);
  await sweep(api.app);
  const traces = [
    'messages where conversation_id',
    'conversations where id',
    'streams where id',
    'stream_members where stream_id',
  ];
  for (const trace of traces) {
    const { rows } = await api.database.pool.query(`select from ${trace} = $1`, [conversationId]);
    expect(rows).toHaveLength(0);
  }
});

test('CH27: each member pins conversations to the top of their own list, so many at the most', async () => {
  await using api = await createTestApi({ chat: { pinnedConversations: 2 } });
  const owner = await api.signUp();
  const rooms = [];
  for (let i = 0; i < 4; i += 1) {
    rooms.push(await openRoom(api, 'group', { owner, title: `room ${i}` }));
    api.clock.advance(minute);
  }
  const [first, second, third, fourth] = rooms.map(({ id }) => id) as [
    string,
    string,
    string,
    string,
  ];
  const ids = async (): Promise<string[]> =>
    (await owner.api.chat.list({})).items.map(({ id }) => id);
  await expect(ids()).resolves.toEqual([fourth, third, second, first]);
  const live = await (await owner.listen()).ready();
  const pinned = await owner.api.chat.changeSettings({ conversationId: first, isPinned: true });
  expect(pinned).toEqual({
    conversationId: first,
    pinnedAt: api.clock.now().toISOString(),
    silencedUntil: null,
  });
  await live.until(({ type }) => type === 'chat.settings');
  expect(live.stored.at(-1)?.body).toEqual(pinned);
  await expect(ids()).resolves.toEqual([first, fourth, third, second]);
  const page = await owner.api.chat.list({ limit: 2 });
  const rest = await owner.api.chat.list({ limit: 2, cursor: page.nextCursor });
  expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual([
    first,
    fourth,
    third,
    second,
  ]);
  const results = await atOnce(3, (n) =>
    owner.api.chat.changeSettings({
      conversationId: [second, third, fourth][n] ?? '',
      isPinned: true,
    }),
  );
  expect(tally(results)).toEqual({ ok: 1, CHAT_TOO_MANY_PINS: 2 });
  const until = '2026-12-24T00:00:00.000Z';
  await owner.api.chat.changeSettings({
    conversationId: first,
    isPinned: false,
    silencedUntil: until,
  });
  await expect(owner.api.chat.get({ conversationId: first })).resolves.toMatchObject({
    pinnedAt: null,
    silencedUntil: until,
  });
  live.stop();
});

test('CH29: in a channel few write and many read, and nobody is told who comes and goes', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'channel');
  const { id: conversationId, owner } = room;
  const [reader, other] = [await api.signUp(), await api.signUp()];
  await bringIn(owner, conversationId, [reader]);
  const live = await (await reader.listen()).ready();
  await expect(reader.api.chat.get({ conversationId })).resolves.toMatchObject({
    kind: 'channel',
    role: 'reader',
    memberCount: null,
  });
  await expectAppError(reader.say(conversationId, 'x'), 'CHAT_READ_ONLY');
  await expectAppError(reader.api.chat.listMembers({ conversationId }), 'CHAT_RIGHT_MISSING');
  await bringIn(owner, conversationId, [other]);
  await owner.api.chat.kick({ conversationId, userId: other.id });
  await owner.say(conversationId, 'news');
  await live.until(({ type }) => type === 'chat.message');
  expect(live.stored.map(({ type }) => type)).toEqual(['stream.left', 'chat.message']);
  await owner.api.chat.setRights({ conversationId, userId: reader.id, role: 'member' });
  await reader.say(conversationId, 'mine');
  live.stop();
});
