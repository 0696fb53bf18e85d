import type { Binaries } from './binaries.ts';
import type { RunAs } from './run-as.ts';

/** What every step of one start needs to know. */
export interface Setup {
  /** Real path of the data folder (no symbolic links); it may not exist yet. */
  directory: string;
  binaries: Binaries;
  /** Undefined: as the user of this process. */
  runAs: RunAs | undefined;
  durable: boolean;
  limits: Limits;
  /** Takes one line without a line end. */
  log: (message: string) => void;
}

/** How long each wait may last, all in milliseconds. Tests pass shorter ones. */
export interface Limits {
  /** A running postmaster that gives no answer for this long is replaced. */
  silentMs: number;
  /** A postmaster that answers "starting up" or "recovering" is waited for this long. */
  recoveryMs: number;
  /** How long a held lock is retried before it counts as held: a dead owner's session needs a moment to end. */
  busyMs: number;
  /** How long a postmaster without a free session slot is retried. */
  fullMs: number;
  /** How long a launch is repeated when the dead server's processes, or another starter, are in the way. */
  launchRetryMs: number;
  /** How long a fast shutdown may take before the immediate one. */
  fastStopMs: number;
  /** How long an immediate shutdown may take before SIGKILL. */
  immediateStopMs: number;
}

export const defaultLimits: Limits = {
  silentMs: 15_000,
  recoveryMs: 300_000,
  busyMs: 1_000,
  fullMs: 5_000,
  launchRetryMs: 10_000,
  fastStopMs: 8_000,
  immediateStopMs: 6_000,
};
