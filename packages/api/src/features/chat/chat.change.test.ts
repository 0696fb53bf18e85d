import type { StoredStreamEvent } from '@chapar/contract';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { minute, second } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { joinAs, openRoom } from './test/rooms.ts';

const chat = { editSeconds: 120, mentionsPerMessage: 3 };

async function startChat(
  api: TestApi,
): Promise<{ sara: Actor; reza: Actor; conversationId: string }> {
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  return { sara, reza, conversationId };
}

async function eventsOf(
  api: TestApi,
  streamId: string,
): Promise<Pick<StoredStreamEvent, 'type' | 'body'>[]> {
  const { rows } = await sql<Pick<StoredStreamEvent, 'type' | 'body'>>`
    select type, body from stream_events where stream_id = ${streamId} order by seq`.execute(
    api.app.db,
  );
  return rows;
}

test('CH14: what was edited says so everywhere, and what it said before is kept', async () => {
  await using api = await createTestApi({ chat });
  const { sara, reza, conversationId } = await startChat(api);
  const live = await (await reza.listen()).ready();
  const sent = await sara.say(conversationId, 'one');
  api.clock.advance(minute);
  const ref = { conversationId, seq: 1 };
  await sara.api.chat.edit({ ...ref, text: 'two' });
  const secondAt = api.clock.now().toISOString();
  api.clock.advance(second);
  const view = await sara.api.chat.edit({ ...ref, text: 'three' });
  expect(view).toEqual({
    ...sent,
    text: 'three',
    editedAt: api.clock.now().toISOString(),
    revision: 2,
  });
  await live.until((event) => event.type === 'chat.edited' && event.body.text === 'three');
  const { items } = await reza.api.chat.getMessages({ conversationId, seqs: [1] });
  expect(items).toEqual([view]);
  expect(live.stored.at(-1)).toMatchObject({ type: 'chat.edited', body: items[0] });
  live.stop();
  const { lastMessage, headSeq } = await reza.api.chat.get({ conversationId });
  expect([lastMessage, headSeq]).toEqual([view, 1]);
  expect((await reza.api.chat.listMessages({ conversationId })).items).toEqual([view]);
  await expect(reza.api.chat.listEdits(ref)).resolves.toEqual({
    items: [
      { text: 'two', writtenAt: secondAt },
      { text: 'one', writtenAt: sent.createdAt },
    ],
  });
});

test('the same words once more are no edit', async () => {
  await using api = await createTestApi({ chat });
  const { sara, reza, conversationId } = await startChat(api);
  const sent = await sara.api.chat.send({
    conversationId,
    id: api.app.deps.newId(),
    text: 'one',
    mentions: [reza.id, sara.id],
  });
  const mentions = [sara.id, reza.id];
  const before = await eventsOf(api, conversationId);
  const view = await sara.api.chat.edit({ conversationId, seq: 1, text: 'one', mentions });
  expect(view).toEqual(sent);
  expect(await eventsOf(api, conversationId)).toEqual(before);
  await expect(sara.api.chat.listEdits({ conversationId, seq: 1 })).resolves.toEqual({ items: [] });
});

test('a message is edited until its window ends, and not a millisecond longer', async () => {
  await using api = await createTestApi({ chat });
  const { sara, conversationId } = await startChat(api);
  await sara.say(conversationId, 'one');
  const edit = (text: string) => sara.api.chat.edit({ conversationId, seq: 1, text });
  api.clock.advance(120 * second);
  await expect(edit('two')).resolves.toMatchObject({ text: 'two' });
  api.clock.advance(1);
  const data = await expectAppError(edit('three'), 'CHAT_TOO_LATE');
  expect(data).toEqual({ windowSeconds: 120 });
  const { items } = await sara.api.chat.getMessages({ conversationId, seqs: [1] });
  expect(items).toMatchObject([{ text: 'two', revision: 1 }]);
});

