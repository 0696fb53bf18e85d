import { expect } from 'vitest';
import type { TestApi } from '../../../testing/index.ts';

type Table = 'streams' | 'users';

/** Holds a row as a transaction does that changes it. @returns what lets it go */
export async function hold(api: TestApi, table: Table, id: string): Promise<() => Promise<void>> {
  const client = await api.database.pool.connect();
  await client.query('begin');
  await client.query(`select from ${table} where id = $1 for no key update`, [id]);
  return async () => {
    await client.query('commit');
    client.release();
  };
}

/** Whether nobody holds a row. */
export async function isFree(api: TestApi, table: Table, id: string): Promise<boolean> {
  const { rows } = await api.database.pool.query(
    `select from ${table} where id = $1 for no key update skip locked`,
    [id],
  );
  return rows.length > 0;
}

/** Until so many statements wait for a row that somebody else holds. */
export async function waiting(api: TestApi, count: number): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await api.database.pool.query(`select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`);
      return rows.length;
    })
    .toBeGreaterThanOrEqual(count);
}
