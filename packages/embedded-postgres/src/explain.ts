import { existsSync } from 'node:fs';

import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError, systemCode } from './error.ts';
import { logPath, meaningfulLine } from './log-file.ts';
import type { Setup } from './setup.ts';

/** Calls `spawn`, which throws for some of the errors it reports as an event for others. */
export function spawnExplained<Child>(start: () => Child, binaries: Binaries): Child {
  try {
    return start();
  } catch (error) {
    throw error instanceof Error ? explainSpawnError(error, binaries) : error;
  }
}

/** The error for a program that could not even be started. */
export function explainSpawnError(cause: Error, binaries: Binaries): EmbeddedPostgresError {
  const code = systemCode(cause);
  if (code === 'ENOENT' && existsSync(binaries.postgres)) {
    // The file is there, its loader is not: a musl system such as Alpine.
    return cannotRun(
      'they need glibc, which this system lacks (Alpine?): use a glibc image',
      cause,
    );
  }
  if (code === 'EPERM' || code === 'EINVAL') {
    return cannotRun(
      'PostgreSQL does not run as root, and this root may not change user: start as another user',
      cause,
    );
  }
  return cannotRun(`${cause.message}: reinstall ${binaries.packageName}`, cause);
}

/**
 * The error for a program that ran and failed.
 * @param output what it printed, any number of lines
 * @param ending how it ended, for when it printed nothing
 */
export function explainFailure(
  output: string,
  ending: string,
  binaries: Binaries,
): EmbeddedPostgresError {
  const line = meaningfulLine(output) ?? ending;
  if (
    line.includes('error while loading shared libraries') ||
    line.includes('Library not loaded')
  ) {
    return cannotRun(`${line}: run npm rebuild ${binaries.packageName}`);
  }
  if (line.startsWith('setpriv:')) {
    return cannotRun(
      `PostgreSQL does not run as root, and its user cannot reach the folder (${line}): start as another user, or move the folder`,
    );
  }
  return new EmbeddedPostgresError('START_FAILED', `PostgreSQL did not start: ${line}`);
}

/** The error for a recovery that outlasts its limit. The server goes on, and the next start finds it further. */
export function stillRecovering({ directory, limits }: Setup): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'START_FAILED',
    `PostgreSQL is still recovering ${directory} after ${limits.recoveryMs / 1000} s: start again later, and see ${logPath(directory)}.`,
  );
}

function cannotRun(reason: string, cause?: Error): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'CANNOT_RUN',
    `The embedded PostgreSQL cannot run: ${reason}, or set DATABASE_URL.`,
    cause === undefined ? undefined : { cause },
  );
}