test('only what one has written oneself, and can see, is edited', async () => {
  await using api = await createTestApi({ chat });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const sara = await joinAs(api, room, 'member');
  const text = 'new words';
  const edit = (actor: Actor, seq: number) => actor.api.chat.edit({ conversationId, seq, text });
  const { seq } = await sara.say(conversationId, 'hers');
  await expectAppError(edit(owner, seq), 'CHAT_NOT_SENDER');
  await expectAppError(edit(owner, 1), 'CHAT_MESSAGE_NOT_FOUND');
  await expectAppError(edit(sara, seq + 1), 'CHAT_MESSAGE_NOT_FOUND');
  const from = { conversationId, seq };
  const id = api.app.deps.newId();
  const copy = await sara.api.chat.forward({ conversationId, id, from });
  await expectAppError(edit(sara, copy.seq), 'CHAT_NOT_SENDER');
  const hidden = await sara.say(conversationId, 'hidden');
  await sara.api.chat.delete({ conversationId, seqs: [hidden.seq], for: 'me' });
  await expectAppError(edit(sara, hidden.seq), 'CHAT_MESSAGE_NOT_FOUND');
  const deleted = await sara.say(conversationId, 'deleted');
  await sara.api.chat.delete({ conversationId, seqs: [deleted.seq], for: 'all' });
  await expectAppError(edit(sara, deleted.seq), 'CHAT_MESSAGE_NOT_FOUND');
  expect((await eventsOf(api, conversationId)).map(({ type }) => type)).not.toContain(
    'chat.edited',
  );
});

test('who may not write may not edit', async () => {
  await using api = await createTestApi({ chat });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const sara = await joinAs(api, room, 'member');
  const { seq } = await sara.say(conversationId, 'one');
  const edit = () => sara.api.chat.edit({ conversationId, seq, text: 'two' });
  const until = new Date(api.clock.now().getTime() + minute).toISOString();
  await owner.api.chat.mute({ conversationId, userId: sara.id, until });
  await expectAppError(edit(), 'CHAT_MUTED');
  await owner.api.chat.mute({ conversationId, userId: sara.id, until: null });
  for (const status of ['hold', 'closed'] as const) {
    await owner.api.chat.setStatus({ conversationId, status });
    await expectAppError(edit(), 'CHAT_NOT_OPEN');
  }
  await owner.api.chat.setStatus({ conversationId, status: 'open' });
  await owner.api.chat.setRights({ conversationId, userId: sara.id, role: 'reader' });
  await expectAppError(edit(), 'CHAT_READ_ONLY');

  const direct = await startChat(api);
  await direct.sara.say(direct.conversationId, 'one');
  await direct.reza.api.friend.remove({ userId: direct.sara.id });
  const after = { conversationId: direct.conversationId, seq: 1, text: 'two' };
  await expectAppError(direct.sara.api.chat.edit(after), 'CHAT_NOT_FRIENDS');
});

test('an edit calls members only, and lets those go whom it names no more', async () => {
  await using api = await createTestApi({ chat });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [sara, reza] = [await joinAs(api, room, 'member'), await joinAs(api, room, 'member')];
  const stranger = await api.signUp();
  const id = api.app.deps.newId();
  const { seq } = await owner.api.chat.send({
    conversationId,
    id,
    text: 'one',
    mentions: [sara.id],
  });
  const mentioned = async (actor: Actor) =>
    (await actor.api.chat.get({ conversationId })).mentionSeqs;
  const edit = (text: string, mentions?: string[]) =>
    owner.api.chat.edit({ conversationId, seq, text, mentions });
  const view = await edit('one', [reza.id, stranger.id, reza.id]);
  expect(view).toMatchObject({ mentions: [reza.id], revision: 1 });
  expect([await mentioned(sara), await mentioned(reza)]).toEqual([[], [seq]]);
  await expect(edit('one')).resolves.not.toHaveProperty('mentions');
  expect(await mentioned(reza)).toEqual([]);
  const long = await expectAppError(edit('x'.repeat(4_097)), 'CHAT_MESSAGE_TOO_LONG');
  expect(long).toEqual({ most: 4_096 });
  const many = await expectAppError(
    edit('two', [sara.id, reza.id, owner.id, stranger.id]),
    'CHAT_TOO_MANY_MENTIONS',
  );
  expect(many).toEqual({ most: 3 });
});

