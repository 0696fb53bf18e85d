import type { App } from '../../app.ts';
import { after, day } from '../../kernel/duration.ts';
import { deleteStrays, dropPartition, findPartitions } from './stream.partitions.ts';

const batch = 10_000;

/**
 * Forgets events older than the retention, a day at a time: every event is kept at least that long. A
 * cursor from before is answered by `stream.reset`.
 *
 * @returns how many days, and stray events beside them, were forgotten
 */
export async function forgetOldEvents(app: App): Promise<number> {
  const before = after(app.deps.clock.now(), -app.config.stream.retentionDays * day);
  let total = 0;
  for (const partition of await findPartitions(app.db)) {
    if (partition.until <= before && (await dropPartition(app, partition))) {
      total += 1;
    }
  }
  for (;;) {
    const count = await deleteStrays(app.db, before, batch);
    total += count;
    if (count < batch) {
      return total;
    }
  }
}
