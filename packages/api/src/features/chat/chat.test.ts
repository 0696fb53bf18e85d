import { expect, test } from 'vitest';
import { minute } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';

async function startChat(
  api: TestApi,
): Promise<{ sara: Actor; reza: Actor; conversationId: string }> {
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  return { sara, reza, conversationId };
}

test('a conversation is one, whoever starts it and however often', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const results = await atOnce(20, (index) =>
    index % 2 === 0
      ? sara.api.chat.start({ userId: reza.id })
      : reza.api.chat.start({ userId: sara.id }),
  );
  expect(tally(results)).toEqual({ ok: 20 });
  const ids = results.map((result) => result.status === 'fulfilled' && result.value.id);
  expect(new Set(ids).size).toBe(1);
  expect((await sara.api.chat.list({})).items).toMatchObject([
    { id: ids[0], peer: { id: reza.id } },
  ]);
  expect((await reza.api.chat.list({})).items).toMatchObject([
    { id: ids[0], peer: { id: sara.id } },
  ]);
});

test('only friends start a conversation, and nobody with themselves', async () => {
  await using api = await createTestApi();
  const [sara, stranger] = [await api.signUp(), await api.signUp()];
  await expectAppError(sara.api.chat.start({ userId: sara.id }), 'CHAT_SELF');
  await expectAppError(sara.api.chat.start({ userId: api.app.deps.newId() }), 'USER_NOT_FOUND');
  const data = await expectAppError(
    sara.api.chat.start({ userId: stranger.id }),
    'CHAT_NOT_FRIENDS',
  );
  expect(data).toEqual({ userId: stranger.id });
});

test('a hundred sends of one id are one message and a hundred equal answers', async () => {
  await using api = await createTestApi();
  const { sara, conversationId } = await startChat(api);
  const id = api.app.deps.newId();
  const results = await atOnce(100, () => sara.api.chat.send({ conversationId, id, text: 'سلام' }));
  const answers = results.map((result) =>
    JSON.stringify(result.status === 'fulfilled' ? result.value : result.reason),
  );
  expect(new Set(answers).size).toBe(1);
  const { items } = await sara.api.chat.listMessages({ conversationId });
  expect(items).toMatchObject([{ id, seq: 1, text: 'سلام', senderId: sara.id }]);
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({ headSeq: 1 });
  const events = await api.app.db
    .selectFrom('stream_events')
    .select('seq')
    .where('stream_id', '=', conversationId)
    .execute();
  expect(events).toHaveLength(1);
  api.clock.advance(4 * minute);
  await expect(sara.api.chat.send({ conversationId, id, text: 'سلام' })).resolves.toMatchObject({
    id,
    seq: 1,
  });
});

test('another text, sender or conversation under an id that is taken is a conflict', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const message = { conversationId, id: api.app.deps.newId(), text: 'one' };
  await sara.api.chat.send(message);
  const data = await expectAppError(
    sara.api.chat.send({ ...message, text: 'two' }),
    'CHAT_MESSAGE_ID_TAKEN',
  );
  expect(data).toEqual({ id: message.id });
  await expectAppError(reza.api.chat.send(message), 'CHAT_MESSAGE_ID_TAKEN');
  const id = api.app.deps.newId();
  const results = await atOnce(20, (index) =>
    sara.api.chat.send({ conversationId, id, text: `text ${index}` }),
  );
  expect(tally(results)).toEqual({ ok: 1, CHAT_MESSAGE_ID_TAKEN: 19 });
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({ headSeq: 2 });
});

test('two hundred sends at once get the seqs 1 to 200', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const results = await atOnce(200, (index) =>
    (index % 2 === 0 ? sara : reza).say(conversationId, `${index}`),
  );
  expect(tally(results)).toEqual({ ok: 200 });
  const seqs = results.map((result) => (result.status === 'fulfilled' ? result.value.seq : 0));
  expect(seqs.toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 200 }, (_, index) => index + 1),
  );
});

