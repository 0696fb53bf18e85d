import { expect, test } from 'vitest';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { joinAs, openRoom } from './test/rooms.ts';

test('CH31: delivered and read go forward only, and the other one is told', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const live = await (await sara.listen()).ready();
  for (let i = 1; i <= 5; i += 1) {
    await sara.say(conversationId, `${i}`);
  }
  const nowhere = api.app.deps.newId();
  const deliver = (seq: number) =>
    reza.api.chat.markDelivered({
      marks: [
        { conversationId, seq },
        { conversationId: nowhere, seq: 1 },
        { conversationId, seq: 1 },
      ],
    });
  await expect(deliver(3)).resolves.toEqual({ marks: [{ conversationId, deliveredSeq: 3 }] });
  await expect(deliver(2)).resolves.toEqual({ marks: [{ conversationId, deliveredSeq: 3 }] });
  await reza.api.chat.markRead({ conversationId, seq: 2 });
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({
    peerReadSeq: 2,
    peerDeliveredSeq: 3,
  });
  const results = await atOnce(20, (n) => deliver(n));
  expect(tally(results)).toEqual({ ok: 20 });
  await reza.api.chat.markRead({ conversationId, seq: 5 });
  await live.until((event) => event.type === 'chat.read' && event.body.readSeq === 5);
  const seqs = live.stored.flatMap((event) =>
    event.type === 'chat.delivered' ? [event.body.deliveredSeq] : [],
  );
  expect(seqs).toEqual([...seqs].toSorted((a, b) => a - b));
  expect(new Set(seqs).size).toBe(seqs.length);
  expect(seqs.at(-1)).toBe(5);
  live.stop();
});

test('who answers has read, and is shown to have when their device says so', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  await sara.say(conversationId, 'question');
  await reza.say(conversationId, 'answer');
  await expect(reza.api.chat.get({ conversationId })).resolves.toMatchObject({ readSeq: 2 });
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({ peerReadSeq: 0 });
  await reza.api.chat.markRead({ conversationId, seq: 2 });
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({ peerReadSeq: 2 });
});

test('who keeps it to themselves is shown to nobody, and sees it on their own devices', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  await reza.api.user.update({ showsReceipts: false });
  const [hers, his] = [await (await sara.listen()).ready(), await (await reza.listen()).ready()];
  await sara.say(conversationId, '1');
  await reza.api.chat.markDelivered({ marks: [{ conversationId, seq: 1 }] });
  await reza.api.chat.markRead({ conversationId, seq: 1 });
  await his.until(({ type }) => type === 'chat.read');
  await sara.say(conversationId, '2');
  await hers.until((event) => event.type === 'chat.message' && event.body.seq === 2);
  expect(hers.stored.map(({ type }) => type)).toEqual(['chat.message', 'chat.message']);
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({
    peerReadSeq: 0,
    peerDeliveredSeq: 0,
  });
  await expect(sara.api.chat.getReceipts({ conversationId, seq: 1 })).resolves.toEqual({
    readCount: 0,
    deliveredCount: 0,
    readers: [],
  });
  await reza.api.user.update({ showsReceipts: true });
  await reza.api.chat.markRead({ conversationId, seq: 1 });
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({ peerReadSeq: 1 });
  hers.stop();
  his.stop();
});

test('who has read is a list in a small group and a number in a larger one', async () => {
  await using api = await createTestApi({ chat: { receiptMembers: 4 } });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const people = [];
  for (let i = 0; i < 3; i += 1) {
    people.push(await joinAs(api, room, 'member'));
  }
  const [first, second] = people;
  const { seq } = await owner.say(conversationId, 'who reads this?');
  const receipts = () => owner.api.chat.getReceipts({ conversationId, seq });
  await expect(receipts()).resolves.toEqual({ readCount: 0, deliveredCount: 0, readers: [] });
  await first?.api.chat.markRead({ conversationId, seq });
  await second?.api.chat.markDelivered({ marks: [{ conversationId, seq }] });
  await expect(receipts()).resolves.toMatchObject({
    readCount: 1,
    deliveredCount: 2,
    readers: [{ id: first?.id }],
  });
  const live = await (await owner.listen()).ready();
  api.clock.advance(1_000);
  await joinAs(api, room, 'member');
  await second?.api.chat.markRead({ conversationId, seq });
  await expect(receipts()).resolves.toEqual({ readCount: 2, deliveredCount: 2, readers: null });
  await owner.say(conversationId, 'end');
  await live.until((event) => event.type === 'chat.message' && event.body.text === 'end');
  expect(live.stored.filter(({ type }) => type === 'chat.read')).toEqual([]);
  await expectAppError(owner.api.chat.getReceipts({ conversationId, seq: 999 }), 'CHAT_NOT_FOUND');
  live.stop();
});

test('unread is derived: it equals a full count for everybody, whatever happened', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const people = [owner];
  for (let i = 0; i < 3; i += 1) {
    people.push(await joinAs(api, room, 'member'));
  }
  let state = 7;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
  for (let round = 0; round < 6; round += 1) {
    const results = await atOnce(20, async (n) => {
      const who = people[(n + random(4)) % 4] ?? owner;
      await (n % 3 === 0
        ? who.api.chat.markRead({ conversationId, seq: random(60) })
        : who.say(conversationId, `${round} ${n}`));
    });
    expect(tally(results)).toEqual({ ok: 20 });
  }
  for (const who of people) {
    const { headSeq, readSeq } = await who.api.chat.get({ conversationId });
    const { rows } = await api.database.pool.query<{ unread: number }>(
      `select count(*)::int as unread from messages m
       join conversation_members me on me.conversation_id = m.conversation_id and me.user_id = $2
       where m.conversation_id = $1 and m.seq > me.read_seq and m.sender_id <> $2 and not exists (
         select from message_hides h
         where h.user_id = $2 and h.conversation_id = m.conversation_id and h.seq = m.seq)`,
      [conversationId, who.id],
    );
    expect(rows[0]?.unread).toBe(headSeq - readSeq);
  }
});
