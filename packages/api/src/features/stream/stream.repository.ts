import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';

/** An event that a transaction wants to append. */
export interface NewEvent {
  streamId: string;
  type: string;
  /** JSON. */
  body: string;
}

export async function insertStream(db: Db, streamId: string): Promise<void> {
  await db.insertInto('streams').values({ id: streamId, head_seq: 0n, head_pos: 0n }).execute();
}

/** Lets people read a stream from its first event on. */
export async function insertMembers(
  db: Db,
  streamId: string,
  userIds: readonly string[],
): Promise<void> {
  await db
    .insertInto('stream_members')
    .values(userIds.map((userId) => ({ user_id: userId, stream_id: streamId, after_seq: 0n })))
    .onConflict((oc) => oc.doNothing())
    .execute();
}

/**
 * Lets people read what comes after the stream's present head. The stream's row is locked until the
 * commit: what is appended meanwhile comes after, so that no event is on neither side.
 *
 * @returns the head's seq for each; nothing for who is a member already
 */
export async function insertMembersAtHead(
  db: Db,
  streamId: string,
  userIds: readonly string[],
): Promise<{ user_id: string; after_seq: bigint }[]> {
  const { rows } = await sql<{ user_id: string; after_seq: bigint }>`
    with head as materialized (
      select id, head_seq from streams where id = ${streamId} for no key update
    )
    insert into stream_members (user_id, stream_id, after_seq)
    select u.id, head.id, head.head_seq from head, unnest(${userIds}::uuid[]) u (id)
    on conflict do nothing returning user_id, after_seq`.execute(db);
  return rows;
}

/** @returns whether the person was a member */
export async function deleteMember(db: Db, streamId: string, userId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('stream_members')
    .where('user_id', '=', userId)
    .where('stream_id', '=', streamId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Like {@link deleteMember} for many people. @returns those who were members */
export async function deleteMembers(
  db: Db,
  streamId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await db
    .deleteFrom('stream_members')
    .where('stream_id', '=', streamId)
    .where('user_id', '=', sql<string>`any(${userIds}::uuid[])`)
    .returning('user_id')
    .execute();
  return rows.map((row) => row.user_id);
}

/**
 * Takes each stream's next seqs under its row lock and writes the events, in one statement. Streams
 * are locked in the order of their ids, so that two transactions never wait for each other in a ring;
 * within a stream the events keep the order in which they are given.
 *
 * The position is at least this transaction's id and at least that of the event before, so within a
 * stream it never falls although transactions may get the lock in another order than their ids.
 *
 * @returns the seq of each event, in the order of `events`
 */
export async function insertEvents(
  db: Db,
  events: readonly NewEvent[],
  at: Date,
): Promise<number[]> {
  const streamIds = events.map(({ streamId }) => streamId);
  const { rows } = await sql<{ n: bigint; seq: bigint }>`
    with told as (
      select * from unnest(
        ${streamIds}::uuid[],
        ${events.map(({ type }) => type)}::text[],
        ${events.map(({ body }) => body)}::text[]
      ) with ordinality as t (stream_id, type, body, n)
    ), locked as materialized (
      select id from streams where id = any(${streamIds}::uuid[]) order by id for no key update
    ), heads as (
      update streams s set
        head_seq = head_seq + t.count,
        head_pos = greatest(head_pos, pg_current_xact_id()::text::bigint)
      from (select stream_id, count(*) as count from told group by stream_id) t
      where s.id = t.stream_id and (select count(*) from locked) > 0
      returning s.id, s.head_seq - t.count as before, s.head_pos
    ), numbered as (
      select t.*, h.head_pos,
        h.before + row_number() over (partition by t.stream_id order by t.n) as seq
      from told t join heads h on h.id = t.stream_id
    ), written as (
      insert into stream_events (stream_id, seq, pos, type, at, body)
      select stream_id, seq, head_pos, type, ${at}, body::json from numbered
    )
    select n, seq from numbered order by n`.execute(db);
  if (rows.length !== events.length) {
    throw new Error(`there is no stream among ${streamIds.join(', ')}`);
  }
  return rows.map(({ seq }) => Number(seq));
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
