import { expect, test } from 'vitest';
import { erasePeople } from '../../erase.ts';
import { day, minute } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally, type Actor } from '../../testing/index.ts';
import { befriend, bringIn, joinAs, openRoom } from './test/rooms.ts';

test('CH22: people are added by right, and everybody in a group learns of them', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [member, moderator] = [
    await joinAs(api, room, 'member'),
    await joinAs(api, room, 'moderator'),
  ];
  const sara = await api.signUp({ firstName: 'Sara' });
  await befriend(member, sara);
  await befriend(moderator, sara);
  const add = { conversationId, userIds: [sara.id] };
  expect(await expectAppError(member.api.chat.addMembers(add), 'CHAT_RIGHT_MISSING')).toEqual({
    capability: 'addMember',
  });
  const [live, hers] = [await (await owner.listen()).ready(), await (await sara.listen()).ready()];
  await moderator.api.chat.addMembers(add);
  await live.until(({ type }) => type === 'chat.membersAdded');
  await hers.until(({ type }) => type === 'chat.started');
  expect(live.stored).toMatchObject([
    { type: 'chat.message', body: { system: { type: 'membersAdded', userIds: [sara.id] } } },
    {
      type: 'chat.membersAdded',
      body: {
        memberCount: 4,
        members: [{ user: { id: sara.id, firstName: 'Sara' }, role: 'member', readSeq: 0 }],
      },
    },
  ]);
  const started = hers.stored.find(({ type }) => type === 'chat.started');
  expect(started?.body).toEqual(await sara.api.chat.get({ conversationId }));
  await owner.say(conversationId, 'welcome');
  await hers.until((event) => event.type === 'chat.message' && event.body.text === 'welcome');
  live.stop();
  hers.stop();
});

test('CH23, CH24: who is taken out gets nothing any more; who is banned cannot come back', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [moderator, kicked, banned] = [
    await joinAs(api, room, 'moderator'),
    await joinAs(api, room, 'member'),
    await joinAs(api, room, 'member'),
  ];
  const [one, two] = [await (await kicked.listen()).ready(), await (await banned.listen()).ready()];
  await moderator.api.chat.kick({ conversationId, userId: kicked.id });
  await moderator.api.chat.ban({ conversationId, userId: banned.id, reason: 'spam' });
  await one.until(({ type }) => type === 'chat.ended');
  await two.until(({ type }) => type === 'chat.ended');
  await owner.say(conversationId, 'without you');
  await owner.api.chat.update({ conversationId, title: 'other' });
  const [friend] = [await api.signUp()];
  await befriend(kicked, friend);
  await befriend(banned, friend);
  await one.until(({ type }) => type === 'friend.accepted');
  await two.until(({ type }) => type === 'friend.accepted');
  for (const [who, live, reason] of [
    [kicked, one, 'kicked'],
    [banned, two, 'banned'],
  ] as const) {
    const ofRoom = live.stored.filter(({ streamId }) => streamId === conversationId);
    expect(ofRoom.at(-1)).toMatchObject({
      type: 'stream.left',
      body: { streamId: conversationId, userId: who.id },
    });
    expect(live.stored).toContainEqual(
      expect.objectContaining({ type: 'chat.ended', body: { conversationId, reason } }),
    );
    await expectAppError(who.api.chat.get({ conversationId }), 'CHAT_NOT_FOUND');
    await expectAppError(who.api.chat.listMessages({ conversationId }), 'CHAT_NOT_FOUND');
    await expectAppError(who.say(conversationId, 'x'), 'CHAT_NOT_FOUND');
    expect((await who.api.chat.list({})).items).toEqual([]);
    live.stop();
  }
  await bringIn(owner, conversationId, [kicked]);
  await befriend(owner, banned);
  const again = { conversationId, userIds: [banned.id] };
  expect(await expectAppError(owner.api.chat.addMembers(again), 'CHAT_BANNED')).toEqual({
    userId: banned.id,
  });
  await expectAppError(kicked.api.chat.listBans({ conversationId }), 'CHAT_RIGHT_MISSING');
  expect((await moderator.api.chat.listBans({ conversationId })).items).toMatchObject([
    { user: { id: banned.id }, bannedBy: moderator.id, reason: 'spam', until: null },
  ]);
  await moderator.api.chat.unban({ conversationId, userId: banned.id });
  await expectAppError(
    moderator.api.chat.unban({ conversationId, userId: banned.id }),
    'CHAT_BAN_NOT_FOUND',
  );
  await owner.api.chat.addMembers(again);
});

