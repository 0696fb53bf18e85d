import { expect, test } from 'vitest';
import { createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { organize } from '../organization/test/organizations.ts';
import { hold, waiting } from './test/locks.ts';

test('CH28: an organization that is not there is not found, as one of strangers is', async () => {
  await using api = await createTestApi();
  const [boss, sara] = [await api.signUp(), await api.signUp()];
  const { id: theirs } = await organize(api, boss);
  for (const organizationId of [theirs, api.app.deps.newId()]) {
    const id = api.app.deps.newId();
    const create = sara.api.chat.create({ id, kind: 'group', title: 'کار', organizationId });
    await expectAppError(create, 'ORGANIZATION_NOT_FOUND');
  }
});

test('CH28: who leaves an organization while a conversation of it is made is not left in that', async () => {
  await using api = await createTestApi();
  const [boss, worker] = [await api.signUp(), await api.signUp()];
  const { id: organizationId } = await organize(api, boss, worker);
  const room = { id: api.app.deps.newId(), kind: 'group', title: 'کار', organizationId } as const;
  const release = await hold(api, 'users', worker.id);
  const made = boss.api.chat.create({ ...room, userIds: [worker.id] });
  await waiting(api, 1);
  const left = worker.api.organization.leave({ organizationId });
  await waiting(api, 2);
  await release();
  expect(tally(await Promise.allSettled([made, left]))).toEqual({ ok: 2 });
  await expectAppError(worker.api.chat.get({ conversationId: room.id }), 'CHAT_NOT_FOUND');
  await expect(boss.api.chat.get({ conversationId: room.id })).resolves.toMatchObject({
    memberCount: 1,
  });
});

test('CH28: a conversation that is made while its organization ends, ends with it', async () => {
  await using api = await createTestApi();
  const [boss, worker] = [await api.signUp(), await api.signUp()];
  const { id: organizationId } = await organize(api, boss, worker);
  await boss.api.organization.setRole({ organizationId, userId: worker.id, role: 'admin' });
  const room = { id: api.app.deps.newId(), kind: 'group', title: 'کار', organizationId } as const;
  const release = await hold(api, 'users', boss.id);
  const made = worker.api.chat.create({ ...room, userIds: [boss.id] });
  await waiting(api, 1);
  const removed = boss.api.organization.remove({ organizationId });
  await waiting(api, 2);
  await release();
  expect(tally(await Promise.allSettled([made, removed]))).toEqual({ ok: 2 });
  await expectAppError(worker.api.chat.get({ conversationId: room.id }), 'CHAT_NOT_FOUND');
});

test('R27: of two people with a block between them neither brings in the other', async () => {
  await using api = await createTestApi();
  const [boss, worker] = [await api.signUp(), await api.signUp()];
  const { id: organizationId } = await organize(api, boss, worker);
  await boss.api.organization.setRole({ organizationId, userId: worker.id, role: 'admin' });
  await worker.api.friend.block({ userId: boss.id });
  const room = { kind: 'group', title: 'کار', organizationId } as const;
  for (const [one, other] of [
    [boss, worker],
    [worker, boss],
  ] as const) {
    const id = api.app.deps.newId();
    const userIds = [other.id];
    await expectAppError(one.api.chat.create({ ...room, id, userIds }), 'USER_NOT_FOUND');
    await expectAppError(one.api.chat.get({ conversationId: id }), 'CHAT_NOT_FOUND');
    await one.api.chat.create({ ...room, id });
    await expectAppError(
      one.api.chat.addMembers({ conversationId: id, userIds }),
      'USER_NOT_FOUND',
    );
  }
});
