import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase } from '@chapar/api';
import { cloneDatabase } from '@chapar/api/testing';
import { expect, test } from 'vitest';
import { startProxy } from './cuttable-proxy.ts';
import { startServer } from './harness.ts';
import { addJobs, lockSessions, orphanJobs, startNode } from './job-node.ts';

/** Twice as long as a worker has to be without its lock until its jobs are run by others. */
const longMs = 8_000;

/** A task that takes some time, and when it began and ended. */
function createTask(ms = 0) {
  const begins: number[] = [];
  const ends: number[] = [];
  const run = async (): Promise<void> => {
    begins.push(performance.now());
    await wait(ms);
    ends.push(performance.now());
  };
  return { begins, ends, tasks: { work: run } };
}

async function proxyTo(url: string) {
  const through = new URL(url);
  const proxy = await startProxy({ host: through.hostname, port: Number(through.port) });
  through.port = String(proxy.port);
  return { ...proxy, url: through.href };
}

/** Jobs of a worker that went before anybody else came. */
async function leaveJobs(url: string, count: number): Promise<void> {
  const own = await openDatabase({ url });
  await addJobs(own, 'work', count);
  await orphanJobs(own);
  await own.close();
}

async function countJobs(node: Awaited<ReturnType<typeof startNode>>): Promise<number> {
  const { rows } = await node.database.pool.query('select from graphile_worker._private_jobs');
  return rows.length;
}

test('jobs run again after the database was away, from the very start on', async () => {
  await using database = await cloneDatabase();
  await using proxy = await proxyTo(database.url);
  await using server = await startServer({}, { url: proxy.url, drop: () => Promise.resolve() });
  await proxy.cut();
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
  await proxy.mend();
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
  const phone = '+989160000001';
  await server.client().otp.request.mutate({ phone });
  const inbox = async (): Promise<unknown[]> =>
    (await (await fetch(`${server.url}/dev/sms?phone=${encodeURIComponent(phone)}`)).json()) as [];
  await expect.poll(inbox, { timeout: 15_000 }).toHaveLength(1);
});

test('a job that a worker has left is run by another one within seconds', async () => {
  await using database = await cloneDatabase();
  await leaveJobs(database.url, 1);
  const { begins, tasks } = createTask();
  const started = performance.now();
  await using node = await startNode(database.url, tasks);
  await expect.poll(() => begins, { timeout: 8_000 }).toHaveLength(1);
  expect((begins[0] ?? 0) - started).toBeLessThan(6_000);
  expect(node.freed()).toBe(1);
  expect(node.logged).toMatchObject([{ msg: 'jobs of a worker that is gone were freed', jobs: 1 }]);

  // Another one goes while this one is there.
  await node.database.pool.query(
    `select graphile_worker.add_job('work', run_at => now() + interval '1 second')`,
  );
  await orphanJobs(node.database, 'pool-gone-too');
  await expect.poll(() => begins, { timeout: 8_000 }).toHaveLength(2);
  await expect.poll(() => countJobs(node)).toBe(0);
});

test('a job is left to the process that runs it, however long it takes', async () => {
  await using database = await cloneDatabase();
  const { begins, ends, tasks } = createTask(longMs);
  await using first = await startNode(database.url, tasks);
  await using second = await startNode(database.url, tasks);
  await expect.poll(() => lockSessions(first.database)).toHaveLength(2);
  await addJobs(first.database, 'work', 3);
  await expect.poll(() => ends, { timeout: 2 * longMs }).toHaveLength(3);
  await expect.poll(() => countJobs(second)).toBe(0);
  expect(begins).toHaveLength(3);
  expect([...first.logged, ...second.logged]).toEqual([]);
});

test('a lock that is lost is taken again before anybody runs the job a second time', async () => {
  await using database = await cloneDatabase();
  const { begins, ends, tasks } = createTask(longMs);
  await using first = await startNode(database.url, tasks);
  await addJobs(first.database, 'work');
  await expect.poll(() => begins).toHaveLength(1);
  await using second = await startNode(database.url, tasks);
  await expect.poll(() => lockSessions(first.database)).toHaveLength(2);
  for (let cut = 0; cut < 5; cut += 1) {
    const pids = await lockSessions(first.database);
    await first.database.pool.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [
      pids,
    ]);
    const taken = async (): Promise<number[]> =>
      (await lockSessions(first.database)).filter((pid) => !pids.includes(pid));
    await expect.poll(taken).toHaveLength(2);
    await wait(1_000);
  }
  await expect.poll(() => ends, { timeout: 2 * longMs }).toHaveLength(1);
  await expect.poll(() => countJobs(second)).toBe(0);
  expect(begins).toHaveLength(1);
  expect(first.freed() + second.freed()).toBe(0);
});

