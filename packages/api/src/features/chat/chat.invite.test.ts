import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { day, minute, second } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { befriend, joinAs, openRoom, type TestRoom } from './test/rooms.ts';

/** A link into a room, with what it is limited by. */
async function makeLink(
  api: TestApi,
  { id: conversationId, owner }: TestRoom,
  limits: { mostUses?: number; expiresInSeconds?: number } = {},
) {
  return owner.api.chat.createInvite({ conversationId, id: api.app.deps.newId(), ...limits });
}

function membersOf(api: TestApi, conversationId: string): Promise<string[]> {
  const query = api.app.db.selectFrom('conversation_members').select('user_id');
  return query
    .where('conversation_id', '=', conversationId)
    .execute()
    .then((rows) => rows.map((row) => row.user_id));
}

async function memberCount(api: TestApi, conversationId: string): Promise<number | undefined> {
  const query = api.app.db.selectFrom('conversations').select('member_count');
  const row = await query.where('id', '=', conversationId).executeTakeFirst();
  return row?.member_count;
}

test('a link brings somebody in who sees the card first, and everybody is told', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const conversationId = room.id;
  const { token, ...view } = await makeLink(api, room, { mostUses: 3, expiresInSeconds: 3_600 });
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(view).toMatchObject({ conversationId, createdBy: room.owner.id, mostUses: 3, uses: 0 });
  const guest = await api.signUp({ firstName: 'Guest' });
  await expectAppError(guest.api.chat.get({ conversationId }), 'CHAT_NOT_FOUND');
  await expect(guest.api.chat.previewInvite({ token })).resolves.toEqual({
    id: conversationId,
    kind: 'group',
    title: 'کوه‌نوردی',
    description: null,
    avatar: null,
    memberCount: 1,
    isMember: false,
  });
  const live = await (await room.owner.listen()).ready();
  const own = await (await guest.listen()).ready();
  await expect(guest.api.chat.joinByInvite({ token })).resolves.toMatchObject({
    id: conversationId,
    role: 'member',
    memberCount: 2,
    readSeq: 2,
  });
  const added = await live.until(({ type }) => type === 'chat.membersAdded');
  expect(added).toMatchObject({ body: { memberCount: 2, members: [{ user: { id: guest.id } }] } });
  await own.until(({ type }) => type === 'chat.started');
  await room.owner.say(conversationId, 'welcome');
  await own.until((event) => event.type === 'chat.message' && event.body.text === 'welcome');
  live.stop();
  own.stop();
  const { items } = await room.owner.api.chat.listInvites({ conversationId });
  expect(items).toEqual([{ ...view, uses: 1 }]);
});

