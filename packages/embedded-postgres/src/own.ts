import { setTimeout as sleep } from 'node:timers/promises';

import { claimPostmaster } from './claim.ts';
import { readPassword } from './cluster.ts';
import { EmbeddedPostgresError } from './error.ts';
import { launchPostmaster } from './launch.ts';
import type { Ownership } from './ownership.ts';
import { findPostmaster, stopPostmaster, type Postmaster } from './postmaster.ts';
import type { Setup } from './setup.ts';

/** A running postmaster whose lock this process holds. */
export interface Owned {
  pid: number;
  port: number;
  password: string;
  ownership: Ownership;
  /** Whether this call started it; else another process did, which is dead. */
  launched: boolean;
}

/**
 * Launches or finds the postmaster of a whole cluster and becomes its owner.
 *
 * Nothing of ours keeps two starters apart: PostgreSQL's lock file lets one postmaster run, the advisory lock
 * lets one process own it, and whoever finds either taken goes round again with what it sees then.
 * Fails with `IN_USE`, `CANNOT_RUN` or `START_FAILED`.
 */
export async function ownPostmaster(setup: Setup): Promise<Owned> {
  const password = await readPassword(setup.directory);
  let launchedPid: number | undefined;
  for (;;) {
    const running = await findPostmaster(setup.directory);
    if (running === undefined) {
      launchedPid = (await launch(setup)) ?? launchedPid;
      continue;
    }
    const launched = running.pid === launchedPid;
    const ownership = await claim(running, password, launched, setup);
    if (ownership === 'silent') {
      setup.log(`PostgreSQL (process ${running.pid}) does not answer; replacing it`);
      await stopPostmaster(running.pid, 'immediate', setup);
    } else if (ownership !== 'gone' && (await isFit(ownership, running, launched, setup))) {
      return { pid: running.pid, port: running.port, password, ownership, launched };
    }
  }
}

/** Claims, and when that fails stops a postmaster that was started for it, unless another process owns it by now. */
async function claim(
  running: Postmaster,
  password: string,
  launched: boolean,
  setup: Setup,
): Promise<Ownership | 'gone' | 'silent'> {
  try {
    return await claimPostmaster(running, password, setup);
  } catch (error) {
    const isOwned = error instanceof EmbeddedPostgresError && error.code === 'IN_USE';
    if (launched && !isOwned) {
      await stopPostmaster(running.pid, 'fast', setup);
    }
    throw error;
  }
}

/** The new postmaster's process id, or undefined when another starter launched one meanwhile. */
async function launch(setup: Setup): Promise<number | undefined> {
  const retryUntil = Date.now() + setup.limits.launchRetryMs;
  for (;;) {
    const result = await launchPostmaster(setup);
    if (result.outcome === 'ready') {
      return result.pid;
    }
    if ((await findPostmaster(setup.directory)) !== undefined) {
      return undefined;
    }
    if (Date.now() > retryUntil) {
      throw new EmbeddedPostgresError('START_FAILED', result.reason);
    }
    await sleep(50);
  }
}

/** Whether the postmaster can be kept. One left by a test run, without fsync, is no place for durable data: it is stopped. */
async function isFit(
  ownership: Ownership,
  running: Postmaster,
  launched: boolean,
  setup: Setup,
): Promise<boolean> {
  if (launched || !setup.durable) {
    return true;
  }
  try {
    const [row] = await ownership.query('SHOW fsync');
    if (row?.['fsync'] === 'on') {
      return true;
    }
  } catch (error) {
    await ownership.close();
    throw error;
  }
  setup.log('The PostgreSQL found running does not write safely; starting it anew');
  ownership.release();
  await stopPostmaster(running.pid, 'fast', setup);
  await ownership.close();
  return false;
}