test('twenty edits at once are twenty revisions, and none of the texts is lost', async () => {
  await using api = await createTestApi({ chat });
  const { sara, conversationId } = await startChat(api);
  await sara.say(conversationId, 'text');
  const results = await atOnce(20, (n) =>
    sara.api.chat.edit({ conversationId, seq: 1, text: `text ${n}` }),
  );
  expect(tally(results)).toEqual({ ok: 20 });
  const [view] = (await sara.api.chat.getMessages({ conversationId, seqs: [1] })).items;
  expect(view?.revision).toBe(20);
  const { items } = await sara.api.chat.listEdits({ conversationId, seq: 1 });
  expect(items).toHaveLength(20);
  expect(new Set([view?.text, ...items.map(({ text }) => text)])).toEqual(
    new Set(['text', ...results.map((_, n) => `text ${n}`)]),
  );
  const edited = (await eventsOf(api, conversationId)).filter(({ type }) => type === 'chat.edited');
  expect(edited.map(({ body }) => 'revision' in body && body.revision)).toEqual(
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  expect(edited.at(-1)?.body).toEqual(view);
});

test('a message that was edited or deleted and is sent again is answered as it is', async () => {
  await using api = await createTestApi({ chat });
  const { sara, conversationId } = await startChat(api);
  const message = { conversationId, id: api.app.deps.newId(), text: 'one' };
  await sara.api.chat.send(message);
  const edited = await sara.api.chat.edit({ conversationId, seq: 1, text: 'two' });
  await expect(sara.api.chat.send(message)).resolves.toEqual(edited);
  const from = { conversationId, seq: 1 };
  const forward = { conversationId, id: api.app.deps.newId(), from };
  const copy = await sara.api.chat.forward(forward);
  await sara.api.chat.delete({ conversationId, seqs: [1, copy.seq], for: 'all' });
  const seqs = [1, copy.seq];
  const { items } = await sara.api.chat.getMessages({ conversationId, seqs });
  await expect(sara.api.chat.send(message)).resolves.toEqual(items[0]);
  await expect(sara.api.chat.forward(forward)).resolves.toEqual(items[1]);
  expect(items).toMatchObject([{ text: '' }, { text: '' }]);
});

test('for strangers and those who have left there is nothing to change or look at', async () => {
  await using api = await createTestApi({ chat });
  const room = await openRoom(api);
  const left = await joinAs(api, room, 'moderator');
  const stranger = await api.signUp();
  const { seq } = await left.say(room.id, 'before');
  await left.api.chat.leave({ conversationId: room.id });
  const missing = api.app.deps.newId();
  for (const actor of [stranger, left]) {
    for (const conversationId of [room.id, missing]) {
      const calling = actor.api.chat;
      const ref = { conversationId, seq };
      const calls: (() => Promise<unknown>)[] = [
        () => calling.edit({ ...ref, text: 'x' }),
        () => calling.delete({ conversationId, seqs: [seq], for: 'all' }),
        () => calling.delete({ conversationId, seqs: [seq], for: 'me' }),
        () => calling.listEdits(ref),
        () => calling.react({ ...ref, emoji: '👍', isSet: true }),
        () => calling.listReactions(ref),
        () => calling.pinMessage({ ...ref, for: 'all' }),
        () => calling.pinMessage({ ...ref, for: 'me' }),
        () => calling.unpinMessage({ ...ref, for: 'all' }),
        () => calling.listPins({ conversationId }),
      ];
      for (const call of calls) {
        expect(await expectAppError(call(), 'CHAT_NOT_FOUND')).toBeUndefined();
      }
    }
  }
  await expectAppError(
    room.owner.api.chat.listEdits({ conversationId: room.id, seq: 99 }),
    'CHAT_MESSAGE_NOT_FOUND',
  );
});

test.for([
  ['edit', 120],
  ['react', 120],
  ['pinMessage', 120],
  ['unpinMessage', 120],
  ['changeSettings', 120],
  ['markRead', 180],
  ['getReceipts', 60],
] as const)('who calls chat.%s all the time is told to wait', async ([name, most]) => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const conversationId = api.app.deps.newId();
  const ref = { conversationId, seq: 1 };
  const call = (who: Actor): Promise<unknown> =>
    ({
      edit: () => who.api.chat.edit({ ...ref, text: 'words' }),
      react: () => who.api.chat.react({ ...ref, emoji: '👍', isSet: true }),
      pinMessage: () => who.api.chat.pinMessage(ref),
      unpinMessage: () => who.api.chat.unpinMessage(ref),
      changeSettings: () => who.api.chat.changeSettings({ conversationId, isPinned: true }),
      markRead: () => who.api.chat.markRead(ref),
      getReceipts: () => who.api.chat.getReceipts(ref),
    })[name]();
  const results = await atOnce(most + 2, () => call(sara));
  expect(tally(results)).toEqual({ CHAT_NOT_FOUND: most, RATE_LIMITED: 2 });
  await expectAppError(call(reza), 'CHAT_NOT_FOUND');
});
