import { setTimeout as sleep } from 'node:timers/promises';

import { EmbeddedPostgresError } from './error.ts';
import { stillRecovering } from './explain.ts';
import { Ownership } from './ownership.ts';
import { findPostmaster, type Postmaster } from './postmaster.ts';
import type { Setup } from './setup.ts';

/**
 * Tries to become the owner of a running postmaster, waiting while it starts, recovers or stops.
 * Resolves to the ownership, `gone` when it ended meanwhile, or `silent` when it did not answer in time
 * (or hangs in its shutdown).
 * Fails with `IN_USE` when another process holds the lock, `START_FAILED` when recovery takes too long.
 */
export async function claimPostmaster(
  postmaster: Postmaster,
  password: string,
  setup: Setup,
): Promise<Ownership | 'gone' | 'silent'> {
  const { directory, limits, log } = setup;
  const address = { port: postmaster.port, password };
  const limitMs = {
    silent: limits.silentMs,
    busy: limits.busyMs,
    full: limits.fullMs,
    'not-ready': limits.recoveryMs,
  };
  let seen = { outcome: '', since: Date.now() };
  for (;;) {
    const current = await findPostmaster(directory);
    if (current?.pid !== postmaster.pid) {
      return 'gone';
    }
    const triedAt = Date.now();
    const claim = await Ownership.claim(address, Math.min(5_000, limits.silentMs), log);
    if (claim.outcome === 'claimed') {
      return claim.ownership;
    }
    const outcome = current.status === 'stopping' ? 'silent' : claim.outcome;
    if (seen.outcome !== outcome) {
      seen = { outcome, since: triedAt };
    }
    if (Date.now() - seen.since > limitMs[outcome]) {
      if (outcome === 'silent') {
        return 'silent';
      }
      throw outcome === 'not-ready' ? stillRecovering(setup) : inUse(directory);
    }
    await sleep(outcome === 'busy' ? 100 : 20);
  }
}

function inUse(directory: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'IN_USE',
    `Another running Chapar uses the database in ${directory}: stop it, set DATABASE_URL, or choose another DATA_DIR.`,
  );
}