test('a ban with an end is over then', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const sara = await joinAs(api, room, 'member');
  const until = new Date(api.clock.now().getTime() + 10 * minute).toISOString();
  await owner.api.chat.ban({ conversationId, userId: sara.id, until });
  const add = () => owner.api.chat.addMembers({ conversationId, userIds: [sara.id] });
  api.clock.advance(10 * minute - 1);
  await expectAppError(add(), 'CHAT_BANNED');
  api.clock.advance(1);
  await add();
  expect((await owner.api.chat.listBans({ conversationId })).items).toEqual([]);
});

test('CH21, CH25: rights are given and taken by those who have them, to those below them', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [admin, peer, member] = [
    await joinAs(api, room, 'admin'),
    await joinAs(api, room, 'admin'),
    await joinAs(api, room, 'member'),
  ];
  const live = await (await member.listen()).ready();
  const rights = (who: typeof owner, userId: string, change: object) =>
    who.api.chat.setRights({ conversationId, userId, ...change });
  await expectAppError(rights(member, member.id, { role: 'admin' }), 'CHAT_RIGHT_MISSING');
  await expectAppError(rights(admin, admin.id, { grants: ['kickAdmin'] }), 'CHAT_RANK');
  await expectAppError(rights(admin, peer.id, { role: 'member' }), 'CHAT_RANK');
  await expectAppError(rights(admin, owner.id, { role: 'member' }), 'CHAT_RANK');
  await expectAppError(rights(admin, member.id, { role: 'admin' }), 'CHAT_RANK');
  await expectAppError(rights(admin, member.id, { grants: ['deleteRoom'] }), 'CHAT_RIGHT_MISSING');
  await expectAppError(
    rights(admin, api.app.deps.newId(), { role: 'reader' }),
    'CHAT_MEMBER_NOT_FOUND',
  );
  await expect(rights(admin, member.id, { role: 'reader' })).resolves.toMatchObject({
    role: 'reader',
  });
  await expectAppError(member.say(conversationId, 'x'), 'CHAT_READ_ONLY');
  const given = await rights(admin, member.id, {
    role: 'member',
    grants: ['renameRoom', 'kickMember', 'renameRoom'],
  });
  expect(given).toMatchObject({ role: 'member', grants: ['kickMember', 'renameRoom'] });
  await expect(member.api.chat.get({ conversationId })).resolves.toMatchObject({
    role: 'member',
    grants: ['kickMember', 'renameRoom'],
  });
  await live.until(
    (event) => event.type === 'chat.memberChanged' && event.body.member.grants.length === 2,
  );
  expect(live.stored.at(-1)?.body).toEqual({ conversationId, member: given });
  await expectAppError(member.api.chat.kick({ conversationId, userId: peer.id }), 'CHAT_RANK');
  live.stop();
});

test('who gives and takes no rights is answered the same whoever is in, and whatever they are', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'channel');
  const { id: conversationId } = room;
  const [sara, reader] = [await joinAs(api, room, 'reader'), await joinAs(api, room, 'reader')];
  const moderator = await joinAs(api, room, 'moderator');
  for (const userId of [reader.id, moderator.id, sara.id, api.app.deps.newId()]) {
    const set = sara.api.chat.setRights({ conversationId, userId, role: 'member' });
    expect(await expectAppError(set, 'CHAT_RIGHT_MISSING')).toEqual({ capability: 'grantRights' });
  }
});

test('a right that is lost while it is used is used before, or not at all', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [moderator, member] = [
    await joinAs(api, room, 'moderator'),
    await joinAs(api, room, 'member'),
  ];
  for (let round = 0; round < 10; round += 1) {
    const [kick] = await Promise.allSettled([
      moderator.api.chat.kick({ conversationId, userId: member.id }),
      owner.api.chat.setRights({ conversationId, userId: moderator.id, role: 'member' }),
    ]);
    const { items } = await owner.api.chat.listMembers({ conversationId });
    const isThere = items.some(({ user }) => user.id === member.id);
    expect(isThere).toBe(kick.status === 'rejected');
    await owner.api.chat.addMembers({ conversationId, userIds: [member.id] });
    await owner.api.chat.setRights({ conversationId, userId: moderator.id, role: 'moderator' });
  }
});

