import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryHub } from '../../realtime/memory-hub.ts';
import { sweep } from '../../sweep.ts';
import { createTestApi, hearStatements, type TestApi } from '../../testing/index.ts';
import { presence, Watching } from './test/watching.ts';

const { flapMs } = presence;

/** Counts the statements of this name from now on. */
function countStatements(api: TestApi, name: string): () => number {
  const names = hearStatements(api.app.hot);
  return () => names.filter((one) => one === name).length;
}

async function countRows(api: TestApi, table: 'presences' | 'presence_nodes'): Promise<number> {
  const rows = await api.app.db.selectFrom(table).select('node_id').execute();
  return rows.length;
}

test('T18: 2,000 people who come at once, and go, are few statements', async () => {
  await using api = await createTestApi({ config: { presence } });
  const count = countStatements(api, 'presence-write');
  const people = Array.from({ length: 2_000 }, () => randomUUID());
  const leaves = people.map((userId) => api.app.presence.arrive(userId));
  await expect.poll(() => countRows(api, 'presences')).toBe(2_000);
  expect(count()).toBe(1);
  // A break of everybody's is none at all.
  leaves.forEach((leave) => leave());
  const again = people.map((userId) => api.app.presence.arrive(userId));
  await wait(flapMs * 2);
  expect(count()).toBe(1);
  again.forEach((leave) => {
    leave();
    leave();
  });
  await expect.poll(() => countRows(api, 'presences'), { timeout: 5_000 }).toBe(0);
  expect(count()).toBeLessThanOrEqual(4);
});

test('T18: people who come one after the other are at most four statements a second', async () => {
  await using api = await createTestApi({ config: { presence } });
  const count = countStatements(api, 'presence-write');
  const started = performance.now();
  for (let i = 0; i < 200; i += 1) {
    api.app.presence.arrive(randomUUID());
    await wait(5);
  }
  await expect.poll(() => countRows(api, 'presences')).toBe(200);
  const seconds = (performance.now() - started) / 1_000;
  expect(count()).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 1);
});

test('T18: many who begin to watch at once are few statements', async () => {
  await using api = await createTestApi({ config: { presence } });
  const [sara, reza] = await api.signUpFriends();
  const count = countStatements(api, 'presence-sights');
  const all = await Promise.all(
    Array.from({ length: 100 }, () => Watching.begin(reza, [sara.id, reza.id])),
  );
  await Promise.all(all.map((watching) => watching.ready()));
  expect(count()).toBeLessThan(20);
  const before = count();
  const leave = api.app.presence.arrive(sara.id);
  await Promise.all(all.map((watching) => watching.until(sara.id, true)));
  expect(count() - before).toBeLessThan(10);
  leave();
  all.forEach((watching) => watching.stop());
});

test('T18: the people of a dead node are offline, and its rows go', async () => {
  const ttlMs = 2_000;
  const mortal = { ...presence, ttlMs };
  await using api = await createTestApi({ config: { presence: mortal } });
  const [sara, reza] = await api.signUpFriends();
  // A node that gives no sign after its first one.
  const silent = { ...mortal, refreshMs: 60_000 };
  const dead = await createTestApi({
    on: api,
    hub: createMemoryHub(),
    config: { presence: silent },
  });
  dead.app.presence.arrive(sara.id);
  await expect.poll(() => countRows(api, 'presences')).toBe(1);
  const watching = await (await Watching.begin(reza, [sara.id])).ready();
  expect(watching.of(sara.id)?.isOnline).toBe(true);
  const since = performance.now();
  await watching.until(sara.id, false);
  expect(performance.now() - since).toBeGreaterThan(ttlMs / 4);
  await expect.poll(() => countRows(api, 'presence_nodes')).toBe(1);
  await expect(countRows(api, 'presences')).resolves.toBe(0);
  watching.stop();
  await dead.close();
});

test('T18: a node that was taken for dead writes its people anew', async () => {
  await using api = await createTestApi({ config: { presence } });
  const [sara, reza] = await api.signUpFriends();
  const leave = api.app.presence.arrive(sara.id);
  const watching = await (await Watching.begin(reza, [sara.id])).ready();
  await watching.until(sara.id, true);
  // So it is after a crash of the database, too: the tables are empty then.
  await api.database.pool.query('truncate presence_nodes, presences');
  await expect.poll(() => countRows(api, 'presences')).toBe(1);
  const anew = await (await Watching.begin(reza, [sara.id])).ready();
  await anew.until(sara.id, true);
  leave();
  await watching.until(sara.id, false);
  watching.stop();
  anew.stop();
});

