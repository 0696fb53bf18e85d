import type pg from 'pg';
import { Batch } from '../../database/batch.ts';
import { findActors, type ActorRow } from './session.repository.ts';

const mostAtOnce = 100;
const lanes = 1;

/** Reads sessions by their ids, those that are asked for at the same time together. */
export type ActorReader = Batch<string, ActorRow | undefined>;

/**
 * Makes the reader. Whoever asks is read by a statement that begins afterwards, so a session that
 * ended before is never found alive.
 */
export function createActorReader(pool: pg.Pool): ActorReader {
  return new Batch({
    most: mostAtOnce,
    lanes,
    async run(ids) {
      const rows = await findActors(pool, ids);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id));
    },
  });
}
