import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { cpuOf } from '@chapar/load';
import type { ServerProcess } from '../server-process.ts';

/** Whether this system tells of processes what they use. */
export const tellsProcessor = existsSync('/proc/self/stat');

/** The part of one core that a process uses from now on for so long: 1 is all of it. */
export async function processorShare({ child }: ServerProcess, overMs: number): Promise<number> {
  const usedMs = (): number => cpuOf(child.pid ?? 0);
  const [started, before] = [performance.now(), usedMs()];
  await wait(overMs);
  return (usedMs() - before) / (performance.now() - started);
}
