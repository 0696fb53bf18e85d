import type pg from 'pg';
import { Batch } from '../../database/batch.ts';
import { findUsers, type UserRow } from './user.repository.ts';

const mostAtOnce = 100;
const lanes = 1;

/** Reads people by their ids, those that are asked for at the same time together. */
export type UserReader = Batch<string, UserRow | undefined>;

export function createUserReader(pool: pg.Pool): UserReader {
  return new Batch({
    most: mostAtOnce,
    lanes,
    async run(ids) {
      const rows = await findUsers(pool, ids);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id));
    },
  });
}
