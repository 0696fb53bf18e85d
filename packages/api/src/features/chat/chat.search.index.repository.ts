import type pg from 'pg';
import { sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';

/** Conversations whose index is looked after in one transaction. */
const atOnce = 100;

const findLaggingRows = statement<{ id: string }, [userId: string, conversationId: string | null]>(
  'chat-search-lagging',
  `select c.id
   from conversation_members me
   join conversations c on c.id = me.conversation_id
   join streams s on s.id = me.conversation_id
   where me.user_id = $1 and ($2::uuid is null or me.conversation_id = $2) and s.message_seq > c.search_seq
   order by s.message_at desc nulls last, c.id limit ${atOnce}`,
);

/** Those of a person's conversations, or the one, that have messages which are not indexed; latest first. */
export async function findLagging(
  hot: pg.Pool,
  userId: string,
  conversationId: string | null,
): Promise<string[]> {
  const rows = await findLaggingRows(hot, userId, conversationId);
  return rows.map(({ id }) => id);
}

const lookedAtAtOnce = 5_000;

/**
 * The same of all conversations, by rising id, some at a time.
 *
 * @param after where the last ones ended; null to begin
 * @returns `last`: where these end; null when there are no more
 */
export async function findLaggingAfter(
  db: Db,
  after: string | null,
): Promise<{ ids: string[]; last: string | null }> {
  const later = after === null ? sql`` : sql`where id > ${after}::uuid`;
  const { rows } = await sql<{ ids: string[] | null; last: string | null }>`
    with looked as materialized (
      select id, search_seq from conversations ${later} order by id limit ${lookedAtAtOnce}
    )
    select array_agg(c.id order by c.id) filter (where s.message_seq > c.search_seq) as ids,
      (select id from looked order by id desc limit 1) as last
    from looked c left join streams s on s.id = c.id`.execute(db);
  const [row] = rows;
  return { ids: row?.ids ?? [], last: row?.last ?? null };
}

/**
 * Keeps the index of some conversations still until the transaction ends. Who changes a message locks the
 * stream first, then this; nobody who holds this waits for a stream.
 */
async function lockIndex(db: Db, conversationIds: readonly string[]): Promise<void> {
  await sql`
    select from conversations where id = any(${conversationIds}::uuid[]) order by id
    for no key update`.execute(db);
}

/** SQL of what the index says of a message that can be found. */
const indexed = sql`m.conversation_id, m.seq, m.sender_id, m.created_at, chat_search_body(m.text)`;
const canBeFound = sql`m.deleted_at is null and (m.extra -> 'system') is null`;

/** How much is indexed. */
export interface Indexed {
  messages: number;
  /** Of their texts: a long one of many different words takes a hundred times as long as a usual one. */
  bytes: number;
}

/**
 * Indexes what is new in some conversations, oldest first. In a transaction: whoever does the same, or changes
 * one of their messages, takes turns with it.
 *
 * @param most the conversations share it, those with the latest message first; the last text may exceed it
 * @returns by how much the index has gone on; no messages when it is up to date
 */
export async function insertIndex(
  db: Db,
  conversationIds: readonly string[],
  most: Indexed,
): Promise<Indexed> {
  await lockIndex(db, conversationIds);
  const { rows } = await sql<Indexed>`
    with behind as (
      select c.id, c.search_seq, s.message_seq, s.message_at,
        coalesce(sum(s.message_seq - c.search_seq) over (
          order by s.message_at desc nulls last, c.id rows between unbounded preceding and 1 preceding
        ), 0) as before
      from unnest(${conversationIds}::uuid[]) t (id)
      join conversations c on c.id = t.id
      join streams s on s.id = t.id
      where s.message_seq > c.search_seq
    ), work as materialized (
      select id, search_seq, message_at,
        least(message_seq, search_seq + ${most.messages}::int - before)::int as to_seq
      from behind where before < ${most.messages}
    ), read as materialized (
      select m.*, sum(octet_length(m.text)) over (
          order by work.message_at desc nulls last, m.conversation_id, m.seq
        ) - octet_length(m.text) as bytes_before
      from work join lateral (
        select * from messages m
        where m.conversation_id = work.id and m.seq > work.search_seq and m.seq <= work.to_seq
        order by m.seq limit ${most.messages}
      ) m on true
    ), taken as materialized (
      select * from read where bytes_before < ${most.bytes}
    ), written as (
      insert into message_search (conversation_id, seq, sender_id, created_at, body)
      select ${indexed} from taken m where ${canBeFound}
    ), done as (
      update conversations c set search_seq = t.seq
      from (select conversation_id, max(seq) as seq from taken group by conversation_id) t
      where c.id = t.conversation_id
    )
    select count(*)::int as messages, coalesce(sum(octet_length(text)), 0)::int as bytes
    from taken`.execute(db);
  return rows[0] ?? { messages: 0, bytes: 0 };
}

/** Indexes messages anew that have changed in the same transaction. The stream is locked. */
export async function replaceIndex(
  db: Db,
  conversationId: string,
  seqs: readonly number[],
): Promise<void> {
  await lockIndex(db, [conversationId]);
  await sql`
    delete from message_search
    where conversation_id = ${conversationId} and seq = any(${seqs}::int[])`.execute(db);
  await sql`
    insert into message_search (conversation_id, seq, sender_id, created_at, body)
    select ${indexed}
    from messages m join conversations c on c.id = m.conversation_id and m.seq <= c.search_seq
    where m.conversation_id = ${conversationId} and m.seq = any(${seqs}::int[])
      and ${canBeFound}`.execute(db);
}
