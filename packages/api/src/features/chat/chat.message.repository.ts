import type { SystemNote } from '@chapar/contract';
import { statement } from '../../database/statement.ts';

/** What few messages have, as it is stored. */
export interface MessageExtra {
  replyToSeq?: number;
  mentions?: string[];
  forwardedFrom?: { senderId: string; createdAt: string };
  /** Of which message it is a copy, as `conversation/seq`. Nobody is shown that. */
  source?: string;
  system?: SystemNote;
}

/** What most messages do not have, as one value: reading is cheaper so. */
interface MessageMore {
  revision: number;
  editedAt: string | null;
  deletedAt: string | null;
  extra: MessageExtra | null;
  reactions: Record<string, number> | null;
  mine: string[] | null;
}

/** A message, its times as text (ISO 8601). */
export interface MessageRow {
  id: string;
  conversation_id: string;
  seq: number;
  sender_id: string;
  text: string;
  created_at: string;
  more: MessageMore | null;
}

/** SQL of an instant as ISO 8601 text with milliseconds, as `Date.toISOString` writes it. */
export function isoTime(sql: string): string {
  return `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/**
 * SQL of the columns of a {@link MessageRow}.
 *
 * @param m alias of `messages`
 * @param viewer SQL of whose reactions are told apart; null for a view that everybody gets
 */
export function messageColumns(m: string, viewer: string | null): string {
  const mine =
    viewer === null
      ? 'null'
      : `case when ${m}.reactions is not null then (
           select jsonb_agg(own.emoji order by own.created_at, own.emoji) from message_reactions own
           where own.conversation_id = ${m}.conversation_id and own.seq = ${m}.seq
             and own.user_id = ${viewer}
         ) end`;
  return `${m}.id, ${m}.conversation_id, ${m}.seq, ${m}.sender_id, ${m}.text,
    ${isoTime(`${m}.created_at`)} as created_at,
    case when ${m}.revision > 0 or ${m}.extra is not null then jsonb_build_object(
      'revision', ${m}.revision, 'editedAt', ${isoTime(`${m}.edited_at`)},
      'deletedAt', ${isoTime(`${m}.deleted_at`)}, 'extra', ${m}.extra, 'reactions', ${m}.reactions,
      'mine', ${mine}) end as more`;
}

/**
 * SQL that is true for a message that the member has not deleted for themselves. No `exists`: PostgreSQL likes
 * to read the whole table for that, into a hash.
 */
export function isShown(m: string, me: string): string {
  return `not (${me}.has_hidden and (
    select true from message_hides h
    where h.user_id = ${me}.user_id and h.conversation_id = ${m}.conversation_id and h.seq = ${m}.seq
  ) is not null)`;
}

/** For a conversation that has no such message there is one row of nulls, and for who is not in it none. */
type ListedRow = MessageRow | Record<keyof MessageRow, null>;

function listStatement(name: string, where: string, order: 'asc' | 'desc') {
  return statement<ListedRow, [userId: string, conversationId: string, seq: number, limit: number]>(
    name,
    `select ${messageColumns('m', '$1')}
     from conversation_members me
     left join lateral (
       select * from messages m
       where m.conversation_id = me.conversation_id and ${where} and ${isShown('m', 'me')}
       order by m.seq ${order} limit $4
     ) m on true
     where me.user_id = $1 and me.conversation_id = $2
     order by m.seq ${order}`,
  );
}

/** More than the seq of any message. */
export const largestSeq = 2_147_483_647;
const findOlder = listStatement('chat-messages', 'm.seq < $3::int', 'desc');
const findNewer = listStatement('chat-messages-newer', 'm.seq > $3::int', 'asc');

type Hot = Parameters<typeof findOlder>[0];

interface Range {
  userId: string;
  conversationId: string;
  limit: number;
}

/**
 * Messages that a person may read, newest first.
 *
 * @param beforeSeq null for the newest
 * @returns null for who is not in the conversation
 */
export async function findMessagesBefore(
  hot: Hot,
  { userId, conversationId, limit }: Range,
  beforeSeq: number | null,
): Promise<MessageRow[] | null> {
  return found(await findOlder(hot, userId, conversationId, beforeSeq ?? largestSeq, limit));
}

/** The same, from a place on: oldest first. */
export async function findMessagesAfter(
  hot: Hot,
  { userId, conversationId, limit }: Range,
  afterSeq: number,
): Promise<MessageRow[] | null> {
  return found(await findNewer(hot, userId, conversationId, afterSeq, limit));
}

const findSome = statement<
  ListedRow,
  [userId: string, conversationId: string, seqs: readonly number[]]
>(
  'chat-messages-some',
  `select ${messageColumns('m', '$1')}
   from conversation_members me
   left join lateral (
     select m.* from unnest($3::int[]) s (seq)
     join messages m on m.conversation_id = me.conversation_id and m.seq = s.seq
     where ${isShown('m', 'me')}
   ) m on true
   where me.user_id = $1 and me.conversation_id = $2
   order by m.seq`,
);

/** Those of some messages that there are and that a person may read, by rising seq. */
export async function findMessagesOf(
  hot: Hot,
  { userId, conversationId, seqs }: Omit<Range, 'limit'> & { seqs: readonly number[] },
): Promise<MessageRow[] | null> {
  return found(await findSome(hot, userId, conversationId, [...new Set(seqs)]));
}

function found(rows: readonly ListedRow[]): MessageRow[] | null {
  return rows.length === 0 ? null : rows.filter((row) => row.seq !== null);
}
