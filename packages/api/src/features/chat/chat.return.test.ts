import { expect, test } from 'vitest';
import { erasePeople } from '../../erase.ts';
import { day, minute } from '../../kernel/duration.ts';
import { createTestApi, expectAppError } from '../../testing/index.ts';
import { bringIn, joinAs, openRoom } from './test/rooms.ts';

test('a mute waits for who leaves and comes back, by themselves or with help', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'group', { isPublic: true });
  const { id: conversationId, owner } = room;
  const sara = await joinAs(api, room, 'member');
  const until = new Date(api.clock.now().getTime() + 10 * minute).toISOString();
  await owner.api.chat.mute({ conversationId, userId: sara.id, until });
  await sara.api.chat.leave({ conversationId });
  const live = await (await owner.listen()).ready();
  await expect(sara.api.chat.join({ conversationId })).resolves.toMatchObject({
    mutedUntil: until,
  });
  const added = await live.until(({ type }) => type === 'chat.membersAdded');
  live.stop();
  expect(added).toMatchObject({ body: { members: [{ role: 'member', mutedUntil: until }] } });
  expect(await expectAppError(sara.say(conversationId, 'x'), 'CHAT_MUTED')).toEqual({ until });
  await owner.api.chat.kick({ conversationId, userId: sara.id });
  await bringIn(owner, conversationId, [sara]);
  await expectAppError(sara.say(conversationId, 'x'), 'CHAT_MUTED');
  api.clock.advance(10 * minute);
  await sara.say(conversationId, 'again');
  await owner.api.chat.mute({ conversationId, userId: sara.id, until: null });
  await sara.api.chat.leave({ conversationId });
  await expect(sara.api.chat.join({ conversationId })).resolves.toMatchObject({ mutedUntil: null });
});

test('CH21: who only reads in a group does so after they have left it and come back', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const { token } = await owner.api.chat.createInvite({ conversationId, id: api.app.deps.newId() });
  const sara = await joinAs(api, room, 'reader');
  await sara.api.chat.leave({ conversationId });
  await expect(sara.api.chat.joinByInvite({ token })).resolves.toMatchObject({ role: 'reader' });
  await expectAppError(sara.say(conversationId, 'x'), 'CHAT_READ_ONLY');
  await owner.api.chat.setRights({ conversationId, userId: sara.id, role: 'member' });
  await sara.api.chat.leave({ conversationId });
  await expect(sara.api.chat.joinByInvite({ token })).resolves.toMatchObject({ role: 'member' });
});

test('slow mode lets nobody write sooner who leaves and comes back', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'group', { isPublic: true });
  const { id: conversationId, owner } = room;
  const sara = await joinAs(api, room, 'member');
  await owner.api.chat.update({ conversationId, slowModeSeconds: 60 });
  await sara.say(conversationId, 'one');
  await sara.api.chat.leave({ conversationId });
  await sara.api.chat.join({ conversationId });
  await expectAppError(sara.say(conversationId, 'two'), 'CHAT_SLOW_MODE');
  api.clock.advance(minute);
  await sara.say(conversationId, 'two');
});

test('what would hold somebody back is forgotten with their account', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId } = room;
  const [gone, sara] = [await joinAs(api, room, 'reader'), await joinAs(api, room, 'reader')];
  await gone.api.chat.leave({ conversationId });
  for (const who of [gone, sara]) {
    await who.api.account.remove();
  }
  api.clock.advance(31 * day);
  await erasePeople(api.app);
  const { rows } = await api.database.pool.query('select from conversation_restraints');
  expect(rows).toEqual([]);
});
