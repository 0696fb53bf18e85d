import { sql } from 'kysely';
import { after } from '../kernel/duration.ts';
import type { Db } from './tables.ts';

/** Where a counter stands after the call was counted. */
export interface Spent {
  count: number;
  resetsAt: Date;
}

/**
 * Counts one use under `key` and says how many there have been in the window that runs. One
 * statement, so that parallel callers each get a number of their own.
 *
 * @param windowMs length of the window; it begins with the first use
 */
export async function spend(db: Db, key: string, windowMs: number, now: Date): Promise<Spent> {
  const resetsAt = after(now, windowMs);
  const { rows } = await sql<{ count: number; resets_at: Date }>`
    insert into rate_limits as r (key, count, resets_at) values (${key}, 1, ${resetsAt})
    on conflict (key) do update set
      count = case when r.resets_at <= ${now} then 1 else r.count + 1 end,
      resets_at = case when r.resets_at <= ${now} then ${resetsAt} else r.resets_at end
    returning count, resets_at`.execute(db);
  const row = rows[0];
  if (!row) {
    throw new Error('rate_limits returned no row');
  }
  return { count: row.count, resetsAt: row.resets_at };
}

/** Forgets counters whose window is over. @returns how many */
export async function forgetSpent(db: Db, now: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('rate_limits')
    .where('resets_at', '<=', now)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
