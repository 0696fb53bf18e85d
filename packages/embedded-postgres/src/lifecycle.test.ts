import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { expect, test } from 'vitest';

import { locateBinaries } from './binaries.ts';
import {
  freshDirectory,
  killTree,
  listProcesses,
  postmasterOf,
  query,
  sharedCluster,
  start,
} from './testing.ts';

test('creates a cluster, and keeps its data across stop and start', async () => {
  const directory = await freshDirectory();
  const first = await start(directory, { durable: true });
  expect(first).toMatchObject({ state: 'created', directory });
  await query(first.url, 'CREATE TABLE note (body text)');
  await query(first.url, `INSERT INTO note VALUES ('سلام')`);
  await first.stop();
  await first.stop();
  await first[Symbol.asyncDispose]();
  await expect(query(first.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');

  const startedAt = performance.now();
  const second = await start(directory, { durable: true });
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(second.state).toBe('started');
  await expect(query(second.url, 'SELECT body FROM note')).resolves.toEqual([{ body: 'سلام' }]);
  const [safe] = await query(second.url, `SELECT current_setting('fsync') AS fsync`);
  expect(safe).toEqual({ fsync: 'on' });
});

test('makes the named database, in UTF-8 with a locale of its own', async () => {
  const directory = await sharedCluster();
  const postgres = await start(directory, { database: 'an "odd" name' });
  expect(new URL(postgres.url).pathname).toBe('/an%20%22odd%22%20name');
  const rows = await query(
    postgres.url,
    `SELECT current_database() AS name, pg_encoding_to_char(encoding) AS encoding, datlocprovider AS provider,
            datlocale AS locale, upper('é') AS upper FROM pg_database WHERE datname = current_database()`,
  );
  expect(rows).toEqual([
    { name: 'an "odd" name', encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8', upper: 'É' },
  ]);
});

test('listens on 127.0.0.1 only, asks for the password, and keeps it private', async () => {
  const directory = await sharedCluster();
  const postgres = await start(directory);
  const [row] = await query(
    postgres.url,
    `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`,
  );
  expect(row).toEqual({ addresses: '127.0.0.1', sockets: '' });
  const outer = Object.values(os.networkInterfaces()).flat();
  for (const address of outer.filter((found) => found?.family === 'IPv4' && !found.internal)) {
    await expect(connects(postgres.port, address?.address ?? '')).resolves.toBe(false);
  }

  const wrong = new URL(postgres.url);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  const file = path.join(directory, 'chapar.password');
  expect((await stat(file)).mode.toString(8)).toMatch(/600$/);
  expect(postgres.url).toContain(await readFile(file, 'utf8'));
  expect((await stat(`${directory}.log`)).mode.toString(8)).toMatch(/600$/);
});

test('runs in a process group of its own, so that a Ctrl-C in the terminal does not reach it', async () => {
  const directory = await sharedCluster();
  const postgres = await start(directory);
  const pid = await postmasterOf(postgres.url);
  const processes = listProcesses();
  const postmaster = processes.find((found) => found.pid === pid);
  expect(postmaster?.group).toBe(pid);
  expect(postmaster?.group).not.toBe(processes.find((found) => found.pid === process.pid)?.group);
});

test('stop is safe when the server has died', async () => {
  const directory = await sharedCluster();
  const postgres = await start(directory);
  killTree(await postmasterOf(postgres.url));
  await expect(postgres.stop()).resolves.toBeUndefined();
});

test('clears what first runs that were cut off left behind', async () => {
  const directory = await sharedCluster();
  const dead = 2 ** 22 + 1;
  await mkdir(`${directory}.init-${dead}-00/data/base`, { recursive: true });
  await writeFile(`${directory}.init-${dead}-00/data/PG_VERSION`, '18\n');
  const postgres = await start(directory);
  expect(postgres.state).toBe('started');
  const names = await readdir(path.dirname(directory));
  expect(names.toSorted()).toEqual(['data', 'data.log']);
});

test('says what is wrong with a folder of another version, or of other things', async () => {
  const directory = await freshDirectory();
  await mkdir(directory);
  await writeFile(path.join(directory, 'PG_VERSION'), '17\n');
  await expect(start(directory)).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringContaining('was made by PostgreSQL 17 and this is 18') as string,
  });
  await expect(start(path.dirname(directory))).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringContaining('not a PostgreSQL cluster') as string,
  });
});

test('names the reason in the log when postgres refuses to start', async () => {
  const directory = await sharedCluster();
  const needed = path.join(directory, 'pg_wal');
  await rename(needed, `${needed}-away`);
  try {
    await expect(start(directory)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringMatching(/^PostgreSQL did not start: FATAL: .*pg_wal/) as string,
    });
  } finally {
    await rename(`${needed}-away`, needed);
  }
});

test('says that a platform has no binaries', async () => {
  await expect(locateBinaries('win32', 'x64')).rejects.toMatchObject({
    code: 'UNSUPPORTED_PLATFORM',
    message: expect.stringContaining('DATABASE_URL') as string,
  });
});

async function connects(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