test('a link is one however often it is asked for, and its token is stored nowhere', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const conversationId = room.id;
  const link = { conversationId, id: api.app.deps.newId(), mostUses: 5, expiresInSeconds: 600 };
  const results = await atOnce(20, () => room.owner.api.chat.createInvite(link));
  expect(tally(results)).toEqual({ ok: 20 });
  api.clock.advance(minute);
  const again = await room.owner.api.chat.createInvite(link);
  const answers = results.map((result) => result.status === 'fulfilled' && result.value);
  expect(new Set([...answers, again].map((answer) => JSON.stringify(answer))).size).toBe(1);
  for (const other of [{ mostUses: 6 }, { expiresInSeconds: 601 }, { mostUses: null }]) {
    await expectAppError(
      room.owner.api.chat.createInvite({ ...link, ...other }),
      'CHAT_INVITE_ID_TAKEN',
    );
  }
  const another = await openRoom(api);
  const taken = await expectAppError(
    another.owner.api.chat.createInvite({ ...link, conversationId: another.id }),
    'CHAT_INVITE_ID_TAKEN',
  );
  expect(taken).toEqual({ id: link.id });

  const guest = await api.signUp();
  await guest.api.chat.joinByInvite({ token: again.token });
  const { pool } = api.database;
  const tables = ['conversation_invites', 'stream_events', 'audit_events', 'messages'];
  for (const table of tables) {
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${table} t`);
    expect(rows.filter(({ row }) => row.includes(again.token))).toEqual([]);
  }
  const { rows } = await pool.query('select token_hash from conversation_invites');
  expect(rows).toEqual([{ token_hash: createHash('sha256').update(again.token).digest() }]);
  // Another secret makes other tokens: they cannot be worked out from the ids.
  await using elsewhere = await createTestApi();
  expect(elsewhere.app.inviteKey.equals(api.app.inviteKey)).toBe(false);
});

test('of fifty who come at once by a link for ten, ten are in', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const link = await makeLink(api, room, { mostUses: 10 });
  const people: Actor[] = [];
  for (let i = 0; i < 50; i += 1) {
    people.push(await api.signUp());
  }
  const results = await atOnce(50, (n) =>
    (people[n] ?? room.owner).api.chat.joinByInvite({ token: link.token }),
  );
  expect(tally(results)).toEqual({ ok: 10, CHAT_INVITE_NOT_FOUND: 40 });
  await expect(membersOf(api, room.id)).resolves.toHaveLength(11);
  await expect(memberCount(api, room.id)).resolves.toBe(11);
  const { items } = await room.owner.api.chat.listInvites({ conversationId: room.id });
  expect(items).toMatchObject([{ id: link.id, uses: 10 }]);
});

test('who is in already does not use a link up, also when it has ended since', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: inviteId, token } = await makeLink(api, room, { mostUses: 1 });
  const guest = await api.signUp();
  const results = await atOnce(10, () => guest.api.chat.joinByInvite({ token }));
  expect(tally(results)).toEqual({ ok: 10 });
  await room.owner.api.chat.joinByInvite({ token });
  const ref = { conversationId: room.id, inviteId };
  const revoked = await room.owner.api.chat.revokeInvite(ref);
  expect(revoked).toMatchObject({ uses: 1, revokedAt: expect.any(String) as string });
  api.clock.advance(minute);
  await expect(room.owner.api.chat.revokeInvite(ref)).resolves.toEqual(revoked);
  await expect(guest.api.chat.joinByInvite({ token })).resolves.toMatchObject({ id: room.id });
  await expect(guest.api.chat.previewInvite({ token })).resolves.toMatchObject({ isMember: true });
  await guest.api.chat.leave({ conversationId: room.id });
  await expectAppError(guest.api.chat.joinByInvite({ token }), 'CHAT_INVITE_NOT_FOUND');
});

test('a link that is wrong, revoked, over or used up says the same', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const conversationId = room.id;
  const [revoked, expired, used, removed] = [
    await makeLink(api, room),
    await makeLink(api, room, { expiresInSeconds: 60 }),
    await makeLink(api, room, { mostUses: 1 }),
    await makeLink(api, await openRoom(api, 'group', { owner: room.owner })),
  ];
  await (await api.signUp()).api.chat.joinByInvite({ token: used.token });
  await room.owner.api.chat.revokeInvite({ conversationId, inviteId: revoked.id });
  await room.owner.api.chat.remove({ conversationId: removed.conversationId });
  const guest = await api.signUp();
  await guest.api.chat.previewInvite({ token: expired.token });
  api.clock.advance(minute);
  const wrong = { token: 'x'.repeat(43) };
  const bodies = new Set<string>();
  for (const { token } of [wrong, revoked, expired, used, removed]) {
    for (const call of ['previewInvite', 'joinByInvite'] as const) {
      const error: unknown = await guest.api.chat[call]({ token }).catch(
        (error_: unknown) => error_,
      );
      await expectAppError(Promise.reject(error as Error), 'CHAT_INVITE_NOT_FOUND');
      bodies.add(JSON.stringify(error));
      expect(JSON.stringify(error)).not.toContain(token);
    }
  }
  expect(bodies.size).toBe(1);
  await expect(membersOf(api, conversationId)).resolves.not.toContain(guest.id);
});

test('who is banned, comes too late for a seat, or to a closed door stays out and uses nothing up', async () => {
  const chat = { membersPerGroup: 2 };
  await using api = await createTestApi({ chat });
  const room = await openRoom(api);
  const conversationId = room.id;
  const { token } = await makeLink(api, room, { mostUses: 9 });
  const [banned, guest, late] = [await api.signUp(), await api.signUp(), await api.signUp()];
  const until = new Date(api.clock.now().getTime() + day).toISOString();
  await room.owner.api.chat.ban({ conversationId, userId: banned.id, until });
  for (const call of ['previewInvite', 'joinByInvite'] as const) {
    const data = await expectAppError(banned.api.chat[call]({ token }), 'CHAT_BANNED');
    expect(data).toEqual({ userId: banned.id });
  }
  await room.owner.api.chat.setStatus({ conversationId, status: 'closed' });
  const closed = await expectAppError(guest.api.chat.joinByInvite({ token }), 'CHAT_NOT_OPEN');
  expect(closed).toEqual({ status: 'closed' });
  await room.owner.api.chat.setStatus({ conversationId, status: 'hold' });
  await guest.api.chat.joinByInvite({ token });
  const full = await expectAppError(late.api.chat.joinByInvite({ token }), 'CHAT_FULL');
  expect(full).toEqual({ most: 2 });
  const { items } = await room.owner.api.chat.listInvites({ conversationId });
  expect(items).toMatchObject([{ uses: 1 }]);
  await guest.api.chat.leave({ conversationId });
  api.clock.advance(day + second);
  const again = api.anonymous();
  await again.signIn(banned.phone);
  await expect(again.api.chat.joinByInvite({ token })).resolves.toMatchObject({ memberCount: 2 });
});

test('links of an organization’s conversation are for its people', async () => {
  await using api = await createTestApi();
  const [owner, colleague, outsider] = [await api.signUp(), await api.signUp(), await api.signUp()];
  const organizationId = api.app.deps.newId();
  await owner.api.organization.create({ id: organizationId, name: 'Co', handle: 'the_co' });
  await owner.api.organization.addMember({ organizationId, userId: colleague.id });
  const conversationId = api.app.deps.newId();
  await owner.api.chat.create({ id: conversationId, kind: 'group', title: 'Co', organizationId });
  const invite = { conversationId, id: api.app.deps.newId() };
  const { token } = await owner.api.chat.createInvite(invite);
  for (const call of ['previewInvite', 'joinByInvite'] as const) {
    const data = await expectAppError(
      outsider.api.chat[call]({ token }),
      'CHAT_NOT_IN_ORGANIZATION',
    );
    expect(data).toEqual({ userId: outsider.id });
  }
  await expect(colleague.api.chat.joinByInvite({ token })).resolves.toMatchObject({
    organizationId,
  });
  await expect(owner.api.chat.listInvites({ conversationId })).resolves.toMatchObject({
    items: [{ uses: 1 }],
  });
});

test('links are made, seen and revoked by right; those that work are limited', async () => {
  const chat = { invitesPerConversation: 3 };
  await using api = await createTestApi({ chat });
  const room = await openRoom(api);
  const conversationId = room.id;
  const [member, admin, stranger] = [
    await joinAs(api, room, 'member'),
    await joinAs(api, room, 'admin'),
    await api.signUp(),
  ];
  const create = (actor: Actor, limits: { expiresInSeconds?: number } = {}) =>
    actor.api.chat.createInvite({ conversationId, id: api.app.deps.newId(), ...limits });
  const first = await create(admin, { expiresInSeconds: 60 });
  const ref = { conversationId, inviteId: first.id };
  for (const [actor, code] of [
    [member, 'CHAT_RIGHT_MISSING'],
    [stranger, 'CHAT_NOT_FOUND'],
  ] as const) {
    await expectAppError(create(actor), code);
    await expectAppError(actor.api.chat.listInvites({ conversationId }), code);
    await expectAppError(actor.api.chat.revokeInvite(ref), code);
  }
  await befriend(room.owner, stranger);
  const direct = await room.owner.api.chat.start({ userId: stranger.id });
  const ofTwo = { conversationId: direct.id, id: api.app.deps.newId() };
  await expectAppError(stranger.api.chat.createInvite(ofTwo), 'CHAT_IS_DIRECT');
  const elsewhere = await openRoom(api, 'group', { owner: stranger });
  await expectAppError(
    stranger.api.chat.revokeInvite({ conversationId: elsewhere.id, inviteId: first.id }),
    'CHAT_INVITE_NOT_FOUND',
  );

  const results = await atOnce(10, () => create(room.owner));
  expect(tally(results)).toEqual({ ok: 2, CHAT_TOO_MANY_INVITES: 8 });
  const data = await expectAppError(create(room.owner), 'CHAT_TOO_MANY_INVITES');
  expect(data).toEqual({ most: 3 });
  api.clock.advance(minute);
  const newest = await create(room.owner);
  await expectAppError(create(room.owner), 'CHAT_TOO_MANY_INVITES');
  await admin.api.chat.revokeInvite({ conversationId, inviteId: newest.id });
  api.clock.advance(second);
  const last = await create(room.owner);
  const page = await admin.api.chat.listInvites({ conversationId, limit: 2 });
  expect(page.items.map(({ id }) => id)).toEqual([last.id, newest.id]);
  const { nextCursor: cursor } = page;
  const rest = await admin.api.chat.listInvites({ conversationId, limit: 9, cursor });
  expect(rest.items).toHaveLength(3);
  expect(rest).toMatchObject({ nextCursor: null });
  expect(JSON.stringify([page, rest])).not.toContain('token');
});

test('tokens are not guessed without end', async () => {
  await using api = await createTestApi();
  const guest = await api.signUp();
  const results = await atOnce(40, () =>
    guest.api.chat.joinByInvite({ token: api.app.deps.random.bytes(32).toString('base64url') }),
  );
  expect(tally(results)).toEqual({ CHAT_INVITE_NOT_FOUND: 30, RATE_LIMITED: 10 });
});
