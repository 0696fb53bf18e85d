import { execFileSync, spawn } from 'node:child_process';
import { chown, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

import { expect, test } from 'vitest';

import {
  freshDirectory,
  kill,
  killTree,
  listProcesses,
  postmasterOf,
  query,
  sharedCluster,
  start,
  startElsewhere,
  until,
} from './testing.ts';

const isRoot = process.getuid?.() === 0;

test('recovers what was committed when everything was killed', async () => {
  const directory = await sharedCluster();
  const { child, report } = await startElsewhere(directory, true);
  if (!report.ok) {
    throw new Error(report.message);
  }
  const pid = await postmasterOf(report.url);
  await query(report.url, 'CREATE TABLE committed AS SELECT generate_series(1, 1000) AS n');
  await kill(child);
  killTree(pid);

  const postgres = await start(directory);
  expect(postgres.state).toBe('started');
  await expect(query(postgres.url, 'SELECT count(*)::int AS n FROM committed')).resolves.toEqual([
    { n: 1000 },
  ]);
});

test('starts after a postmaster was killed whose processes live on for a moment', async () => {
  const directory = await sharedCluster();
  const { child, report } = await startElsewhere(directory);
  if (!report.ok) {
    throw new Error(report.message);
  }
  const pid = await postmasterOf(report.url);
  const backend = listProcesses().find(
    (found) => found.parent === pid && found.command.includes('checkpointer'),
  );
  process.kill(backend?.pid ?? 0, 'SIGSTOP');
  process.kill(pid, 'SIGKILL');
  await kill(child);

  const lines: string[] = [];
  const starting = start(directory, { log: (line) => lines.push(line) });
  setTimeout(() => process.kill(backend?.pid ?? 0, 'SIGKILL'), 500);
  const postgres = await starting;
  expect(postgres.state).toBe('started');
  await expect(readFile(`${directory}.log`, 'utf8')).resolves.toContain(
    'pre-existing shared memory block',
  );
});

test('a lock file whose number a stranger carries does not keep it from starting', async () => {
  const directory = await sharedCluster();
  const stranger = spawn('sleep', ['60'], { cwd: '/' });
  try {
    const lockFile = path.join(directory, 'postmaster.pid');
    await writeFile(
      lockFile,
      `${stranger.pid ?? 0}\n${directory}\n1\n5432\n\n127.0.0.1\n1 1\nready   \n`,
    );
    const postgres = await start(directory);
    expect(postgres.state).toBe('started');
    expect(stranger.exitCode).toBeNull();
  } finally {
    stranger.kill();
  }
});

test('an empty lock file does not keep it from starting', async () => {
  const directory = await sharedCluster();
  await writeFile(path.join(directory, 'postmaster.pid'), '');
  const postgres = await start(directory);
  expect(postgres.state).toBe('started');
});

test('replaces a server that does not answer', async () => {
  const directory = await sharedCluster();
  const { child, report } = await startElsewhere(directory);
  if (!report.ok) {
    throw new Error(report.message);
  }
  const pid = await postmasterOf(report.url);
  await kill(child);
  process.kill(pid, 'SIGSTOP');
  const postgres = await start(directory, {}, { silentMs: 500, immediateStopMs: 300 });
  expect(postgres.state).toBe('started');
  await expect(postmasterOf(postgres.url)).resolves.not.toBe(pid);
});

test('a first run that is killed half-way leaves nothing in the way', async () => {
  const directory = await freshDirectory();
  const starting = startElsewhere(directory).catch(() => undefined);
  const initdb = () =>
    listProcesses().find((found) => found.command.includes(`--pgdata=${directory}`));
  await until(() => initdb() !== undefined);
  const parent = initdb()?.parent ?? 0;
  killTree(initdb()?.pid ?? 0);
  process.kill(parent, 'SIGKILL');
  await starting;
  await expect(stat(directory)).rejects.toThrow('ENOENT');

  const postgres = await start(directory);
  expect(postgres.state).toBe('created');
});

test('says how to go on when the password is lost or wrong, and leaves nothing running', async () => {
  const directory = await sharedCluster();
  const file = path.join(directory, 'chapar.password');
  const password = await readFile(file, 'utf8');
  try {
    await writeFile(file, 'wrong');
    await expect(start(directory)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('turned down the password') as string,
    });
    await expect(stat(path.join(directory, 'postmaster.pid'))).rejects.toThrow('ENOENT');
    await rm(file);
    await expect(start(directory)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('chapar.password is missing') as string,
    });
  } finally {
    const { uid, gid } = await stat(directory);
    await writeFile(file, password, { mode: 0o600 });
    await chown(file, uid, gid);
  }
});

test('root: works in a folder that only root may enter', async ({ skip }) => {
  skip(!isRoot, 'only root has to run PostgreSQL as another user');
  const directory = await freshDirectory(0o700);
  const first = await start(directory);
  expect(first.state).toBe('created');
  await query(first.url, 'CREATE TABLE note AS SELECT generate_series(1, 1000) AS n');
  expect((await stat(directory)).uid).not.toBe(0);
  await first.stop();
  const second = await start(directory);
  // A session begun later reads the table's file, and a new extension the binaries' folder.
  await expect(query(second.url, 'SELECT count(*)::int AS n FROM note')).resolves.toEqual([
    { n: 1000 },
  ]);
  await query(second.url, 'CREATE EXTENSION pg_trgm');
});

test('root: takes a copied cluster that root owns', async ({ skip }) => {
  skip(!isRoot, 'only root has to run PostgreSQL as another user');
  const directory = await freshDirectory();
  execFileSync('cp', ['-r', await sharedCluster(), directory]);
  expect((await stat(directory)).uid).toBe(0);
  const postgres = await start(directory);
  expect(postgres.state).toBe('started');
});
