import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The core of the servers, and that of the load and of PostgreSQL. */
const serverCore = '0';
const loadCore = '1';
/** Of Linux; where it is missing, nothing is pinned. */
const taskset = 'taskset';

/** Puts processes on cores. */
export interface Pins {
  /** A command that runs on the core of the servers. */
  onServerCore: (file: string, args: readonly string[]) => [string, string[]];
  /** For the page of results. */
  note: string;
}

/**
 * Moves this process with all that it starts from now on, PostgreSQL among them, to the core of the
 * load, where the system can do that.
 */
export function pinLoad(): Pins {
  const free = (reason: string): Pins => ({
    onServerCore: (file, args) => [file, [...args]],
    note: `not pinned: ${reason}`,
  });
  if (availableParallelism() < 2) {
    return free('there is one core');
  }
  try {
    execFileSync(taskset, ['-apc', loadCore, String(process.pid)], { stdio: 'ignore' });
  } catch {
    return free('there is no `taskset`');
  }
  return {
    onServerCore: (file, args) => [taskset, ['-c', serverCore, file, ...args]],
    note: `servers on core ${serverCore}, load and PostgreSQL on core ${loadCore}`,
  };
}
