import { spawn, type StdioOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { endOf } from './child.ts';
import { EmbeddedPostgresError } from './error.ts';
import { explainFailure, explainSpawnError, spawnExplained, stillRecovering } from './explain.ts';
import { logPath, openLog, readLog } from './log-file.ts';
import { commandAs } from './run-as.ts';
import type { Setup } from './setup.ts';

/** `ready`: accepts sessions. `again`: something passing stood in the way, described by `reason`. */
export type Launch = { outcome: 'ready'; pid: number } | { outcome: 'again'; reason: string };

/** What passes by itself: a starter that was faster, the dead server's last processes, a port just taken. */
const passing =
  /lock file ".*" (already exists|is empty)|pre-existing shared memory block|could not (bind|create any TCP)/;

/**
 * Starts a postmaster in a session of its own (a Ctrl-C in the terminal does not reach it) on a free port
 * of 127.0.0.1, and resolves when it is ready or has ended for a passing reason.
 * Fails with `CANNOT_RUN` or `START_FAILED`.
 */
export async function launchPostmaster(setup: Setup): Promise<Launch> {
  const { directory, binaries, runAs, durable, limits } = setup;
  const tag = randomBytes(2).toString('hex');
  const all = [...settings(await freePort(), durable), `log_line_prefix=%m [%p:${tag}] `];
  const switches = ['-D', directory, ...all.flatMap((setting) => ['-c', setting])];
  const { file, args, options } = commandAs(runAs, binaries.postgres, switches);
  const log = await openLog(directory, runAs);
  const { size: logStart } = await log.stat();
  const stdio: StdioOptions = ['ignore', log.fd, log.fd];
  const state: { end?: Error | string } = {};
  let pid: number | undefined;
  try {
    // Not through `pg_ctl start`: it puts the paths through a shell, and looks at the result ten times a second only.
    const child = spawnExplained(
      () => spawn(file, args, { ...options, detached: true, stdio }),
      binaries,
    );
    void endOf(child).then((end) => (state.end = end));
    child.unref();
    pid = child.pid;
  } finally {
    await log.close();
  }

  const deadline = Date.now() + limits.recoveryMs;
  while (state.end === undefined) {
    if (pid !== undefined && (await isReady(directory, pid))) {
      return { outcome: 'ready', pid };
    }
    if (Date.now() > deadline) {
      throw stillRecovering(setup);
    }
    await sleep(5);
  }
  if (state.end instanceof Error) {
    throw explainSpawnError(state.end, binaries);
  }
  const output = await readLog(directory, logStart, tag);
  const failure = explainFailure(output, `postgres ended with ${state.end}`, binaries);
  const reason = `${failure.message} (log: ${logPath(directory)})`;
  if (passing.test(reason)) {
    return { outcome: 'again', reason };
  }
  throw new EmbeddedPostgresError(failure.code, reason);
}

function settings(port: number, durable: boolean): string[] {
  return [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=100',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_destination=stderr',
    'logging_collector=off',
    'lc_messages=C',
    'jit=off',
    // A dead process's running statements end too, not only its idle sessions.
    'client_connection_check_interval=1s',
    ...(durable
      ? []
      : [
          'fsync=off',
          'synchronous_commit=off',
          'full_page_writes=off',
          'wal_level=minimal',
          'max_wal_senders=0',
          'io_method=sync',
          'max_wal_size=4GB',
          'checkpoint_timeout=1h',
        ]),
  ];
}

/** Whether the lock file is this process's and says ready (its last line, as pg_ctl reads it). */
async function isReady(directory: string, pid: number): Promise<boolean> {
  const text = await readFile(path.join(directory, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** A TCP port of 127.0.0.1 that is free now; one taken in between shows as a passing failure. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') {
    throw new Error('No TCP port is free on 127.0.0.1.');
  }
  return address.port;
}
