import process from 'node:process';

import { expect, test } from 'vitest';

import {
  freshDirectory,
  kill,
  postmasterOf,
  query,
  sharedCluster,
  start,
  startElsewhere,
  until,
} from './testing.ts';

test('takes over what a killed owner left running, with its data', async () => {
  const directory = await sharedCluster();
  const { child, report } = await startElsewhere(directory);
  if (!report.ok) {
    throw new Error(report.message);
  }
  await query(report.url, 'CREATE TABLE note AS SELECT 7 AS n');
  const pid = await postmasterOf(report.url);
  await kill(child);

  const postgres = await start(directory);
  expect(postgres).toMatchObject({ state: 'taken-over', port: report.port, url: report.url });
  await expect(postmasterOf(postgres.url)).resolves.toBe(pid);
  await expect(query(postgres.url, 'SELECT n FROM note')).resolves.toEqual([{ n: 7 }]);
});

test('a second starter is told that the folder is in use', async () => {
  const directory = await sharedCluster();
  const first = await start(directory);
  const { report } = await startElsewhere(directory);
  expect(report).toMatchObject({ ok: false, code: 'IN_USE' });
  expect(report).toHaveProperty('message', expect.stringContaining(directory));
  await expect(start(directory)).rejects.toMatchObject({ code: 'IN_USE' });
  await expect(query(first.url, 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
});

test('of starters at the same instant exactly one wins, on a new and on an existing cluster', async () => {
  const directory = await freshDirectory();
  for (const round of ['new', 'existing']) {
    const starters = await Promise.all([1, 2].map(async () => startElsewhere(directory)));
    const outcomes = starters.map(({ report }) => (report.ok ? 'won' : report.code));
    expect({ round, outcomes: outcomes.toSorted() }).toEqual({
      round,
      outcomes: ['IN_USE', 'won'],
    });
    const winners = starters.filter(({ report }) => report.ok);
    await Promise.all(winners.map(async ({ child }) => kill(child)));
    await (await start(directory)).stop();
  }
});

test('starters in one process are kept apart too', async () => {
  const directory = await sharedCluster();
  const results = await Promise.allSettled([start(directory), start(directory)]);
  const codes = results.map((result) =>
    result.status === 'rejected' ? (result.reason as { code: string }).code : 'won',
  );
  expect(codes.toSorted()).toEqual(['IN_USE', 'won']);
  for (const result of results) {
    if (result.status === 'fulfilled') {
      await result.value.stop();
    }
  }
});

test('a start during the stop of another waits for it', async () => {
  const directory = await sharedCluster();
  const first = await start(directory);
  const [, second] = await Promise.all([first.stop(), start(directory)]);
  expect(second.state).toBe('started');
  await second.stop();
});

test('the lock comes back after a crash of PostgreSQL', async () => {
  const directory = await sharedCluster();
  const lines: string[] = [];
  const postgres = await start(directory, { log: (line) => lines.push(line) });
  const [owner] = await query(
    postgres.url,
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'chapar owner'`,
  );
  process.kill(Number(owner?.['pid']), 'SIGKILL');
  await until(() => lines.some((line) => line.includes('is back')));
  await expect(start(directory)).rejects.toMatchObject({ code: 'IN_USE' });
  await expect(query(postgres.url, 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
});

test('an unsafe server left by a test run is started anew for durable data', async () => {
  const directory = await sharedCluster();
  const { child } = await startElsewhere(directory);
  await kill(child);
  const postgres = await start(directory, { durable: true });
  expect(postgres.state).toBe('started');
  await expect(query(postgres.url, 'SHOW fsync')).resolves.toEqual([{ fsync: 'on' }]);
});