test('a worker without its lock fetches nothing, and goes on as soon as it has it', async () => {
  await using database = await cloneDatabase();
  await using proxy = await proxyTo(database.url);
  const { begins, tasks } = createTask();
  await proxy.cut();
  await using node = await startNode(database.url, tasks, proxy.port);
  await addJobs(node.database, 'work');
  await wait(3_000);
  expect(begins).toHaveLength(0);
  await proxy.mend();
  await expect.poll(() => begins, { timeout: 5_000 }).toHaveLength(1);
  // What it was fetching when it lost the lock comes through.
  await wait(500);
  await proxy.cut();
  await expect.poll(() => lockSessions(node.database)).toEqual([]);
  await addJobs(node.database, 'work');
  await wait(3_000);
  expect(begins).toHaveLength(1);
  await proxy.mend();
  await expect.poll(() => begins, { timeout: 5_000 }).toHaveLength(2);
  // It stops also while it has none.
  await proxy.cut();
});

/**
 * A process that lives and has no way to the database is as good as dead to the others. What it
 * runs at that moment is run a second time, which jobs are made for: before they have an effect they
 * claim it in the database, which this process cannot.
 */
test('a process that is cut off loses its jobs, and disturbs nobody when it is back', async () => {
  await using database = await cloneDatabase();
  await using proxy = await proxyTo(database.url);
  const cutOff = createTask(longMs);
  const other = createTask(longMs / 2);
  await using first = await startNode(proxy.url, cutOff.tasks);
  await addJobs(first.database, 'work');
  await expect.poll(() => cutOff.begins).toHaveLength(1);
  await using second = await startNode(database.url, other.tasks);
  const cutAt = performance.now();
  await proxy.cut();
  await expect.poll(() => other.begins, { timeout: 8_000 }).toHaveLength(1);
  expect((other.begins[0] ?? 0) - cutAt).toBeGreaterThan(2_500);
  // The first one's run ends while it cannot say so, the second one's in the usual way.
  await expect.poll(() => cutOff.ends, { timeout: 10_000 }).toHaveLength(1);
  await proxy.mend();
  await expect.poll(() => other.ends, { timeout: 10_000 }).toHaveLength(1);
  await expect.poll(() => countJobs(second)).toBe(0);
  expect(cutOff.begins).toHaveLength(1);
  expect(second.freed()).toBe(1);
  // Both go on.
  await addJobs(second.database, 'work', 15);
  const begun = (): number => cutOff.begins.length + other.begins.length;
  await expect.poll(begun, { timeout: 10_000 }).toBe(2 + 15);
  expect(cutOff.begins.length).toBeGreaterThan(1);
}, 60_000);

test('a job whose end could not be written is run again, by a new worker of the same process', async () => {
  await using database = await cloneDatabase();
  await using proxy = await proxyTo(database.url);
  const { begins, ends, tasks } = createTask(1_500);
  await using node = await startNode(proxy.url, tasks);
  await addJobs(node.database, 'work');
  await expect.poll(() => begins).toHaveLength(1);
  await proxy.cut();
  await expect.poll(() => ends, { timeout: 5_000 }).toHaveLength(1);
  await wait(500);
  await proxy.mend();
  await expect.poll(() => ends, { timeout: 15_000 }).toHaveLength(2);
  await expect.poll(() => countJobs(node)).toBe(0);
  expect(node.freed()).toBe(1);
});

test('several that free jobs at once run each of them once', async () => {
  await using database = await cloneDatabase();
  await leaveJobs(database.url, 30);
  const { begins, tasks } = createTask(100);
  await using nodes = new AsyncDisposableStack();
  const start = async (): Promise<void> => {
    nodes.use(await startNode(database.url, tasks));
  };
  await Promise.all([start(), start(), start()]);
  await expect.poll(() => begins.length, { timeout: 10_000 }).toBe(30);
  await wait(2_000);
  expect(begins).toHaveLength(30);
});

test('a job that fails is written down and run again, and the others go on', async () => {
  await using database = await cloneDatabase();
  let tries = 0;
  const work = (): Promise<void> => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Error('not now')) : Promise.resolve();
  };
  const other = createTask();
  await using node = await startNode(database.url, { work, other: other.tasks.work });
  await addJobs(node.database, 'work');
  await expect.poll(() => tries, { timeout: 10_000 }).toBe(1);
  const failed = async (): Promise<string> => {
    const { rows } = await node.database.pool.query<{ row: string }>(
      `select coalesce(locked_by, 'free') || ': ' || coalesce(last_error, '') as row
       from graphile_worker._private_jobs`,
    );
    return rows.map(({ row }) => row).join('\n');
  };
  await expect.poll(failed).toMatch(/^free: .*not now/);
  await addJobs(node.database, 'other');
  await expect.poll(() => other.ends.length).toBe(1);
  await expect.poll(() => countJobs(node), { timeout: 10_000 }).toBe(0);
  expect(tries).toBe(2);
  expect(node.logged.map(({ msg }) => msg)).toEqual(['job failed']);
});
