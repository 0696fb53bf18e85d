import type pg from 'pg';
import type { Database } from '../../database/orm.ts';

/** Any number, the same on every node: who holds this advisory lock begins the log anew. */
const restartLock = 7_306_512;

/** The id that the next transaction will get, when the log has positions above it. */
const findMove = `
  select b.next from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next) b
  where b.next <= (select max(pos) from stream_events) or b.next < (select max(pos) from stream_floor)`;

/**
 * Begins the log anew when its positions are from another PostgreSQL cluster: transaction ids do
 * not travel with a dump, so they would lie above every new one. Every cursor from before is
 * answered by a reset then. Takes as long as there is data, and nodes that start together take turns.
 *
 * @returns whether the database had been moved
 */
export async function restartIfMoved(
  database: Pick<Database, 'pool' | 'createClient'>,
): Promise<boolean> {
  const { rowCount } = await database.pool.query(findMove);
  if (rowCount === 0) {
    return false;
  }
  const client = database.createClient({ statement_timeout: 0 });
  // Whatever is asked of a lost connection fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await restart(client);
  } finally {
    await client.end();
  }
}

async function restart(client: pg.Client): Promise<boolean> {
  await client.query('begin');
  await client.query('select pg_advisory_xact_lock($1)', [restartLock]);
  const { rows } = await client.query<{ next: bigint }>(findMove);
  const [move] = rows;
  if (move) {
    await client.query('truncate stream_events');
    await client.query('update streams set head_pos = 0 where head_pos > 0');
    await client.query('update stream_floor set pos = $1', [move.next]);
  }
  await client.query('commit');
  return move !== undefined;
}
