import { setTimeout as wait } from 'node:timers/promises';
import { residentOf } from '@chapar/load';

const settleMs = 500;
const fewest = 4;
const most = 20;
/** A look that finds less gone than this part is the last one. */
const stillness = 0.002;

/**
 * Resident memory in KiB once garbage is collected, for a server that was started with `gc`. What the
 * start has left goes over several collections: code that is not used any more, then its pages.
 */
export async function settledMemory(pid: number): Promise<number> {
  let last = residentOf(pid);
  for (let i = 1; i <= most; i += 1) {
    process.kill(pid, 'SIGWINCH');
    await wait(settleMs);
    const now = residentOf(pid);
    if (i >= fewest && last - now < now * stillness) {
      return now;
    }
    last = now;
  }
  return last;
}