test('a mute lasts until its end, and is told to everybody', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [moderator, member] = [
    await joinAs(api, room, 'moderator'),
    await joinAs(api, room, 'member'),
  ];
  const until = new Date(api.clock.now().getTime() + minute).toISOString();
  const mute = (who: typeof owner, userId: string) =>
    who.api.chat.mute({ conversationId, userId, until });
  await expectAppError(mute(member, moderator.id), 'CHAT_RIGHT_MISSING');
  await expectAppError(mute(moderator, owner.id), 'CHAT_RANK');
  await expect(mute(moderator, member.id)).resolves.toMatchObject({ mutedUntil: until });
  expect(await expectAppError(member.say(conversationId, 'x'), 'CHAT_MUTED')).toEqual({ until });
  await expectAppError(member.api.chat.typing({ conversationId }), 'CHAT_MUTED');
  api.clock.advance(minute);
  await member.say(conversationId, 'again');
});

test('CH30: an owner passes the conversation on; the last one leaves nothing behind', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [admin, member] = [await joinAs(api, room, 'admin'), await joinAs(api, room, 'member')];
  await expectAppError(owner.api.chat.leave({ conversationId }), 'CHAT_OWNER_STAYS');
  await expectAppError(
    owner.api.chat.leave({ conversationId, successorId: api.app.deps.newId() }),
    'CHAT_MEMBER_NOT_FOUND',
  );
  await expectAppError(
    admin.api.chat.passOwnership({ conversationId, userId: admin.id }),
    'CHAT_OWNER_ONLY',
  );
  await owner.api.chat.passOwnership({ conversationId, userId: member.id });
  await expect(owner.api.chat.get({ conversationId })).resolves.toMatchObject({ role: 'admin' });
  await member.api.chat.leave({ conversationId, successorId: owner.id });
  await expectAppError(member.api.chat.get({ conversationId }), 'CHAT_NOT_FOUND');
  await expect(owner.api.chat.get({ conversationId })).resolves.toMatchObject({ role: 'owner' });
  await admin.api.chat.leave({ conversationId });
  await owner.api.chat.leave({ conversationId });
  await expectAppError(owner.api.chat.get({ conversationId }), 'CHAT_NOT_FOUND');
});

test('there is one owner, whatever happens at the same time', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const people = [await joinAs(api, room, 'admin'), await joinAs(api, room, 'member')];
  for (let round = 0; round < 8; round += 1) {
    const everybody = [owner, ...people];
    await atOnce(6, async (n) => {
      const who = everybody[n % 3] ?? owner;
      const to = everybody[(n + 1) % 3] ?? owner;
      await (n < 3
        ? who.api.chat.passOwnership({ conversationId, userId: to.id })
        : who.api.chat.leave({ conversationId, successorId: to.id }));
    });
    const { rows } = await api.database.pool.query<{ user_id: string; role: string }>(
      'select user_id, role from conversation_members where conversation_id = $1',
      [conversationId],
    );
    const now = everybody.find(({ id }) =>
      rows.some((row) => row.user_id === id && row.role === 'owner'),
    );
    expect(rows.filter(({ role }) => role === 'owner')).toHaveLength(rows.length === 0 ? 0 : 1);
    const [counted] = (
      await api.database.pool.query<{ member_count: number }>(
        'select member_count from conversations where id = $1',
        [conversationId],
      )
    ).rows;
    expect(counted?.member_count).toBe(rows.length);
    for (const who of everybody) {
      if (now && !rows.some((row) => row.user_id === who.id)) {
        await befriend(now, who).catch(() => undefined);
        await now.api.chat.addMembers({ conversationId, userIds: [who.id] });
      }
    }
  }
});

