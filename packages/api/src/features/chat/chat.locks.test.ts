import { expect, test } from 'vitest';
import { erasePeople } from '../../erase.ts';
import { day } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { organize } from '../organization/test/organizations.ts';
import { befriend, joinAs, openRoom } from './test/rooms.ts';
import { hold, isFree, waiting } from './test/locks.ts';

test('two people who bring each other into new groups do not wait for one another in a ring', async () => {
  await using api = await createTestApi();
  const [first, second] = await api.signUpFriends();
  const release = await hold(api, 'users', first.id);
  const group = { id: api.app.deps.newId(), kind: 'group', title: 'خانه' } as const;
  const made = second.api.chat.create({ ...group, userIds: [first.id] });
  await waiting(api, 1);
  const isOtherFree = await isFree(api, 'users', second.id);
  await release();
  await made;
  expect(isOtherFree).toBe(true);
});

test('who leaves several conversations at once holds none of the lines that others of them wait for', async () => {
  await using api = await createTestApi();
  const [boss, worker] = [await api.signUp(), await api.signUp()];
  const { id: organizationId } = await organize(api, boss, worker);
  const rooms = [api.app.deps.newId(), api.app.deps.newId()] as const;
  for (const id of rooms) {
    const room = { id, kind: 'group', title: 'کار', organizationId } as const;
    await boss.api.chat.create({ ...room, userIds: [worker.id] });
  }
  const release = await hold(api, 'streams', rooms[1]);
  const left = worker.api.organization.leave({ organizationId });
  await waiting(api, 1);
  const isLineFree = await isFree(api, 'streams', worker.id);
  await release();
  await left;
  expect(isLineFree).toBe(true);
});

test('who is not in a conversation is answered without waiting for it, and makes nobody wait', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const [banned, stranger] = [await joinAs(api, room, 'admin'), await api.signUp()];
  await owner.api.chat.ban({ conversationId, userId: banned.id });
  const { seq } = await owner.say(conversationId, 'word');
  const release = await hold(api, 'streams', conversationId);
  for (const who of [banned, stranger]) {
    const ref = { conversationId, userId: owner.id };
    await expectAppError(who.api.chat.update({ conversationId, title: 'x' }), 'CHAT_NOT_FOUND');
    await expectAppError(who.api.chat.kick(ref), 'CHAT_NOT_FOUND');
    await expectAppError(who.api.chat.leave({ conversationId }), 'CHAT_NOT_FOUND');
    await expectAppError(
      who.api.chat.delete({ conversationId, seqs: [seq], for: 'all' }),
      'CHAT_NOT_FOUND',
    );
  }
  await release();
});

test.for([
  ['a group that is there', 'USER_NOT_FOUND'],
  ['a new group', 'CHAT_NOT_FRIENDS'],
] as const)('who is erased at this moment does not come into %s', async ([group, refusal]) => {
  await using api = await createTestApi();
  const { id: conversationId, owner } = await openRoom(api);
  const sara = await api.signUp();
  await befriend(owner, sara);
  await sara.api.account.remove();
  api.clock.advance(31 * day);
  await owner.signIn(owner.phone);
  const release = await hold(api, 'users', sara.id);
  const erased = erasePeople(api.app);
  await waiting(api, 1);
  const id = api.app.deps.newId();
  const userIds = [sara.id];
  const added: Promise<unknown> =
    group === 'a new group'
      ? owner.api.chat.create({ id, kind: 'group', title: 'خانه', userIds })
      : owner.api.chat.addMembers({ conversationId, userIds });
  await waiting(api, 2);
  await release();
  expect(tally(await Promise.allSettled([erased, added]))).toEqual({ ok: 1, [refusal]: 1 });
});
