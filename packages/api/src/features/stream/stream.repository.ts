import type { StoredStreamEvent } from '@chapar/contract';
import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';
import type { StreamLog } from '../../realtime/stream-log.ts';

/** Below it no event can appear any more: the oldest transaction that still runs. */
const horizon = sql<string>`pg_snapshot_xmin(pg_current_snapshot())::text`;

interface EventRow {
  stream_id: string;
  seq: bigint;
  type: string;
  at: Date;
  body: unknown;
}

/** An event that a transaction wants to append. */
export interface NewEvent {
  streamId: string;
  type: string;
  at: Date;
  body: object;
}

export async function insertStream(db: Db, streamId: string): Promise<void> {
  await db.insertInto('streams').values({ id: streamId, head_seq: 0n, head_pos: 0n }).execute();
}

/** @returns false when the person is a member already */
export async function insertMember(
  db: Db,
  member: { userId: string; streamId: string; afterSeq: number },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('stream_members')
    .values({
      user_id: member.userId,
      stream_id: member.streamId,
      after_seq: BigInt(member.afterSeq),
    })
    .onConflict((oc) => oc.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/**
 * Takes the stream's next seq under its row lock and writes the event, in one statement. The
 * position is at least this transaction's id and at least that of the event before, so within a
 * stream it never falls although transactions may get the lock in another order than their ids.
 */
export async function insertEvent(db: Db, event: NewEvent): Promise<number> {
  const { rows } = await sql<{ seq: bigint }>`
    with head as (
      update streams set
        head_seq = head_seq + 1,
        head_pos = greatest(head_pos, pg_current_xact_id()::text::bigint)
      where id = ${event.streamId}
      returning head_seq, head_pos
    )
    insert into stream_events (stream_id, seq, pos, type, at, body)
    select ${event.streamId}, head_seq, head_pos, ${event.type}, ${event.at},
      ${JSON.stringify(event.body)}::jsonb
    from head
    returning seq`.execute(db);
  const seq = rows[0]?.seq;
  if (seq === undefined) {
    throw new Error(`there is no stream ${event.streamId}`);
  }
  return Number(seq);
}

export async function findStreamIds(db: Db, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('stream_members')
    .select('stream_id')
    .where('user_id', '=', userId)
    .execute();
  return rows.map((row) => row.stream_id);
}

/**
 * What a cursor can still be used for, and the cursor of this moment: the horizon, or the floor
 * where that is above it, because what lies below the floor was forgotten with all that it led to.
 */
export async function findBounds(db: Db): Promise<{ floor: bigint; now: bigint; next: bigint }> {
  const { rows } = await sql<{ floor: bigint; horizon: string; next: string }>`
    select pos as floor, ${horizon} as horizon,
      pg_snapshot_xmax(pg_current_snapshot())::text as next
    from stream_floor where id = 1`.execute(db);
  const row = rows[0];
  if (!row) {
    throw new Error('stream_floor is empty');
  }
  const oldest = BigInt(row.horizon);
  const now = oldest > row.floor ? oldest : row.floor;
  return { floor: row.floor, now, next: BigInt(row.next) };
}

/** Where a replay stands: the event that was read last. */
export interface ReplayPlace {
  pos: bigint;
  streamId: string;
  seq: number;
}

/**
 * A page of what a person has missed: everything at or above `cursor` in the streams they may
 * read, in an order that keeps each stream's seq rising. One range of one index a stream.
 */
export async function findMissed(
  db: Db,
  query: { userId: string; cursor: bigint; after: ReplayPlace | null; limit: number },
): Promise<{ pos: bigint; event: StoredStreamEvent }[]> {
  const { userId, cursor, after, limit } = query;
  const from = after ? after.pos : cursor;
  const rest = after
    ? sql`and (e.pos, e.stream_id, e.seq) > (${after.pos}, ${after.streamId}::uuid, ${after.seq}::bigint)`
    : sql``;
  const { rows } = await sql<EventRow & { pos: bigint }>`
    select e.stream_id, e.seq, e.pos, e.type, e.at, e.body
    from stream_members m
    join stream_events e on e.stream_id = m.stream_id and e.seq > m.after_seq
    where m.user_id = ${userId} and e.pos >= ${from} ${rest}
    order by e.pos, e.stream_id, e.seq
    limit ${limit}`.execute(db);
  return rows.map((row) => ({ pos: row.pos, event: toEvent(row) }));
}

/** How many events a resume would replay, counted no further than `limit + 1`. */
export async function countMissed(
  db: Db,
  query: { userId: string; cursor: bigint; limit: number },
): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count from (
      select 1 from stream_members m
      join stream_events e on e.stream_id = m.stream_id and e.seq > m.after_seq
      where m.user_id = ${query.userId} and e.pos >= ${query.cursor}
      limit ${query.limit + 1}
    ) missed`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/**
 * Forgets a batch of events older than `before` and raises the floor above them in the same
 * statement, so that no cursor can fall into the gap.
 *
 * @returns how many events were forgotten
 */
export async function deleteOldEvents(db: Db, before: Date, batch: number): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    with gone as (
      delete from stream_events where (stream_id, seq) in (
        select stream_id, seq from stream_events where at < ${before} order by at limit ${batch}
      ) returning pos
    ), raised as (
      update stream_floor set pos = greatest(pos, (select max(pos) + 1 from gone))
      where id = 1 and exists (select from gone)
    )
    select count(*) as count from gone`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/**
 * Begins the log anew when its positions are from another PostgreSQL cluster: transaction ids do
 * not travel with a dump, so they would lie above every new one. Every cursor from before is
 * answered by a reset then.
 *
 * @returns whether the database had been moved
 */
export async function restartIfMoved(db: Db): Promise<boolean> {
  const { rows } = await sql<{ moved: boolean }>`
    with moved as (
      select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next
      where (select max(pos) from stream_events)
        >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    ), emptied as (
      delete from stream_events where exists (select from moved)
    ), lowered as (
      update streams set head_pos = 0 where exists (select from moved)
    ), raised as (
      update stream_floor set pos = moved.next from moved
    )
    select exists (select from moved) as moved`.execute(db);
  return rows[0]?.moved ?? false;
}

/** The log as the node's feeds read it. */
export function createStreamLog(db: Db): StreamLog {
  return {
    async heads(streamIds) {
      const { rows } = await sql<{ id: string; head_seq: bigint }>`
        select id, head_seq from streams where id = any(${streamIds}::uuid[])`.execute(db);
      return new Map(rows.map((row) => [row.id, Number(row.head_seq)]));
    },
    async between(streamId, afterSeq, toSeq) {
      const rows = await db
        .selectFrom('stream_events')
        .select(['stream_id', 'seq', 'type', 'at', 'body'])
        .where('stream_id', '=', streamId)
        .where('seq', '>', BigInt(afterSeq))
        .where('seq', '<=', BigInt(toSeq))
        .orderBy('seq')
        .execute();
      return rows.map(toEvent);
    },
    async since(fromPos) {
      const { rows } = await sql<{
        horizon: string;
        stream_id: string | null;
        head: bigint | null;
      }>`
        select h.horizon, e.stream_id, e.head
        from (select ${horizon} as horizon) h
        left join (
          select stream_id, max(seq) as head from stream_events
          where pos >= ${fromPos} group by stream_id
        ) e on true`.execute(db);
      const heads = new Map<string, number>();
      for (const { stream_id: id, head } of rows) {
        if (id !== null) {
          heads.set(id, Number(head));
        }
      }
      return { heads, horizon: BigInt(rows[0]?.horizon ?? fromPos) };
    },
    async horizon() {
      const { rows } = await sql<{ horizon: string }>`select ${horizon} as horizon`.execute(db);
      return BigInt(rows[0]?.horizon ?? 0);
    },
  };
}

/** A row was written by {@link insertEvent}, so its type and body belong together. */
function toEvent(row: EventRow): StoredStreamEvent {
  const event = {
    type: row.type,
    streamId: row.stream_id,
    seq: Number(row.seq),
    at: row.at.toISOString(),
    body: row.body,
  };
  return event as StoredStreamEvent;
}

/** Erases a stream with its events and its members. */
export async function deleteStream(db: Db, streamId: string): Promise<void> {
  await db.deleteFrom('stream_events').where('stream_id', '=', streamId).execute();
  await db.deleteFrom('stream_members').where('stream_id', '=', streamId).execute();
  await db.deleteFrom('streams').where('id', '=', streamId).execute();
}

/** Takes a person out of every stream that they read. */
export async function deleteMemberships(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('stream_members').where('user_id', '=', userId).execute();
}
