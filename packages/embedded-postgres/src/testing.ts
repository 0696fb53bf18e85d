import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';
import { afterAll, afterEach, vi } from 'vitest';

import { defaultLimits } from './setup.ts';
import { startWithin, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './start.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** What another process that called `startEmbeddedPostgres` said: its result, or its error's code and message. */
export type OwnerReport =
  | { ok: true; url: string; port: number; state: EmbeddedPostgres['state'] }
  | { ok: false; code: string; message: string };

const folders: string[] = [];
const children: ChildProcess[] = [];
const started: EmbeddedPostgres[] = [];
let shared: Promise<string> | undefined;

/** Ends every process that a test started, also of a test that failed half-way, and removes its folders. */
afterEach(async () => {
  await Promise.allSettled(started.splice(0).map(async (postgres) => postgres.stop()));
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  if (shared !== undefined) {
    endAllIn(path.dirname(await shared));
  }
  await Promise.all(folders.splice(0).map(remove));
});

afterAll(async () => {
  if (shared !== undefined) {
    await remove(path.dirname(await shared));
  }
});

async function remove(folder: string): Promise<void> {
  endAllIn(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

function endAllIn(folder: string): void {
  for (const { pid, command } of listProcesses()) {
    if (command.includes(folder)) {
      killTree(pid);
    }
  }
}

/** A fresh path for a data folder that does not exist, in a temporary folder of the given mode. */
export async function freshDirectory(mode = 0o755): Promise<string> {
  const folder = await makeFolder(mode);
  folders.push(folder);
  return path.join(folder, 'data');
}

/** A stopped cluster, one for all tests of a file: to make one takes a second. A test may kill it, but not damage it. */
export async function sharedCluster(): Promise<string> {
  shared ??= makeShared();
  return shared;
}

async function makeShared(): Promise<string> {
  const folder = await makeFolder(0o755);
  const directory = path.join(folder, 'data');
  await (await start(directory)).stop();
  return directory;
}

async function makeFolder(mode: number): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chapar-postgres-'));
  await chmod(folder, mode);
  return folder;
}

/** Starts in this process until the end of the test, without fsync and with short limits unless told otherwise. */
export async function start(
  directory: string,
  options: Partial<EmbeddedPostgresOptions> = {},
  limits: Partial<typeof defaultLimits> = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startWithin(
    { directory, durable: false, ...options },
    { ...defaultLimits, ...limits },
  );
  started.push(postgres);
  return postgres;
}

/** Starts in a process of its own, which lives until it is killed. */
export async function startElsewhere(
  directory: string,
  durable = false,
): Promise<{ child: ChildProcess; report: OwnerReport }> {
  const source = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)};
    const directory = ${JSON.stringify(directory)};
    try {
      const { url, port, state } = await startEmbeddedPostgres({ directory, durable: ${String(durable)} });
      console.log(JSON.stringify({ ok: true, url, port, state }));
      setInterval(() => {}, 1000);
    } catch (error) {
      console.log(JSON.stringify({ ok: false, code: error.code, message: error.message }));
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.endsWith('\n')) {
      break;
    }
  }
  return { child, report: JSON.parse(text) as OwnerReport };
}

/** Kills a child without a chance to clean up, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The postmaster's process id, asked from the server. */
export async function postmasterOf(url: string): Promise<number> {
  const [row] = await query(
    url,
    `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`,
  );
  return Number(row?.['pid']);
}

/** SIGKILL to a process and its children, as a machine crash would be felt. */
export function killTree(pid: number): void {
  const tree = listProcesses().filter((found) => found.pid === pid || found.parent === pid);
  for (const found of tree) {
    tryKill(found.pid);
  }
}

/** The pid, parent, process group and command of every process. */
export function listProcesses(): {
  pid: number;
  parent: number;
  group: number;
  command: string;
}[] {
  const text = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,pgid=,command=']).toString();
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, group, command] = /^ *(\d+) +(\d+) +(\d+) (.*)$/.exec(line) ?? [];
    return pid === undefined || command === undefined
      ? []
      : [{ pid: Number(pid), parent: Number(parent), group: Number(group), command }];
  });
}

/** Waits until the condition holds; the test's own time limit bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await sleep(20);
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}
