import type pg from 'pg';
import type { Database } from '../../database/orm.ts';

/** Any number, the same on every node: who holds this advisory lock begins the log anew. */
const restartLock = 7_306_512;

/**
 * Bits of a cursor for transaction ids: almost nine million million of them. The bits above count hours since
 * 2020, so that one old copy which is restored twice does not give two logs the same cursors, unless within
 * an hour.
 */
const idBits = 43;
const firstHour = Date.UTC(2020, 0, 1) / 3_600_000;

interface Place {
  /** The id that the next transaction will get. */
  next: bigint;
  /** The cluster that the database is in. */
  cluster: bigint;
  is_known: boolean;
  is_moved: boolean;
}

/** Transaction ids that do not fit are as good a sign as the name of another cluster. */
const findPlace = `
  select c.next, c.cluster, f.cluster is not null as is_known,
    coalesce(f.cluster <> c.cluster, false) or c.next < f.pos
      or coalesce(c.next <= (select max(pos) from stream_events), false) as is_moved
  from stream_floor f, (
    select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next,
      (select system_identifier from pg_control_system()) as cluster
  ) c
  where f.id = 1`;

/**
 * Begins the log anew when its positions are from another PostgreSQL cluster: transaction ids do
 * not travel with a dump. Every cursor from before is answered by a reset, then and for good, as new ones
 * begin above them. Takes as long as there is data, and nodes that start together take turns.
 *
 * @returns whether the database had been moved
 */
export async function restartIfMoved(
  database: Pick<Database, 'pool' | 'createClient'>,
  now: Date,
): Promise<boolean> {
  const { rows } = await database.pool.query<Place>(findPlace);
  const [place] = rows;
  if (!place?.is_moved) {
    if (place?.is_known === false) {
      await database.pool.query(
        'update stream_floor set cluster = $1 where id = 1 and cluster is null',
        [place.cluster],
      );
    }
    return false;
  }
  const client = database.createClient({ statement_timeout: 0 });
  // Whatever is asked of a lost connection fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await restart(client, now);
  } finally {
    await client.end();
  }
}

async function restart(client: pg.Client, now: Date): Promise<boolean> {
  await client.query('begin');
  await client.query('select pg_advisory_xact_lock($1)', [restartLock]);
  const { rows } = await client.query<Place>(findPlace);
  const [place] = rows;
  const isMoved = place?.is_moved ?? false;
  if (place && isMoved) {
    const hour = Math.floor(now.getTime() / 3_600_000) - firstHour;
    await client.query('update streams set head_pos = 0 where head_pos > 0');
    await client.query(
      `update stream_floor set pos = $1, cluster = $2,
         base = greatest($3::bigint, (base >> ${idBits}) + 1) << ${idBits}`,
      [place.next, place.cluster, hour],
    );
    // Last, as nobody can look at the log until the commit.
    await client.query('truncate stream_events');
  }
  await client.query('commit');
  return isMoved;
}
