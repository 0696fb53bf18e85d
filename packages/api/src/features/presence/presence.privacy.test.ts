import { expect, test } from 'vitest';
import { createTestApi, type Actor } from '../../testing/index.ts';
import { live, presence, watch } from './test/watching.ts';

const visible = ['everyone', 'friends', 'nobody'] as const;

test('T18: each sees what the other one lets them, both ways', async () => {
  await using api = await createTestApi({ config: { presence } });
  const [sara, friend] = await api.signUpFriends();
  const stranger = await api.signUp();
  await expect(sara.api.user.me()).resolves.toMatchObject({ presenceVisibility: 'friends' });
  const stream = await live(sara);
  await (await watch(sara, sara.id)).until(sara.id, true);
  const seen: Record<string, [boolean, boolean]> = {};
  for (const shows of visible) {
    await sara.api.user.update({ presenceVisibility: shows });
    for (const own of visible) {
      const sees = async (viewer: Actor): Promise<boolean> => {
        await viewer.api.user.update({ presenceVisibility: own });
        const watching = await watch(viewer, sara.id);
        watching.stop();
        const view = watching.of(sara.id);
        expect(view).toEqual({ userId: sara.id, isOnline: view?.isOnline, lastSeenAt: null });
        return view?.isOnline ?? false;
      };
      seen[`${shows} to ${own}`] = [await sees(stranger), await sees(friend)];
    }
  }
  expect(seen).toEqual({
    'everyone to everyone': [true, true],
    'everyone to friends': [true, true],
    'everyone to nobody': [false, false],
    'friends to everyone': [false, true],
    'friends to friends': [false, true],
    'friends to nobody': [false, false],
    'nobody to everyone': [false, false],
    'nobody to friends': [false, false],
    'nobody to nobody': [false, false],
  });
  stream.stop();
});

test('T18: the end of a friendship, a new one and a changed setting count at once', async () => {
  await using api = await createTestApi({ config: { presence } });
  const [sara, reza] = await api.signUpFriends();
  const [stream, watching] = [await live(sara), await watch(reza, sara.id)];
  await watching.until(sara.id, true);
  await sara.api.friend.remove({ userId: reza.id });
  await expect(watching.until(sara.id, false)).resolves.toMatchObject({ lastSeenAt: null });
  const { id: requestId } = await reza.api.friend.request({ userId: sara.id });
  await sara.api.friend.accept({ requestId });
  await watching.until(sara.id, true);
  await reza.api.user.update({ presenceVisibility: 'nobody' });
  await expect(watching.until(sara.id, false)).resolves.toMatchObject({ lastSeenAt: null });
  await reza.api.user.update({ presenceVisibility: 'friends' });
  await watching.until(sara.id, true);
  await sara.api.user.update({ presenceVisibility: 'nobody' });
  await watching.until(sara.id, false);
  await sara.api.user.update({ firstName: 'Sara', presenceVisibility: 'everyone' });
  await watching.until(sara.id, true);
  await api.app.db
    .updateTable('users')
    .set({ status: 'inactive' })
    .where('id', '=', sara.id)
    .execute();
  api.app.deps.hub.signal({ topic: `presence/${sara.id}`, json: '{}' });
  await expect(watching.until(sara.id, false)).resolves.toMatchObject({ lastSeenAt: null });
  stream.stop();
  watching.stop();
});