test('history goes back in pages, and the list shows the latest first', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  for (let i = 1; i <= 7; i += 1) {
    await sara.say(conversationId, `${i}`);
  }
  const first = await reza.api.chat.listMessages({ conversationId, limit: 4 });
  expect(first.items.map(({ seq }) => seq)).toEqual([7, 6, 5, 4]);
  const second = await reza.api.chat.listMessages({
    conversationId,
    limit: 4,
    cursor: first.nextCursor,
  });
  expect(second.items.map(({ seq }) => seq)).toEqual([3, 2, 1]);
  expect(second.nextCursor).toBeNull();

  const third = await api.signUp();
  const { id: requestId } = await third.api.friend.request({ userId: sara.id });
  await sara.api.friend.accept({ requestId });
  api.clock.advance(minute);
  const { id: other } = await sara.api.chat.start({ userId: third.id });
  const ids = async (): Promise<string[]> =>
    (await sara.api.chat.list({})).items.map(({ id }) => id);
  await expect(ids()).resolves.toEqual([other, conversationId]);
  api.clock.advance(minute);
  await reza.say(conversationId, 'new');
  await expect(ids()).resolves.toEqual([conversationId, other]);
  const page = await sara.api.chat.list({ limit: 1 });
  expect(page.items[0]?.lastMessage).toMatchObject({ text: 'new', seq: 8 });
  const rest = await sara.api.chat.list({ limit: 1, cursor: page.nextCursor });
  expect(rest).toMatchObject({ items: [{ id: other }], nextCursor: null });

  const activeAt = api.clock.now().toISOString();
  api.clock.advance(minute);
  await sara.api.chat.delete({ conversationId, seqs: [8], for: 'me' });
  const { items } = await sara.api.chat.list({});
  expect(items).toMatchObject([
    { id: conversationId, activeAt, lastMessage: { seq: 7 } },
    { id: other },
  ]);
});

test('the read mark goes forward only and not past the head; who writes has read', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  for (let i = 1; i <= 5; i += 1) {
    await sara.say(conversationId, `${i}`);
  }
  const mark = async (seq: number) =>
    (await reza.api.chat.markRead({ conversationId, seq })).readSeq;
  await expect(mark(3)).resolves.toBe(3);
  await expect(mark(1)).resolves.toBe(3);
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({
    headSeq: 5,
    readSeq: 5,
    peerReadSeq: 3,
  });
  await expect(mark(1_000)).resolves.toBe(5);
  const results = await atOnce(20, (index) => mark(index));
  expect(tally(results)).toEqual({ ok: 20 });
  await expect(reza.api.chat.get({ conversationId })).resolves.toMatchObject({ readSeq: 5 });
  await expect(reza.api.chat.markRead({ conversationId, seq: 2 ** 31 })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  });
});

test('for others a conversation does not exist', async () => {
  await using api = await createTestApi();
  const { conversationId } = await startChat(api);
  const stranger = await api.signUp();
  const missing = api.app.deps.newId();
  for (const id of [conversationId, missing]) {
    await expectAppError(stranger.api.chat.get({ conversationId: id }), 'CHAT_NOT_FOUND');
    await expectAppError(stranger.api.chat.listMessages({ conversationId: id }), 'CHAT_NOT_FOUND');
    await expectAppError(
      stranger.api.chat.markRead({ conversationId: id, seq: 1 }),
      'CHAT_NOT_FOUND',
    );
    await expectAppError(stranger.say(id, 'hi'), 'CHAT_NOT_FOUND');
  }
  expect((await stranger.api.chat.list({})).items).toEqual([]);
});

test('without friendship the history stays and nothing can be sent', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const before = { conversationId, id: api.app.deps.newId(), text: 'before' };
  await sara.api.chat.send(before);
  await reza.api.friend.remove({ userId: sara.id });
  await expectAppError(sara.say(conversationId, 'after'), 'CHAT_NOT_FRIENDS');
  await expect(sara.api.chat.send(before)).resolves.toMatchObject({ seq: 1 });
  expect((await sara.api.chat.listMessages({ conversationId })).items).toHaveLength(1);
  await expect(reza.api.chat.start({ userId: sara.id })).resolves.toMatchObject({
    id: conversationId,
  });
});

