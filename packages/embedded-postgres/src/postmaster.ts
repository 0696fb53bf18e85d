import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { link, readFile, readlink, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { EmbeddedPostgresError, systemCode } from './error.ts';
import type { Setup } from './setup.ts';

/** A live postmaster, as its lock file describes it. */
export interface Postmaster {
  pid: number;
  port: number;
  /** What it last wrote about itself. A crash restart does not change it: only a session proves `ready`. */
  status: 'starting' | 'ready' | 'stopping';
}

const hasProc = process.platform === 'linux' && existsSync('/proc/self/cmdline');

/**
 * The postmaster that runs in the folder, or undefined. A `postmaster.pid` left by a dead one whose number
 * a stranger carries now is removed, as PostgreSQL would take the stranger for a server; one whose number
 * nobody carries is left to PostgreSQL, which also checks the shared memory it names.
 * Fails with `IN_USE` when somebody repairs the cluster in single-user mode.
 * @param directory real path of the data folder
 */
export async function findPostmaster(directory: string): Promise<Postmaster | undefined> {
  const text = await readPidFile(directory);
  if (text === undefined) {
    return undefined;
  }
  const [pidLine = '', , , portLine = '', , , , statusLine = ''] = text.split('\n');
  const pid = Number.parseInt(pidLine, 10);
  if (Number.isNaN(pid) || pid === 0) {
    await removePidFile(directory, text);
    return undefined;
  }
  if (!(await isPostgresOf(Math.abs(pid), directory))) {
    if (exists(Math.abs(pid))) {
      await removePidFile(directory, text);
    }
    return undefined;
  }
  if (pid < 0) {
    throw new EmbeddedPostgresError(
      'IN_USE',
      `A single-user postgres (process ${-pid}) works in ${directory}: let it finish, or choose another DATA_DIR.`,
    );
  }
  const status = statusLine.trim();
  return {
    pid,
    port: Number.parseInt(portLine, 10),
    status: status === 'ready' || status === 'stopping' ? status : 'starting',
  };
}

/**
 * Stops a postmaster with ever harder signals (fast, immediate, SIGKILL) and resolves when it is gone,
 * at once where it already is.
 */
export async function stopPostmaster(
  pid: number,
  mode: 'fast' | 'immediate',
  { directory, limits }: Setup,
): Promise<void> {
  const steps: [NodeJS.Signals, number][] = [
    ['SIGINT', limits.fastStopMs],
    ['SIGQUIT', limits.immediateStopMs],
    ['SIGKILL', 2_000],
  ];
  for (const [signal, waitMs] of mode === 'fast' ? steps : steps.slice(1)) {
    if (!(await isPostgresOf(pid, directory))) {
      return;
    }
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') {
        throw error;
      }
    }
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      if (!(await isRunning(pid))) {
        return;
      }
      await sleep(10);
    }
  }
}

/** Whether the process is a postmaster whose data folder this is, and not a zombie or a stranger with its number. */
async function isPostgresOf(pid: number, directory: string): Promise<boolean> {
  if (!hasProc) {
    const command = await promisify(execFile)('ps', [
      '-ww',
      '-p',
      String(pid),
      '-o',
      'command=',
    ]).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
    return /(^|\/)postgres /.test(command) && `${command} `.includes(` -D ${directory} `);
  }
  const args = await readCommandLine(pid);
  if (path.basename(args[0] ?? '') !== 'postgres') {
    return false;
  }
  if (args[args.indexOf('-D') + 1] === directory) {
    return true;
  }
  // Started by other means, or under another name of the folder: every postmaster works inside its folder.
  return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === directory;
}

/** The arguments of a process; empty for a zombie or no process. */
async function readCommandLine(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

async function isRunning(pid: number): Promise<boolean> {
  if (!exists(pid)) {
    return false;
  }
  return !hasProc || (await readCommandLine(pid)).length > 0;
}

/** Whether the number is taken, be it by a zombie or by another user's process. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** The lock file's text; one that is empty (its writer is between creating and filling it) gets a second to fill. */
async function readPidFile(directory: string): Promise<string | undefined> {
  const deadline = Date.now() + 1_000;
  for (;;) {
    const text = await readFile(pidFile(directory), 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') {
        return undefined;
      }
      throw error;
    });
    if (text === undefined || text.includes('\n') || Date.now() > deadline) {
      return text;
    }
    await sleep(20);
  }
}

/** Removes the lock file if it still is the one that was judged: a faster starter may have put its own there. */
async function removePidFile(directory: string, judged: string): Promise<void> {
  const aside = path.join(directory, `postmaster.pid.stale-${process.pid}`);
  try {
    await rename(pidFile(directory), aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return;
    }
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== judged) {
    await link(aside, pidFile(directory)).catch(() => undefined);
  }
  await rm(aside, { force: true });
}

function pidFile(directory: string): string {
  return path.join(directory, 'postmaster.pid');
}
