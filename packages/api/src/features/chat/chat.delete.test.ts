import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { minute, second } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { indexMessages } from './chat.search.index.ts';
import { joinAs, openRoom } from './test/rooms.ts';

const chat = { deleteSeconds: 120 };

async function startChat(
  api: TestApi,
): Promise<{ sara: Actor; reza: Actor; conversationId: string }> {
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  return { sara, reza, conversationId };
}

/** Names of the tables of messages that hold a text somewhere. */
async function tablesWith(api: TestApi, text: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_name like 'message%' order by 1`.execute(
    api.app.db,
  );
  const names: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql`
      select from ${sql.table(name)} t where to_jsonb(t)::text like ${`%${text}%`}`.execute(
      api.app.db,
    );
    if (rows.length > 0) {
      names.push(name);
    }
  }
  return names;
}

const eventTypes = async (api: TestApi, streamId: string): Promise<string[]> => {
  const { rows } = await sql<{ type: string }>`
    select type from stream_events where stream_id = ${streamId} order by seq`.execute(api.app.db);
  return rows.map(({ type }) => type);
};

test('CH14: what is deleted for everybody keeps its place and nothing else', async () => {
  await using api = await createTestApi({ chat });
  const { sara, reza, conversationId } = await startChat(api);
  const live = await (await reza.listen()).ready();
  const sent = await sara.api.chat.send({
    conversationId,
    id: api.app.deps.newId(),
    text: 'secret',
    mentions: [reza.id],
  });
  const ref = { conversationId, seq: 1 };
  await sara.api.chat.edit({ ...ref, text: 'secret too', mentions: [reza.id] });
  await reza.api.chat.react({ ...ref, emoji: '👍', isSet: true });
  await reza.api.chat.pinMessage({ ...ref, for: 'all' });
  await reza.api.chat.pinMessage({ ...ref, for: 'me' });
  await indexMessages(api.app);
  expect(await tablesWith(api, 'secret')).toEqual(['message_edits', 'message_search', 'messages']);
  expect((await reza.api.chat.get({ conversationId })).mentionSeqs).toEqual([1]);
  api.clock.advance(minute);
  const remove = () => sara.api.chat.delete({ conversationId, seqs: [1, 1], for: 'all' });
  await expect(remove()).resolves.toEqual({ seqs: [1] });

  const { id, seq, senderId, createdAt } = sent;
  const deletedAt = api.clock.now().toISOString();
  const tombstone = { id, conversationId, seq, senderId, createdAt, text: '', deletedAt };
  const { items } = await reza.api.chat.getMessages({ conversationId, seqs: [1] });
  expect(items).toEqual([{ ...tombstone, revision: 3 }]);
  await live.until(({ type }) => type === 'chat.deleted');
  expect(live.stored.slice(-2).map(({ type, body }) => ({ type, body }))).toEqual([
    { type: 'chat.unpinned', body: { conversationId, seq: 1, for: 'all' } },
    { type: 'chat.deleted', body: items[0] },
  ]);
  live.stop();
  expect(await tablesWith(api, 'secret')).toEqual([]);
  const own = ['message_edits', 'message_mentions', 'message_reactions', 'message_pins'] as const;
  for (const table of own) {
    await expect(api.app.db.selectFrom(table).selectAll().execute()).resolves.toEqual([]);
  }
  const { lastMessage, mentionSeqs } = await reza.api.chat.get({ conversationId });
  expect([lastMessage, mentionSeqs]).toEqual([items[0], []]);
  await expect(reza.api.chat.listEdits(ref)).resolves.toEqual({ items: [] });
  expect((await reza.api.chat.listReactions(ref)).items).toEqual([]);
  expect((await reza.api.chat.listPins({ conversationId })).items).toEqual([]);

  const before = await eventTypes(api, conversationId);
  await expect(remove()).resolves.toEqual({ seqs: [1] });
  expect(await eventTypes(api, conversationId)).toEqual(before);
});

test('an own message is deleted until its window ends, and not a millisecond longer', async () => {
  await using api = await createTestApi({ chat });
  const { sara, reza, conversationId } = await startChat(api);
  await sara.say(conversationId, 'one');
  await sara.say(conversationId, 'two');
  const remove = (actor: Actor, seq: number) =>
    actor.api.chat.delete({ conversationId, seqs: [seq], for: 'all' });
  await expectAppError(remove(reza, 1), 'CHAT_NOT_SENDER');
  await expectAppError(remove(sara, 3), 'CHAT_MESSAGE_NOT_FOUND');
  api.clock.advance(120 * second);
  await remove(sara, 1);
  api.clock.advance(1);
  const data = await expectAppError(remove(sara, 2), 'CHAT_TOO_LATE');
  expect(data).toEqual({ windowSeconds: 120 });
  await expect(remove(sara, 1)).resolves.toEqual({ seqs: [1] });
  await reza.api.friend.remove({ userId: sara.id });
  await expectAppError(remove(sara, 2), 'CHAT_NOT_FRIENDS');
});

test('by right others’ messages are deleted at any time: of those below, and of those who left', async () => {
  await using api = await createTestApi({ chat });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [member, moderator, admin, gone] = [
    await joinAs(api, room, 'member'),
    await joinAs(api, room, 'moderator'),
    await joinAs(api, room, 'admin'),
    await joinAs(api, room, 'admin'),
  ];
  const say = async (actor: Actor): Promise<number> =>
    (await actor.say(conversationId, 'words')).seq;
  const seqs = {
    member: await say(member),
    moderator: await say(moderator),
    admin: await say(admin),
    owner: await say(owner),
    gone: await say(gone),
  };
  await gone.api.chat.leave({ conversationId });
  api.clock.advance(121 * second);
  const remove = (actor: Actor, seq: number) =>
    actor.api.chat.delete({ conversationId, seqs: [seq], for: 'all' });
  await expectAppError(remove(member, seqs.gone), 'CHAT_NOT_SENDER');
  await expectAppError(remove(moderator, seqs.moderator), 'CHAT_TOO_LATE');
  await expectAppError(remove(moderator, seqs.admin), 'CHAT_RANK');
  await expectAppError(remove(admin, seqs.owner), 'CHAT_RANK');
  await expectAppError(remove(owner, 1), 'CHAT_MESSAGE_NOT_FOUND');
  await expect(remove(moderator, seqs.member)).resolves.toEqual({ seqs: [seqs.member] });
  await expect(remove(moderator, seqs.gone)).resolves.toEqual({ seqs: [seqs.gone] });
  await expect(remove(owner, seqs.admin)).resolves.toEqual({ seqs: [seqs.admin] });
});

test('a list is deleted whole or not at all', async () => {
  await using api = await createTestApi({ chat });
  const { sara, reza, conversationId } = await startChat(api);
  await sara.say(conversationId, 'hers');
  await reza.say(conversationId, 'his');
  const before = await eventTypes(api, conversationId);
  const remove = (seqs: number[], reach: 'me' | 'all') =>
    sara.api.chat.delete({ conversationId, seqs, for: reach });
  await expectAppError(remove([1, 2], 'all'), 'CHAT_NOT_SENDER');
  await expectAppError(remove([1, 3], 'all'), 'CHAT_MESSAGE_NOT_FOUND');
  await expectAppError(remove([1, 3], 'me'), 'CHAT_MESSAGE_NOT_FOUND');
  const { items } = await sara.api.chat.listMessages({ conversationId });
  expect(items).toMatchObject([{ text: 'his' }, { text: 'hers' }]);
  expect(await eventTypes(api, conversationId)).toEqual(before);
});

test('own messages can be deleted also by who may not write any more', async () => {
  await using api = await createTestApi({ chat });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const sara = await joinAs(api, room, 'member');
  const seqs: number[] = [];
  for (const text of ['one', 'two', 'three', 'four']) {
    seqs.push((await sara.say(conversationId, text)).seq);
  }
  const remove = async () => {
    const seq = seqs.pop() ?? 0;
    await expect(
      sara.api.chat.delete({ conversationId, seqs: [seq], for: 'all' }),
    ).resolves.toEqual({ seqs: [seq] });
  };
  const until = new Date(api.clock.now().getTime() + minute).toISOString();
  await owner.api.chat.mute({ conversationId, userId: sara.id, until });
  await remove();
  await owner.api.chat.setRights({ conversationId, userId: sara.id, role: 'reader' });
  await remove();
  for (const status of ['hold', 'closed'] as const) {
    await owner.api.chat.setStatus({ conversationId, status });
    await remove();
  }
});

test('deleted while it is edited, reacted to and pinned, a message leaves no word behind', async () => {
  await using api = await createTestApi({ chat });
  const { sara, reza, conversationId } = await startChat(api);
  for (let round = 1; round <= 5; round += 1) {
    await sara.say(conversationId, 'secret');
    const ref = { conversationId, seq: round };
    const results = await atOnce<unknown>(24, (n) => {
      const turn = { 9: 4, 13: 5 }[n] ?? n % 4;
      switch (turn) {
        case 4:
          return sara.api.chat.delete({ conversationId, seqs: [round], for: 'all' });
        case 5:
          return indexMessages(api.app);
        case 1:
          return reza.api.chat.react({ ...ref, emoji: '👍', isSet: n % 8 === 1 });
        case 2:
          return reza.api.chat.pinMessage({ ...ref, for: n % 8 === 2 ? 'all' : 'me' });
        default:
          return sara.api.chat.edit({ ...ref, text: `secret ${n}`, mentions: [reza.id] });
      }
    });
    expect(results[9]).toMatchObject({ status: 'fulfilled', value: { seqs: [round] } });
  }
  expect(await tablesWith(api, 'secret')).toEqual([]);
  const { items } = await reza.api.chat.listMessages({ conversationId });
  expect(items.map(({ text, deletedAt }) => [text, deletedAt !== undefined])).toEqual(
    Array.from({ length: 5 }, () => ['', true]),
  );
  expect((await reza.api.chat.get({ conversationId })).lastMessage).toEqual(items[0]);
  expect((await reza.api.chat.listPins({ conversationId })).items).toEqual([]);
  for (const table of ['message_reactions', 'message_mentions', 'message_pins'] as const) {
    await expect(api.app.db.selectFrom(table).selectAll().execute()).resolves.toEqual([]);
  }
});

test('what somebody deletes for themselves is gone for them alone, and read', async () => {
  await using api = await createTestApi({ chat });
  const { sara, reza, conversationId } = await startChat(api);
  for (const text of ['one', 'two', 'three', 'four']) {
    await sara.say(conversationId, text);
  }
  await reza.api.chat.react({ conversationId, seq: 2, emoji: '👍', isSet: true });
  await reza.api.chat.pinMessage({ conversationId, seq: 3, for: 'me' });
  const seen = await sara.api.chat.listMessages({ conversationId });
  const live = await (await reza.listen()).ready();
  const before = await eventTypes(api, conversationId);
  const hide = (...seqs: number[]) => reza.api.chat.delete({ conversationId, seqs, for: 'me' });
  await expect(hide(3)).resolves.toEqual({ seqs: [3] });
  const { items } = await reza.api.chat.listMessages({ conversationId });
  expect(items.map(({ seq }) => seq)).toEqual([4, 2, 1]);
  expect((await reza.api.chat.getMessages({ conversationId, seqs: [3] })).items).toEqual([]);
  const view = await reza.api.chat.get({ conversationId });
  expect([view.headSeq - view.readSeq, view.lastMessage?.seq]).toEqual([1, 4]);

  await expect(hide(4, 3)).resolves.toEqual({ seqs: [3, 4] });
  await expect(hide(4, 3)).resolves.toEqual({ seqs: [3, 4] });
  const fallen = await reza.api.chat.get({ conversationId });
  expect(fallen).toMatchObject({ readSeq: 4, headSeq: 4, lastMessage: { seq: 2, text: 'two' } });
  await hide(1);
  await live.until((event) => event.type === 'chat.hidden' && event.body.seqs.includes(1));
  const { lastMessage } = fallen;
  expect(lastMessage?.myReactions).toEqual(['👍']);
  const read = (readSeq: number) => ({ conversationId, userId: reza.id, readSeq });
  const [hiddenFirst] = seen.items;
  expect(live.stored.map(({ streamId, type, body }) => ({ streamId, type, body }))).toEqual(
    [
      { type: 'chat.unpinned', body: { conversationId, seq: 3, for: 'me' } },
      { type: 'chat.hidden', body: { conversationId, seqs: [3], lastMessage: hiddenFirst } },
      { type: 'chat.read', body: read(3) },
      { type: 'chat.hidden', body: { conversationId, seqs: [4], lastMessage } },
      { type: 'chat.read', body: read(4) },
      { type: 'chat.hidden', body: { conversationId, seqs: [1], lastMessage } },
    ].map((event) => ({ streamId: reza.id, ...event })),
  );
  live.stop();

  expect(await eventTypes(api, conversationId)).toEqual(before);
  expect(await sara.api.chat.listMessages({ conversationId })).toEqual(seen);
  expect((await sara.api.chat.get({ conversationId })).peerReadSeq).toBe(0);
  await hide(2);
  expect((await reza.api.chat.get({ conversationId })).lastMessage).toBeNull();
  await expectAppError(
    reza.api.chat.listEdits({ conversationId, seq: 2 }),
    'CHAT_MESSAGE_NOT_FOUND',
  );
  await expectAppError(
    reza.api.chat.listReactions({ conversationId, seq: 2 }),
    'CHAT_MESSAGE_NOT_FOUND',
  );
});

test('notes and tombstones can be hidden, and a hidden message cannot be deleted for others', async () => {
  await using api = await createTestApi({ chat });
  const { id: conversationId, owner } = await openRoom(api);
  const { seq } = await owner.say(conversationId, 'one');
  await owner.api.chat.delete({ conversationId, seqs: [seq], for: 'all' });
  await owner.api.chat.delete({ conversationId, seqs: [1, seq], for: 'me' });
  expect((await owner.api.chat.listMessages({ conversationId })).items).toEqual([]);
  const hidden = await owner.say(conversationId, 'two');
  await owner.api.chat.delete({ conversationId, seqs: [hidden.seq], for: 'me' });
  await expectAppError(
    owner.api.chat.delete({ conversationId, seqs: [hidden.seq], for: 'all' }),
    'CHAT_MESSAGE_NOT_FOUND',
  );
});