test('CH15: an account that is erased leaves its groups to others, and its words', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [first, admin] = [await joinAs(api, room, 'member'), await joinAs(api, room, 'admin')];
  const alone = await openRoom(api, 'group', { owner });
  const { id: direct } = await owner.api.chat.start({ userId: first.id });
  await owner.say(conversationId, 'mine');
  await owner.say(direct, 'letter');
  await owner.api.account.remove();
  api.clock.advance(31 * day);
  await erasePeople(api.app);
  await expect(admin.api.chat.get({ conversationId })).resolves.toMatchObject({
    role: 'owner',
    memberCount: 2,
  });
  const page = await first.api.chat.listMessages({ conversationId, withPeople: true });
  expect(page.items.find(({ text }) => text === 'mine')).toMatchObject({ senderId: owner.id });
  expect(page.people?.find(({ id }) => id === owner.id)).toEqual({
    id: owner.id,
    firstName: null,
    lastName: null,
  });
  await expect(first.api.chat.get({ conversationId: direct })).resolves.toMatchObject({
    peer: { id: owner.id, firstName: null },
    lastMessage: { text: 'letter' },
  });
  const { rows } = await api.database.pool.query('select status from conversations where id = $1', [
    alone.id,
  ]);
  expect(rows).toEqual([{ status: 'removed' }]);
});

test('CH30: who cannot sign in takes nothing over while there is somebody who can', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [closed, leaving, admin] = [
    await joinAs(api, room, 'admin'),
    await joinAs(api, room, 'admin'),
    await joinAs(api, room, 'admin'),
  ];
  const staff = await api.signUp({ role: 'staff' });
  await staff.api.admin.deactivateUser({ userId: closed.id, reason: 'spam' });
  await owner.api.account.remove();
  api.clock.advance(20 * day);
  await leaving.signIn(leaving.phone);
  await leaving.api.account.remove();
  api.clock.advance(11 * day);
  await erasePeople(api.app);
  await admin.signIn(admin.phone);
  await expect(admin.api.chat.get({ conversationId })).resolves.toMatchObject({ role: 'owner' });
});

test('CH28: a conversation of an organization is for its people, and loses who leaves it', async () => {
  await using api = await createTestApi();
  const [boss, worker, guest] = [await api.signUp(), await api.signUp(), await api.signUp()];
  const organizationId = api.app.deps.newId();
  await boss.api.organization.create({ id: organizationId, name: 'شرکت', handle: 'company' });
  await boss.api.organization.addMember({ organizationId, userId: worker.id });
  const id = api.app.deps.newId();
  const create = { id, kind: 'group', title: 'کار', organizationId } as const;
  await expectAppError(guest.api.chat.create(create), 'ORGANIZATION_NOT_FOUND');
  await expectAppError(worker.api.chat.create(create), 'ORGANIZATION_RIGHT_MISSING');
  await expect(boss.api.chat.create({ ...create, userIds: [worker.id] })).resolves.toMatchObject({
    organizationId,
    memberCount: 2,
  });
  await befriend(boss, guest);
  expect(
    await expectAppError(
      boss.api.chat.addMembers({ conversationId: id, userIds: [guest.id] }),
      'CHAT_NOT_IN_ORGANIZATION',
    ),
  ).toEqual({ userId: guest.id });
  const live = await (await worker.listen()).ready();
  await boss.api.organization.removeMember({ organizationId, userId: worker.id });
  await live.until(({ type }) => type === 'chat.ended');
  await boss.say(id, 'alone');
  await expectAppError(worker.api.chat.get({ conversationId: id }), 'CHAT_NOT_FOUND');
  await boss.api.organization.remove({ organizationId });
  await expectAppError(boss.api.chat.get({ conversationId: id }), 'CHAT_NOT_FOUND');
  live.stop();
});

test('rooms of a thousand people are listed in pages, first come first', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const people: Actor[] = [];
  for (let i = 0; i < 5; i += 1) {
    api.clock.advance(1_000);
    people.push(await joinAs(api, room, 'member'));
  }
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await owner.api.chat.listMembers({ conversationId, limit: 2, cursor });
    seen.push(...page.items.map(({ user }) => user.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual([owner.id, ...people.map(({ id }) => id)]);
  const results = await atOnce(5, (n) =>
    owner.api.chat.kick({ conversationId, userId: people[n]?.id ?? '' }),
  );
  expect(tally(results)).toEqual({ ok: 5 });
  await expect(owner.api.chat.get({ conversationId })).resolves.toMatchObject({ memberCount: 1 });
});
