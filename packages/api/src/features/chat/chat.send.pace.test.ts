import { expect, test } from 'vitest';
import { second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { joinAs, openRoom } from './test/rooms.ts';

test('a person sends so many at once, then so many a second, wherever', async () => {
  await using api = await createTestApi({ chat: { sendsPerPerson: { perSecond: 1, burst: 3 } } });
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const { id: other } = await openRoom(api, 'group', { owner: sara });
  const sends = await atOnce(6, (n) => sara.say(n % 2 === 0 ? conversationId : other, 'x'));
  expect(tally(sends)).toEqual({ ok: 3, RATE_LIMITED: 3 });
  const data = await expectAppError(sara.say(other, 'x'), 'RATE_LIMITED');
  expect(data).toEqual({ retryAfterSeconds: 1 });
  await expect(reza.say(conversationId, 'x')).resolves.toBeTruthy();
  api.clock.advance(second);
  await expect(sara.say(other, 'x')).resolves.toBeTruthy();
});

test('a conversation takes so many at once, and who may not write takes none of them', async () => {
  const sendsPerConversation = { perSecond: 1, burst: 3 };
  await using api = await createTestApi({ chat: { sendsPerConversation } });
  const room = await openRoom(api, 'channel');
  const { id: conversationId, owner } = room;
  const reader = await joinAs(api, room, 'reader');
  const stranger = await api.signUp();
  const refused = await atOnce(8, (n) =>
    (n % 2 === 0 ? reader : stranger).say(conversationId, 'x'),
  );
  const { RATE_LIMITED: _, ...others } = tally(refused);
  expect(Object.keys(others).toSorted()).toEqual(['CHAT_NOT_FOUND', 'CHAT_READ_ONLY']);
  const forward = reader.api.chat.forward({
    conversationId,
    id: api.app.deps.newId(),
    from: { conversationId, seq: 99 },
  });
  await expectAppError(forward, 'CHAT_MESSAGE_NOT_FOUND');
  const sends = await atOnce(5, () => owner.say(conversationId, 'x'));
  expect(tally(sends)).toEqual({ ok: 3, RATE_LIMITED: 2 });
});
