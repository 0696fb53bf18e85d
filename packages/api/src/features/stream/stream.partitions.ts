import { sql } from 'kysely';
import type { App } from '../../app.ts';
import type { Db } from '../../database/tables.ts';
import { after, day } from '../../kernel/duration.ts';

const daysAhead = 3;
const prefix = 'stream_events_';
const fallback = `${prefix}default`;

/** A partition of the log and the instant at which its day is over. */
export interface Partition {
  name: string;
  until: Date;
}

/**
 * Makes the partitions of today and the next days. Where one is missing its events go to the default
 * partition, so it is neither an error nor a loss when this comes late.
 *
 * @returns names of the new partitions
 */
export async function preparePartitions(app: App): Promise<string[]> {
  const now = app.deps.clock.now();
  const known = new Set((await findPartitions(app.db)).map(({ name }) => name));
  const made: string[] = [];
  for (let ahead = 0; ahead <= daysAhead; ahead += 1) {
    const from = startOfDay(after(now, ahead * day));
    const name = `${prefix}${from.toISOString().slice(0, 10).replaceAll('-', '')}`;
    if (!known.has(name) && (await createPartition(app, name, from))) {
      made.push(name);
    }
  }
  return made;
}

function startOfDay(at: Date): Date {
  return new Date(at.toISOString().slice(0, 10));
}

/** Any number, the same on every node: who holds this advisory lock makes or drops partitions. */
const partitionLock = 4_812_019_735;
/** SQLSTATE: somebody reads the log just now. */
const lockNotAvailable = '55P03';
/**
 * SQLSTATEs: another node was faster; the default partition holds events of that day; readers were in
 * the way.
 */
const expected = new Set(['42P07', '23514', lockNotAvailable]);
/** Everybody who reads or appends waits behind one that waits, so it does not wait for long. */
const lockWithinMs = 250;

/**
 * Beside the log and then into it: writers are not kept waiting.
 *
 * @returns false when another node has made it, or events of its day are in the default partition
 */
async function createPartition(app: App, name: string, from: Date): Promise<boolean> {
  const to = after(from, day);
  const table = sql.table(name);
  try {
    await app.db.transaction().execute(async (db) => {
      await takeTurns(db);
      await sql`set local lock_timeout = ${sql.lit(lockWithinMs)}`.execute(db);
      await sql`create table ${table} (like stream_events including all)`.execute(db);
      await sql`
        alter table stream_events attach partition ${table}
        for values from (${sql.lit(from.toISOString())}) to (${sql.lit(to.toISOString())})
      `.execute(db);
    });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && expected.has(String(error.code))) {
      return false;
    }
    throw error;
  }
}

async function takeTurns(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(${partitionLock})`.execute(db);
}

/** The daily partitions, oldest first. */
export async function findPartitions(db: Db): Promise<Partition[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'stream_events'::regclass and c.relname <> ${fallback}
    order by c.relname`.execute(db);
  return rows.map(({ name }) => {
    const text = name.slice(prefix.length);
    const from = new Date(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`);
    return { name, until: after(from, day) };
  });
}

/** SQLSTATEs: somebody reads the log just now; another node was faster. */
const noDrop = new Set([lockNotAvailable, '42P01']);

/**
 * Forgets a day: raises the floor above it, so that no cursor can fall into the gap, and drops its
 * partition.
 *
 * @returns false when readers were in the way and the next sweep tries again, or when another node has
 *   done it
 */
export async function dropPartition(app: App, { name }: Partition): Promise<boolean> {
  const table = sql.table(name);
  try {
    await app.db.transaction().execute(async (db) => {
      await takeTurns(db);
      await sql`set local lock_timeout = ${sql.lit(lockWithinMs)}`.execute(db);
      await sql`
        update stream_floor set pos = greatest(pos, (select max(pos) + 1 from ${table}))
        where id = 1`.execute(db);
      await sql`drop table if exists ${table}`.execute(db);
    });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && noDrop.has(String(error.code))) {
      return false;
    }
    throw error;
  }
}

/**
 * Forgets a batch of what is older than `before` in the default partition.
 *
 * @returns how many events were forgotten
 */
export async function deleteStrays(db: Db, before: Date, batch: number): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    with gone as (
      delete from stream_events_default where ctid in (
        select ctid from stream_events_default where at < ${before} limit ${batch}
      ) returning pos
    ), raised as (
      update stream_floor set pos = greatest(pos, (select max(pos) + 1 from gone))
      where id = 1 and exists (select from gone)
    )
    select count(*) as count from gone`.execute(db);
  return Number(rows[0]?.count ?? 0);
}
