import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of the clock in a second, as Linux gives them to programs on every machine (USER_HZ). */
const ticksPerSecond = 100;
const msPerTick = 1_000 / ticksPerSecond;

/** What `/proc/<pid>/stat` says of the CPU. All in milliseconds. */
export interface CpuTimes {
  parent: number;
  /** User and system time of the process. */
  own: number;
  /** The same of its children that have ended. */
  ended: number;
}

/** Reads a line of `/proc/<pid>/stat` (proc(5)). The name in brackets may hold anything. */
export function parseStat(line: string): CpuTimes {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const at = (field: number): number => Number(fields[field - 3]);
  return {
    parent: at(4),
    own: (at(14) + at(15)) * msPerTick,
    ended: (at(16) + at(17)) * msPerTick,
  };
}

/** Resident memory in KiB out of `/proc/<pid>/status`. */
export function parseResident(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
}

/** CPU of a process, user and system, in milliseconds; NaN where the system has no `/proc`. */
export function cpuOf(pid: number): number {
  return readStat(pid)?.own ?? Number.NaN;
}

/**
 * CPU of a process and its children, those that have ended included, in milliseconds. A child that
 * ends between two readings counts in both.
 */
export function cpuOfTree(pid: number): number {
  const root = readStat(pid);
  if (!root) {
    return Number.NaN;
  }
  let sum = root.own + root.ended;
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    sum += stat?.parent === pid ? stat.own : 0;
  }
  return sum;
}

/** Resident memory of a process in KiB; NaN where the system has no `/proc`. */
export function residentOf(pid: number): number {
  return parseResident(read(`/proc/${pid}/status`) ?? '');
}

function readStat(pid: number): CpuTimes | undefined {
  const line = read(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
