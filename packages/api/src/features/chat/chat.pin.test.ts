import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally, type TestApi } from '../../testing/index.ts';
import { joinAs, openRoom } from './test/rooms.ts';

async function eventsOf(
  api: TestApi,
  streamId: string,
): Promise<{ type: string; body: unknown }[]> {
  const { rows } = await sql<{ type: string; body: unknown }>`
    select type, body from stream_events where stream_id = ${streamId} order by seq`.execute(
    api.app.db,
  );
  return rows;
}

test('a message is pinned for everybody once, by right, and a note says so', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [sara, moderator] = [
    await joinAs(api, room, 'member'),
    await joinAs(api, room, 'moderator'),
  ];
  const { seq } = await sara.say(conversationId, 'one');
  await sara.api.chat.react({ conversationId, seq, emoji: '👍', isSet: true });
  const pin = { conversationId, seq };
  const data = await expectAppError(sara.api.chat.pinMessage(pin), 'CHAT_RIGHT_MISSING');
  expect(data).toEqual({ capability: 'pinMessage' });
  await expectAppError(sara.api.chat.unpinMessage(pin), 'CHAT_RIGHT_MISSING');
  const live = await (await sara.listen()).ready();
  const results = await atOnce(20, () => moderator.api.chat.pinMessage({ ...pin, for: 'all' }));
  expect(tally(results)).toEqual({ ok: 20 });
  const views = results.map((result) => result.status === 'fulfilled' && result.value);
  expect(new Set(views.map((view) => JSON.stringify(view))).size).toBe(1);
  await live.until(({ type }) => type === 'chat.message');
  const { items } = await moderator.api.chat.listPins({ conversationId });
  expect(items).toEqual([views[0]]);
  expect(items).toMatchObject([{ for: 'all', pinnedBy: moderator.id, message: { text: 'one' } }]);
  const own = await sara.api.chat.listPins({ conversationId });
  expect(own.items[0]?.message.myReactions).toEqual(['👍']);
  const [said] = (await sara.api.chat.listMessages({ conversationId, limit: 1 })).items;
  expect(said?.system).toEqual({ type: 'messagePinned', seq });
  expect(live.stored.map(({ type, body }) => ({ type, body }))).toEqual([
    { type: 'chat.pinned', body: { conversationId, ...items[0] } },
    { type: 'chat.message', body: said },
  ]);
  const unpinned = await atOnce(10, () => owner.api.chat.unpinMessage(pin));
  expect(tally(unpinned)).toEqual({ ok: 10 });
  await live.until(({ type }) => type === 'chat.unpinned');
  live.stop();
  const after = (await eventsOf(api, conversationId)).slice(-2);
  expect(after).toMatchObject([
    { type: 'chat.message' },
    { type: 'chat.unpinned', body: { conversationId, seq, for: 'all' } },
  ]);
  expect((await sara.api.chat.listPins({ conversationId })).items).toEqual([]);
});

test('in a conversation of two both pin for both while they are friends, without a note', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  await sara.say(conversationId, 'one');
  const pin = { conversationId, seq: 1 };
  await reza.api.chat.pinMessage(pin);
  await sara.api.chat.unpinMessage(pin);
  await sara.api.chat.pinMessage(pin);
  expect((await sara.api.chat.get({ conversationId })).headSeq).toBe(1);
  await reza.api.friend.remove({ userId: sara.id });
  await expectAppError(sara.api.chat.unpinMessage(pin), 'CHAT_NOT_FRIENDS');
  await expectAppError(reza.api.chat.pinMessage(pin), 'CHAT_NOT_FRIENDS');
  await expect(reza.api.chat.pinMessage({ ...pin, for: 'me' })).resolves.toMatchObject({
    for: 'me',
  });
});

test('what somebody pins for themselves nobody else learns', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'channel');
  const { id: conversationId, owner } = room;
  const reader = await joinAs(api, room, 'reader');
  const { seq } = await owner.say(conversationId, 'one');
  const pin = { conversationId, seq, for: 'me' } as const;
  const before = await eventsOf(api, conversationId);
  const ownBefore = (await eventsOf(api, reader.id)).length;
  const results = await atOnce(10, () => reader.api.chat.pinMessage(pin));
  expect(tally(results)).toEqual({ ok: 10 });
  const { items } = await reader.api.chat.listPins({ conversationId });
  expect(items).toMatchObject([{ for: 'me', pinnedBy: reader.id, message: { seq } }]);
  expect((await owner.api.chat.listPins({ conversationId })).items).toEqual([]);
  await owner.api.chat.unpinMessage(pin);
  expect((await reader.api.chat.listPins({ conversationId })).items).toEqual(items);
  await reader.api.chat.unpinMessage(pin);
  await reader.api.chat.unpinMessage(pin);
  expect((await reader.api.chat.listPins({ conversationId })).items).toEqual([]);
  expect(await eventsOf(api, conversationId)).toEqual(before);
  expect((await eventsOf(api, reader.id)).slice(ownBefore)).toEqual([
    { type: 'chat.pinned', body: { conversationId, ...items[0] } },
    { type: 'chat.unpinned', body: pin },
  ]);
});

