import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServerProcess } from '../server-process.ts';

/** Linux counts processor time for programs in hundredths of a second, on every machine. */
const tickMs = 10;
/** In what `/proc/<pid>/stat` says behind the name, which may hold anything. */
const userField = 11;
const systemField = 12;

/** Whether this system tells of processes what they use. */
export const tellsProcessor = existsSync('/proc/self/stat');

/** The part of one core that a process uses from now on for so long: 1 is all of it. */
export async function processorShare(server: ServerProcess, overMs: number): Promise<number> {
  const started = performance.now();
  const before = await usedMs(server);
  await wait(overMs);
  return ((await usedMs(server)) - before) / (performance.now() - started);
}

async function usedMs({ child }: ServerProcess): Promise<number> {
  const stat = await readFile(`/proc/${String(child.pid)}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[userField]) + Number(fields[systemField])) * tickMs;
}
