import { expect, test } from 'vitest';
import { atOnce, createTestApi, tally, type TestApi } from '../../testing/index.ts';
import { isBlockedBetween } from './index.ts';
import { lineOf, standing } from './test/standing.ts';

test('R20: of twenty blocks of one person at once one counts, and so of twenty ends of it', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const him = { userId: reza.id };
  const blocks = await atOnce(20, () => sara.api.friend.block(him));
  expect(tally(blocks)).toEqual({ ok: 1, FRIEND_BLOCK_EXISTS: 19 });
  const ends = await atOnce(20, () => sara.api.friend.unblock(him));
  expect(tally(ends)).toEqual({ ok: 1, FRIEND_BLOCK_NOT_FOUND: 19 });
  const types = (await lineOf(api, sara)).map(({ type }) => type);
  expect(types.slice(2)).toEqual(['friend.removed', 'friend.blocked', 'friend.unblocked']);
});

test('R20: two who block each other at once both have', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const results = await atOnce(2, (index) =>
    index === 0
      ? sara.api.friend.block({ userId: reza.id })
      : reza.api.friend.block({ userId: sara.id }),
  );
  expect(tally(results)).toEqual({ ok: 2 });
  await sara.api.friend.unblock({ userId: reza.id });
  await expect(isBlockedBetween(api.app.db, sara.id, reza.id)).resolves.toBe(true);
  await reza.api.friend.unblock({ userId: sara.id });
  await expect(standing(api, sara, reza)).resolves.toMatchObject({
    isBlocked: false,
    areFriends: false,
  });
});

test('R26: whatever happens at the same instant, nobody is blocked and a friend, or asked', async () => {
  await using api = await createTestApi();
  const people = await Promise.all(Array.from({ length: 11 }, () => api.signUp()));
  const pairs = people
    .flatMap((a, index) => people.slice(index + 1).map((b) => [a, b] as const))
    .slice(0, 50);
  const requestIds = await Promise.all(
    pairs.map(async ([sara, reza]) => (await reza.api.friend.request({ userId: sara.id })).id),
  );
  const rounds: PromiseSettledResult<unknown>[][] = [];
  for (const [index, [sara, reza]] of pairs.entries()) {
    const requestId = requestIds[index] ?? '';
    const block = () => sara.api.friend.block({ userId: reza.id });
    const calls: (() => Promise<unknown>)[] = [
      () => sara.api.friend.accept({ requestId }),
      () => reza.api.friend.request({ userId: sara.id }),
      () => sara.api.friend.request({ userId: reza.id }),
    ];
    // The block begins first, last, or in between.
    const order = calls.toSpliced(index % 4, 0, block);
    rounds.push(await atOnce(order.length, (place) => order[place]?.() ?? Promise.resolve()));
  }
  expect(pairs).toHaveLength(50);
  const legal = new Set([
    'ok',
    'USER_NOT_FOUND',
    'FRIEND_BLOCKED',
    'FRIEND_ALREADY',
    'FRIEND_REQUEST_EXISTS',
    'FRIEND_REQUEST_NOT_FOUND',
  ]);
  for (const [index, [sara, reza]] of pairs.entries()) {
    const results = rounds[index] ?? [];
    expect(Object.keys(tally(results)).filter((code) => !legal.has(code))).toEqual([]);
    expect(results[index % 4]?.status).toBe('fulfilled');
    await expect(standing(api, sara, reza)).resolves.toMatchObject({
      isBlocked: true,
      areFriends: false,
      pending: 0,
    });
  }
});

test('R26: an answer that is under way comes before a block or after it, not in between', async () => {
  await using api = await createTestApi();
  for (const first of ['accept', 'block'] as const) {
    const [sara, reza] = [await api.signUp(), await api.signUp()];
    const { id: requestId } = await reza.api.friend.request({ userId: sara.id });
    const calls = {
      accept: () => sara.api.friend.accept({ requestId }),
      block: () => sara.api.friend.block({ userId: reza.id }),
    };
    const holder = await api.database.pool.connect();
    await holder.query('begin');
    // Both have to write on her line at last: who has come so far stands still.
    await holder.query('select from streams where id = $1 for update', [sara.id]);
    const one: Promise<unknown> = calls[first]();
    await untilWaiting(api, 1);
    const two: Promise<unknown> = calls[first === 'accept' ? 'block' : 'accept']();
    await untilWaiting(api, 2);
    await holder.query('commit');
    holder.release();
    const results = await Promise.allSettled([one, two]);
    expect(tally(results)).toEqual(
      first === 'accept' ? { ok: 2 } : { ok: 1, FRIEND_REQUEST_NOT_FOUND: 1 },
    );
    await expect(standing(api, sara, reza)).resolves.toEqual({
      isBlocked: true,
      areFriends: false,
      pending: 0,
      accepted: first === 'accept' ? 1 : 0,
    });
    const types = (await lineOf(api, reza)).map(({ type }) => type);
    expect(types.slice(1)).toEqual(
      first === 'accept' ? ['friend.accepted', 'friend.removed'] : ['friend.declined'],
    );
  }
});

async function untilWaiting(api: TestApi, count: number): Promise<void> {
  const waiting = async (): Promise<number> => {
    const { rows } = await api.database.pool.query(`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    return rows.length;
  };
  await expect.poll(waiting, { timeout: 5_000 }).toBe(count);
}