test('so much can be pinned for everybody, and so much for each, and no more at once', async () => {
  await using api = await createTestApi({ chat: { pinsPerConversation: 3 } });
  const { id: conversationId, owner } = await openRoom(api, 'channel');
  for (let n = 0; n < 6; n += 1) {
    await owner.say(conversationId, `text ${n}`);
  }
  for (const reach of ['all', 'me'] as const) {
    const results = await atOnce(6, (n) =>
      owner.api.chat.pinMessage({ conversationId, seq: n + 2, for: reach }),
    );
    expect(tally(results)).toEqual({ ok: 3, CHAT_TOO_MANY_PINS: 3 });
    const { items } = await owner.api.chat.listPins({ conversationId });
    const pinned = items.filter((pin) => pin.for === reach).map(({ message }) => message.seq);
    expect(pinned).toHaveLength(3);
    const [seq = 0] = pinned;
    await expect(
      owner.api.chat.pinMessage({ conversationId, seq, for: reach }),
    ).resolves.toMatchObject({ message: { seq } });
    const free = [2, 3, 4, 5, 6, 7].find((place) => !pinned.includes(place)) ?? 0;
    const data = await expectAppError(
      owner.api.chat.pinMessage({ conversationId, seq: free, for: reach }),
      'CHAT_TOO_MANY_PINS',
    );
    expect(data).toEqual({ most: 3 });
    await owner.api.chat.unpinMessage({ conversationId, seq, for: reach });
    await owner.api.chat.pinMessage({ conversationId, seq: free, for: reach });
  }
});

test('pins of both kinds are listed newest first, in pages, without what is hidden or deleted', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'channel');
  const { id: conversationId, owner } = room;
  const reader = await joinAs(api, room, 'reader');
  for (let n = 0; n < 5; n += 1) {
    await owner.say(conversationId, `text ${n}`);
  }
  const pin = async (seq: number, reach: 'me' | 'all'): Promise<void> => {
    const actor = reach === 'all' ? owner : reader;
    await actor.api.chat.pinMessage({ conversationId, seq, for: reach });
  };
  await pin(4, 'me');
  await pin(4, 'all');
  await pin(3, 'all');
  api.clock.advance(second);
  await pin(2, 'me');
  await pin(5, 'all');
  await pin(6, 'all');
  await reader.api.chat.delete({ conversationId, seqs: [5], for: 'me' });
  const all: [number, string][] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof reader.api.chat.listPins>> =
      await reader.api.chat.listPins({ conversationId, limit: 2, cursor });
    all.push(...page.items.map((item): [number, string] => [item.message.seq, item.for]));
    cursor = page.nextCursor;
  } while (cursor !== null);
  const fours = all.slice(2, 4);
  expect(all).toEqual([[6, 'all'], [2, 'me'], ...fours, [3, 'all']]);
  expect(new Set(fours.map(([seq, reach]) => `${seq} ${reach}`))).toEqual(
    new Set(['4 all', '4 me']),
  );
  const seqsOf = async (): Promise<number[]> =>
    (await owner.api.chat.listPins({ conversationId })).items.map(({ message }) => message.seq);
  expect(await seqsOf()).toEqual([6, 5, 4, 3]);
  await owner.api.chat.delete({ conversationId, seqs: [6, 4], for: 'all' });
  expect(await seqsOf()).toEqual([5, 3]);
});

test('what is not there is not pinned', async () => {
  await using api = await createTestApi();
  const { id: conversationId, owner } = await openRoom(api);
  const [hidden, deleted] = [
    await owner.say(conversationId, 'one'),
    await owner.say(conversationId, 'two'),
  ];
  await owner.api.chat.delete({ conversationId, seqs: [hidden.seq], for: 'me' });
  await owner.api.chat.delete({ conversationId, seqs: [deleted.seq], for: 'all' });
  for (const reach of ['me', 'all'] as const) {
    for (const seq of [1, hidden.seq, deleted.seq, 99]) {
      await expectAppError(
        owner.api.chat.pinMessage({ conversationId, seq, for: reach }),
        'CHAT_MESSAGE_NOT_FOUND',
      );
    }
    await expectAppError(
      owner.api.chat.unpinMessage({ conversationId, seq: 99, for: reach }),
      'CHAT_MESSAGE_NOT_FOUND',
    );
  }
});