test('T18: people of a node that is closed have the time of a short break to come back', async () => {
  const hub = createMemoryHub();
  const slow = { ...presence, ttlMs: 20_000, flapMs: 1_500 };
  await using api = await createTestApi({ hub, config: { presence: slow } });
  const [sara, reza] = await api.signUpFriends();
  const ali = await api.signUp();
  await ali.api.user.update({ presenceVisibility: 'everyone' });
  const closing = await createTestApi({ on: api, hub, config: { presence: slow } });
  closing.app.presence.arrive(sara.id);
  closing.app.presence.arrive(ali.id);
  const watching = await (await Watching.begin(reza, [sara.id, ali.id])).ready();
  await watching.until(sara.id, true);
  await watching.until(ali.id, true);
  await closing.close();
  api.app.presence.arrive(sara.id);
  await watching.until(ali.id, false);
  expect(watching.changes(sara.id)).not.toContain('offline');
  expect(watching.of(sara.id)?.isOnline).toBe(true);
  await expect.poll(() => countRows(api, 'presence_nodes')).toBe(1);
  watching.stop();
});

test('T18: what cannot be written or read is tried again', async () => {
  const calm = { ...presence, refreshMs: 60_000, ttlMs: 120_000 };
  await using api = await createTestApi({ config: { presence: calm } });
  const [sara, reza] = await api.signUpFriends();
  await api.database.pool.query('alter table presences rename to presences_away');
  const leave = api.app.presence.arrive(sara.id);
  const watching = await Watching.begin(reza, [sara.id]);
  await expect.poll(() => api.warnings.length).toBeGreaterThanOrEqual(2);
  await api.database.pool.query('alter table presences_away rename to presences');
  await watching.until(sara.id, true);
  expect(new Set(api.warnings.map((entry) => 'message' in entry && entry.message))).toEqual(
    new Set(['presence could not be written', 'presence could not be looked up']),
  );
  leave();
  watching.stop();
});

test('T18: rows that a dead node wrote after it was swept go with the hourly sweep', async () => {
  await using api = await createTestApi({ config: { presence } });
  const leave = api.app.presence.arrive(randomUUID());
  await expect.poll(() => countRows(api, 'presences')).toBe(1);
  const orphan = { user_id: randomUUID(), node_id: randomUUID() };
  await api.app.db.insertInto('presences').values(orphan).execute();
  await expect(sweep(api.app)).resolves.toMatchObject({ presences: 1 });
  await expect(countRows(api, 'presences')).resolves.toBe(1);
  leave();
});

test('T18: however somebody comes and goes on two nodes, everybody ends with what is true', async () => {
  const hub = createMemoryHub();
  const quick = { ...presence, flapMs: 20 };
  await using api = await createTestApi({ hub, config: { presence: quick } });
  await using other = await createTestApi({ on: api, hub, config: { presence: quick } });
  const [sara, reza] = await api.signUpFriends();
  const watching = await (await Watching.begin(reza, [sara.id])).ready();
  const step = fc.record({ node: fc.nat(1), ms: fc.nat(40), isLeaving: fc.boolean() });
  const steps = fc.array(step, { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (walk, stays) => {
      const open: (() => void)[] = [];
      await Promise.all(
        walk.map(async ({ node, ms, isLeaving }) => {
          await wait(ms);
          const leave = [api, other][node]?.app.presence.arrive(sara.id);
          if (leave && isLeaving) {
            await wait(ms);
            leave();
          } else if (leave) {
            open.push(leave);
          }
        }),
      );
      const kept = stays ? open.splice(0, 1) : [];
      open.forEach((leave) => leave());
      await wait(quick.flapMs * 2);
      const isOnline = kept.length > 0;
      await watching.until(sara.id, isOnline);
      await expect.poll(async () => (await countRows(api, 'presences')) > 0).toBe(isOnline);
      kept.forEach((leave) => leave());
      await watching.until(sara.id, false);
    }),
    { numRuns: 12, seed: 20_261_121 },
  );
  watching.stop();
});
