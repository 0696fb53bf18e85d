import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../../database/tables.ts';
import { isShown, messageColumns, type MessageRow } from './chat.message.repository.ts';
import type { SearchPart } from './chat.search.rules.ts';

/** A message that was found. */
export interface FoundRow extends MessageRow {
  /** When it was sent, in milliseconds since 1970. */
  sent_ms: number;
}

/** The last place of a page. */
export type FoundPlace = readonly [sentAt: Date, conversationId: string, seq: number];

export interface Search {
  userId: string;
  /** Null for all that the person is in. */
  conversationId: string | null;
  parts: readonly SearchPart[];
  before: FoundPlace | null;
  limit: number;
}

/**
 * Bounds what follows in the transaction: each statement to some milliseconds, and to looks into indexes, for a
 * plan that is good for a few rooms has to be good for all.
 */
export async function boundSearch(db: Db, timeoutMs: number): Promise<void> {
  await sql`
    select set_config('statement_timeout', ${String(timeoutMs)}, true),
      set_config('enable_seqscan', 'off', true),
      set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true)`.execute(db);
}

/** Writes parts of a query as the texts of messages are written in the index. */
export async function normalizeParts(db: Db, parts: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ body: string }>`
    select chat_search_body(t.part) as body
    from unnest(${parts}::text[]) with ordinality t (part, n) order by t.n`.execute(db);
  return rows.map(({ body }) => body);
}

/** Messages that have all parts of a query, newest first. In a transaction of {@link boundSearch}. */
export async function searchMessages(db: Db, search: Search): Promise<FoundRow[]> {
  const { rows } = await searchStatement(search).execute(db);
  return rows;
}

/** In a conversation of more messages than that it is less work to ask the index of their words. */
const largeFrom = 5_000;

/**
 * Looks conversation by conversation, so that it does not matter what is said where the person is not. A small
 * one is read as a whole: to find its few messages among all others that have a word would take longer. What
 * has changed since it was indexed is compared once more.
 */
export function searchStatement(search: Search): RawBuilder<FoundRow> {
  const { userId, conversationId, limit } = search;
  const one = conversationId === null ? sql`` : sql`and me.conversation_id = ${conversationId}`;
  return sql<FoundRow>`
    select ${sql.raw(messageColumns('m', 'f.user_id'))},
      (extract(epoch from m.created_at) * 1000)::float8 as sent_ms
    from (
      select me.user_id, f.*
      from conversation_members me
      join streams line on line.id = me.conversation_id
      cross join lateral (
        (${foundIn(search, sql`line.message_seq > ${largeFrom}`, sql`s.body`)})
        union all
        (${foundIn(search, sql`line.message_seq <= ${largeFrom}`, sql`(s.body || '')`)})
      ) f
      where me.user_id = ${userId} ${one}
      order by f.created_at desc, f.conversation_id desc, f.seq desc limit ${limit}
    ) f
    join messages m on m.conversation_id = f.conversation_id and m.seq = f.seq
    order by f.created_at desc, f.conversation_id desc, f.seq desc`;
}

/** @param body SQL of what is compared: the column itself, for which there is an index, or an expression */
function foundIn(
  { parts, before, limit }: Search,
  where: RawBuilder<unknown>,
  body: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`
    select s.conversation_id, s.seq, s.created_at
    from message_search s
    join messages m on m.conversation_id = s.conversation_id and m.seq = s.seq
    where ${where} and s.conversation_id = me.conversation_id
      and ${hasAll(parts, (pattern) => sql`${body} like ${pattern}`)}
      ${before === null ? sql`` : isBefore(before)}
      and m.deleted_at is null
      and (m.edited_at is null
        or ${hasAll(parts, (pattern) => sql`chat_search_body(m.text) like ${pattern}`)})
      and ${sql.raw(isShown('m', 'me'))}
      and not exists (
        select from blocks b where b.blocker_id = me.user_id and b.blocked_id = s.sender_id)
      and not exists (
        select from blocks b where b.blocker_id = s.sender_id and b.blocked_id = me.user_id)
    order by s.created_at desc, s.seq desc limit ${limit}`;
}

function isBefore([sentAt, conversationId, seq]: FoundPlace): RawBuilder<unknown> {
  return sql`and s.created_at <= ${sentAt}
    and (s.created_at, s.conversation_id, s.seq) < (${sentAt}, ${conversationId}::uuid, ${seq}::int)`;
}

function hasAll(
  parts: readonly SearchPart[],
  has: (pattern: string) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  const and = sql` and `;
  const or = sql` or `;
  return sql.join(
    parts.map(
      (ways) =>
        sql`(${sql.join(
          ways.map((way) => sql.join(way.map(has), and)),
          or,
        )})`,
    ),
    and,
  );
}
