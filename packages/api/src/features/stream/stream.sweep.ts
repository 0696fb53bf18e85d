import type { App } from '../../app.ts';
import { after, day } from '../../kernel/duration.ts';
import { deleteOldEvents } from './stream.repository.ts';

const batch = 10_000;

/**
 * Forgets events older than the retention. A cursor from before is answered by `stream.reset`.
 *
 * @returns how many events were forgotten
 */
export async function forgetOldEvents(app: App): Promise<number> {
  const before = after(app.deps.clock.now(), -app.config.stream.retentionDays * day);
  let total = 0;
  for (;;) {
    const count = await deleteOldEvents(app.db, before, batch);
    total += count;
    if (count < batch) {
      return total;
    }
  }
}
