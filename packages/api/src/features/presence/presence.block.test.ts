import { expect, test } from 'vitest';
import { createTestApi, type Actor } from '../../testing/index.ts';
import { createMemoryHub } from '../../realtime/memory-hub.ts';
import { live, presence, watch } from './test/watching.ts';

const atOnceMs = 1_000;

/** How long it takes, in milliseconds. */
async function timed(work: Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work;
  return performance.now() - from;
}

async function showToEveryone(...people: Actor[]): Promise<void> {
  for (const { api } of people) {
    await api.user.update({ presenceVisibility: 'everyone' });
  }
}

test('R27: a block hides both from each other at once, on every node, and its end shows them again', async () => {
  const hub = createMemoryHub();
  await using api = await createTestApi({ hub, config: { presence } });
  await using other = await createTestApi({ on: api, hub, config: { presence } });
  const [sara, reza, mina] = [await api.signUp(), await api.signUp(), await api.signUp()];
  await showToEveryone(sara, reza);
  const streams = [await live(sara), await live(reza)];
  const hers = await watch(sara, reza.id, sara.id);
  const his = await watch(reza.at(other), sara.id, reza.id);
  const strangers = await watch(mina, sara.id, reza.id);
  const all: [typeof hers, Actor][] = [
    [hers, reza],
    [his, sara],
    [strangers, sara],
    [strangers, reza],
  ];
  await Promise.all(all.map(([watching, { id }]) => watching.until(id, true)));

  await sara.api.friend.block({ userId: reza.id });
  const hidden = Promise.all([hers.until(reza.id, false), his.until(sara.id, false)]);
  expect(await timed(hidden)).toBeLessThan(atOnceMs);
  for (const view of await hidden) {
    expect(view).toMatchObject({ isOnline: false, lastSeenAt: null });
  }
  const late = await watch(reza, sara.id);
  expect(late.of(sara.id)).toEqual({ userId: sara.id, isOnline: false, lastSeenAt: null });

  // One of two blocks is as good as both.
  await reza.api.friend.block({ userId: sara.id });
  await sara.api.friend.unblock({ userId: reza.id });
  expect((await watch(sara, reza.id)).of(reza.id)?.isOnline).toBe(false);
  await reza.api.friend.unblock({ userId: sara.id });
  const shown = Promise.all([hers.until(reza.id, true), his.until(sara.id, true)]);
  expect(await timed(shown)).toBeLessThan(atOnceMs);

  // Nobody else has noticed anything, nor has anybody of themselves.
  for (const { id } of [sara, reza]) {
    expect(strangers.changes(id)).not.toContain('offline');
  }
  expect([hers.of(sara.id)?.isOnline, his.of(reza.id)?.isOnline]).toEqual([true, true]);
  for (const one of [...streams, hers, his, strangers, late]) {
    one.stop();
  }
});

test('R27: a friend who is blocked is hidden and stays so, whatever both allow', async () => {
  await using api = await createTestApi({ config: { presence } });
  const [sara, reza] = await api.signUpFriends();
  await showToEveryone(sara, reza);
  const [stream, his] = [await live(sara), await watch(reza, sara.id)];
  await his.until(sara.id, true);
  await sara.api.friend.block({ userId: reza.id });
  await expect(his.until(sara.id, false)).resolves.toMatchObject({ lastSeenAt: null });
  stream.stop();
  const back = await live(sara);
  await (await watch(sara, sara.id)).until(sara.id, true);
  expect((await watch(reza, sara.id)).of(sara.id)?.isOnline).toBe(false);
  expect(his.changes(sara.id).at(-1)).toBe('offline');
  back.stop();
  his.stop();
});
