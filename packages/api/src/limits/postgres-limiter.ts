import pg from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Db } from '../database/tables.ts';
import { countIn, countOnly } from './counting.ts';
import type { Limiter } from './limiter.ts';

/** The library subtracts from `expire`, which our pool reads as a bigint: it gets its own types. */
const plainTypes = new pg.TypeOverrides();

/**
 * Counts in the table `limits`, by one statement for each use, outside of any transaction: what was
 * counted stays counted when the caller rolls back. Windows are measured by the nodes' clocks. A
 * key belongs to one budget, see {@link countIn}.
 */
export function createPostgresLimiter(pool: pg.Pool): Limiter {
  const storeClient = {
    query: (query: pg.QueryConfig) => pool.query({ ...query, types: plainTypes }),
  };
  return countIn(
    new RateLimiterPostgres({
      ...countOnly,
      storeClient,
      storeType: 'pool',
      tableName: 'limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: '',
    }),
  );
}

/** Deletes counters whose window is over; they count for nothing already. @returns how many */
export async function forgetExpiredLimits(db: Db, now: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('limits')
    .where('expire', '<', BigInt(now.getTime()))
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
