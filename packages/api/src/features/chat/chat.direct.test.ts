import { expect, test } from 'vitest';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { befriend } from './test/rooms.ts';

test('CH1: a conversation is started by the address of a friend, and by no other address', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const stranger = await api.signUp();
  const emails = new Map([
    [reza.id, 'reza@example.com'],
    [stranger.id, 'stranger@example.com'],
    [sara.id, 'sara@example.com'],
  ]);
  for (const [id, email] of emails) {
    await api.app.db.updateTable('users').set({ email }).where('id', '=', id).execute();
  }
  await expect(sara.api.chat.start({ email: ' Reza@Example.com' })).resolves.toMatchObject({
    peer: { id: reza.id },
  });
  await expectAppError(sara.api.chat.start({ email: 'stranger@example.com' }), 'USER_NOT_FOUND');
  await expectAppError(sara.api.chat.start({ email: 'nobody@example.com' }), 'USER_NOT_FOUND');
  await expectAppError(sara.api.chat.start({ email: 'sara@example.com' }), 'CHAT_SELF');
});

test('CH16: the end of a friendship stops all that the other one would notice, and its renewal lets it go on', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  await sara.say(conversationId, 'before');
  await reza.api.friend.remove({ userId: sara.id });
  for (const who of [sara, reza]) {
    await expectAppError(who.say(conversationId, 'after'), 'CHAT_NOT_FRIENDS');
    await expectAppError(who.api.chat.typing({ conversationId }), 'CHAT_NOT_FRIENDS');
  }
  await expect(reza.api.chat.markRead({ conversationId, seq: 1 })).resolves.toMatchObject({
    readSeq: 1,
  });
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({ peerReadSeq: 0 });
  await befriend(sara, reza);
  await sara.say(conversationId, 'again');
  await reza.api.chat.markRead({ conversationId, seq: 2 });
  await expect(sara.api.chat.get({ conversationId })).resolves.toMatchObject({ peerReadSeq: 2 });
});

test('a letter is either before the block, or not sent; and nothing of the other one comes after it', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 5; round += 1) {
    const [sara, reza] = await api.signUpFriends();
    const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
    const [hers, his] = [await (await sara.listen()).ready(), await (await reza.listen()).ready()];
    const sends = atOnce(30, async (n) => reza.say(conversationId, `${n}`));
    await sara.api.friend.block({ userId: reza.id });
    const sent = tally(await sends)['ok'] ?? 0;
    await sara.api.chat.markRead({ conversationId, seq: sent });
    await expectAppError(sara.say(conversationId, 'x'), 'CHAT_NOT_FRIENDS');
    await expectAppError(sara.api.chat.typing({ conversationId }), 'CHAT_NOT_FRIENDS');
    const third = await api.signUp();
    for (const who of [sara, reza]) {
      await befriend(who, third);
    }
    await hers.until(({ type }) => type === 'friend.accepted');
    await his.until(({ type }) => type === 'friend.accepted');
    const ofRoom = his.stored.filter(({ streamId }) => streamId === conversationId);
    expect(ofRoom.map(({ type }) => type)).toEqual(
      Array.from({ length: sent }, () => 'chat.message'),
    );
    expect((await reza.api.chat.listMessages({ conversationId, limit: 100 })).items).toHaveLength(
      sent,
    );
    await expect(reza.api.chat.get({ conversationId })).resolves.toMatchObject({ peerReadSeq: 0 });
    hers.stop();
    his.stop();
  }
});

test('a conversation that is started while the friendship ends takes no messages', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 15; round += 1) {
    const [sara, reza] = await api.signUpFriends();
    const [started] = await Promise.allSettled([
      sara.api.chat.start({ userId: reza.id }),
      reza.api.friend.remove({ userId: sara.id }),
    ]);
    if (started.status === 'fulfilled') {
      await expectAppError(reza.say(started.value.id, 'x'), 'CHAT_NOT_FRIENDS');
    } else {
      expect(started.reason).toMatchObject({ appCode: 'CHAT_NOT_FRIENDS' });
    }
  }
});

test('what is made for many is refused in a conversation of two', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const userId = reza.id;
  const calls = [
    sara.api.chat.update({ conversationId, title: 'x' }),
    sara.api.chat.setStatus({ conversationId, status: 'closed' }),
    sara.api.chat.remove({ conversationId }),
    sara.api.chat.addMembers({ conversationId, userIds: [userId] }),
    sara.api.chat.kick({ conversationId, userId }),
    sara.api.chat.ban({ conversationId, userId }),
    sara.api.chat.unban({ conversationId, userId }),
    sara.api.chat.mute({ conversationId, userId, until: null }),
    sara.api.chat.setRights({ conversationId, userId, role: 'reader' }),
    sara.api.chat.passOwnership({ conversationId, userId }),
    sara.api.chat.leave({ conversationId }),
  ];
  expect(tally(await Promise.allSettled(calls))).toEqual({ CHAT_IS_DIRECT: calls.length });
});