test('the conversation with somebody whose account was closed stays readable', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  await reza.say(conversationId, 'before');
  await api.app.db
    .updateTable('users')
    .set({ status: 'inactive' })
    .where('id', '=', reza.id)
    .execute();
  expect(await sara.api.chat.start({ userId: reza.id })).toMatchObject({ id: conversationId });
  expect((await sara.api.chat.listMessages({ conversationId })).items).toHaveLength(1);
});

test('text is kept as it was typed, and what is no text is refused', async () => {
  await using api = await createTestApi();
  const { sara, conversationId } = await startChat(api);
  const typed = [
    "<script>alert('x')</script>",
    "'; drop table messages; --",
    '  می‌خواهم  ',
    '👩‍👩‍👧',
    'x'.repeat(4096),
    '{"__proto__":1}',
  ];
  for (const text of typed) {
    await expect(sara.say(conversationId, text)).resolves.toMatchObject({ text });
  }
  for (const text of ['', '   ', '\n', 'x'.repeat(4097), 'a\0b', '\ud800']) {
    await expect(sara.say(conversationId, text)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
  const v4 = '6f1d3c7e-8b1f-4d63-9a52-0d8f3f0f7b11';
  await expect(sara.api.chat.send({ conversationId, id: v4, text: 'x' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  });
});

test('every change is an event that carries the change itself', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const live = await (await reza.listen()).ready();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const message = await sara.say(conversationId, 'سلام');
  await reza.api.chat.markRead({ conversationId, seq: 1 });
  await live.until(({ type }) => type === 'chat.read');
  expect(live.stored.map(({ type, body }) => ({ type, body }))).toEqual([
    { type: 'stream.joined', body: { streamId: conversationId, afterSeq: 0 } },
    {
      type: 'chat.started',
      body: {
        ...(await reza.api.chat.get({ conversationId })),
        headSeq: 0,
        readSeq: 0,
        peerReadSeq: 0,
        lastMessage: null,
      },
    },
    { type: 'chat.message', body: message },
    { type: 'chat.read', body: { conversationId, userId: reza.id, readSeq: 1 } },
  ]);
  live.stop();
});

test('a session that has ended sends nothing and learns nothing, however many calls come at once', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const stored = await sara.say(conversationId, 'stored');
  await sara.api.session.end();
  const newId = (): string => api.app.deps.newId();
  const results = await atOnce(40, (index) =>
    sara.api.chat.send(
      [
        { conversationId, id: newId(), text: 'more' },
        { conversationId, id: stored.id, text: 'stored' },
        { conversationId: newId(), id: newId(), text: 'nowhere' },
        { conversationId, id: stored.id, text: 'another' },
      ][index % 4] ?? { conversationId, id: newId(), text: 'more' },
    ),
  );
  expect(tally(results)).toEqual({ SESSION_ENDED: 40 });
  const { items } = await reza.api.chat.listMessages({ conversationId });
  expect(items).toEqual([stored]);
});

test('messages of one moment get their places without holes, and a bad one fails alone', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const taken = await sara.say(conversationId, 'first');
  const ids = Array.from({ length: 30 }, () => api.app.deps.newId());
  const results = await atOnce(60, (index) => {
    // Each id twice; every tenth is another text under an id that is taken.
    const id = index % 10 === 9 ? taken.id : (ids[index % 30] ?? taken.id);
    return sara.api.chat.send({ conversationId, id, text: `text of ${index % 30}` });
  });
  expect(tally(results)).toEqual({ ok: 54, CHAT_MESSAGE_ID_TAKEN: 6 });
  const { items } = await reza.api.chat.listMessages({ conversationId, limit: 100 });
  expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: 28 }, (_, index) => 28 - index));
  const log = await api.app.db
    .selectFrom('stream_events')
    .select('seq')
    .where('stream_id', '=', conversationId)
    .orderBy('seq')
    .execute();
  expect(log.map(({ seq }) => Number(seq))).toEqual(
    Array.from({ length: 28 }, (_, index) => index + 1),
  );
});
