import type { ChatRole } from '@chapar/contract';
import { CompiledQuery, sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';
import {
  isShown,
  isoTime,
  messageColumns,
  type MessageExtra,
  type MessageRow,
} from './chat.message.repository.ts';
import { replaceIndex } from './chat.search.index.repository.ts';

/** Messages of one conversation, and who looks at them. */
export interface Places {
  conversationId: string;
  userId: string;
  seqs: readonly number[];
}

/** What is looked at of a message that somebody wants to change. */
export interface ChangeableRow {
  seq: number;
  sender_id: string;
  text: string;
  created_at: Date;
  is_deleted: boolean;
  extra: MessageExtra | null;
  /** Null when the sender is no member any more. */
  sender_role: ChatRole | null;
}

/** Those of some messages that there are and that the member has not deleted for themselves. */
export async function findChangeable(
  db: Db,
  { conversationId, userId, seqs }: Places,
): Promise<ChangeableRow[]> {
  const { rows } = await sql<ChangeableRow>`
    select m.seq, m.sender_id, m.text, m.created_at, m.deleted_at is not null as is_deleted, m.extra,
      author.role as sender_role
    from conversation_members me
    join messages m on m.conversation_id = me.conversation_id
    left join conversation_members author
      on author.conversation_id = m.conversation_id and author.user_id = m.sender_id
    where me.user_id = ${userId} and me.conversation_id = ${conversationId}
      and m.seq = any(${seqs}::int[]) and ${sql.raw(isShown('m', 'me'))}
    order by m.seq`.execute(db);
  return rows;
}

const ofPlaces = `select ${messageColumns('m', '$1')}
  from messages m where m.conversation_id = $2 and m.seq = any($3::int[]) order by m.seq`;

/** Messages as the member sees them, in an open transaction; by rising seq. */
export async function findMessageRows(
  db: Db,
  { conversationId, userId, seqs }: Places,
): Promise<MessageRow[]> {
  const { rows } = await db.executeQuery<MessageRow>(
    CompiledQuery.raw(ofPlaces, [userId, conversationId, seqs]),
  );
  return rows;
}

/** Writes the new words of a message, and keeps the old ones. The stream is locked. */
export async function writeEdit(
  db: Db,
  edit: {
    conversationId: string;
    seq: number;
    text: string;
    extra: MessageExtra | null;
    /** Whom it called before. */
    calledBefore: readonly string[];
    now: Date;
  },
): Promise<void> {
  const { conversationId, seq, text, extra, calledBefore, now } = edit;
  const called = extra?.mentions ?? [];
  const uncalled = calledBefore.filter((userId) => !called.includes(userId));
  await sql`
    with kept as (
      insert into message_edits (conversation_id, seq, revision, text, written_at)
      select conversation_id, seq, revision, text, coalesce(edited_at, created_at) from messages
      where conversation_id = ${conversationId} and seq = ${seq}
    ), uncalled as (
      delete from message_mentions
      where conversation_id = ${conversationId} and seq = ${seq} and user_id = any(${uncalled}::uuid[])
    ), called as (
      insert into message_mentions (user_id, conversation_id, seq)
      select id, ${conversationId}, ${seq} from unnest(${called}::uuid[]) t (id)
      on conflict do nothing
    )
    update messages set text = ${text}, extra = ${extra && JSON.stringify(extra)}::jsonb,
      edited_at = ${now}, revision = revision + 1
    where conversation_id = ${conversationId} and seq = ${seq}`.execute(db);
}

/**
 * Takes the words out of messages and out of the search, and everything that hung on them. Their places stay.
 * The stream is locked.
 *
 * @returns those that were pinned for everybody
 */
export async function writeTombstones(
  db: Db,
  { conversationId, seqs, now }: { conversationId: string; seqs: readonly number[]; now: Date },
): Promise<number[]> {
  const which = sql`conversation_id = ${conversationId} and seq = any(${seqs}::int[])`;
  const { rows } = await sql<{ seq: number }>`
    with called as materialized (
      select seq, t.id::uuid as user_id
      from messages, jsonb_array_elements_text(extra -> 'mentions') t (id)
      where ${which}
    ), uncalled as (
      delete from message_mentions n using called c
      where n.user_id = c.user_id and n.conversation_id = ${conversationId} and n.seq = c.seq
    ), unkept as (
      delete from message_edits where ${which}
    ), unreacted as (
      delete from message_reactions where ${which}
    ), unpinned as (
      delete from message_pins where ${which} returning seq, pinned_for
    ), buried as (
      update messages set text = '', extra = null, reactions = null, edited_at = null,
        deleted_at = ${now}, revision = revision + 1
      where ${which}
    )
    select seq from unpinned where pinned_for = ${conversationId}`.execute(db);
  await replaceIndex(db, conversationId, seqs);
  return rows.map(({ seq }) => seq);
}

/** How many of some places have a message. */
export async function countMessages(
  db: Db,
  { conversationId, seqs }: Omit<Places, 'userId'>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from messages
    where conversation_id = ${conversationId} and seq = any(${seqs}::int[])`.execute(db);
  return rows[0]?.count ?? 0;
}

interface Hidden {
  /** Those that were not hidden before, by rising seq. */
  seqs: number[];
  /** Those that the member had pinned for themselves. */
  unpinned: number[];
  /** The read mark; null when it has not moved. */
  read_seq: number | null;
}

/** Hides messages from one member, who has read up to them. The stream is locked. */
export async function writeHides(
  db: Db,
  { conversationId, userId, seqs }: Places,
): Promise<Hidden> {
  const { rows } = await sql<Hidden>`
    with hidden as (
      insert into message_hides (user_id, conversation_id, seq)
      select ${userId}, ${conversationId}, seq from unnest(${seqs}::int[]) t (seq)
      on conflict do nothing returning seq
    ), unpinned as (
      delete from message_pins
      where conversation_id = ${conversationId} and pinned_for = ${userId} and seq = any(${seqs}::int[])
      returning seq
    ), marked as (
      update conversation_members set has_hidden = true,
        read_seq = greatest(read_seq, ${Math.max(...seqs)}::int)
      where conversation_id = ${conversationId} and user_id = ${userId}
      returning case when new.read_seq > old.read_seq then new.read_seq end as read_seq
    )
    select array(select seq from hidden order by seq) as seqs,
      array(select seq from unpinned order by seq) as unpinned,
      (select read_seq from marked) as read_seq`.execute(db);
  return rows[0] ?? { seqs: [], unpinned: [], read_seq: null };
}

const newestShown = `select ${messageColumns('m', 'me.user_id')}
  from conversation_members me join messages m on m.conversation_id = me.conversation_id
  where me.user_id = $1 and me.conversation_id = $2 and ${isShown('m', 'me')}
  order by m.seq desc limit 1`;

/** The newest message that a member has not deleted for themselves, in an open transaction. */
export async function findNewestShown(
  db: Db,
  conversationId: string,
  userId: string,
): Promise<MessageRow | undefined> {
  const { rows } = await db.executeQuery<MessageRow>(
    CompiledQuery.raw(newestShown, [userId, conversationId]),
  );
  return rows[0];
}

/** More texts than anybody looks at. */
const mostEdits = 100;

/**
 * What a message said before, newest first: one row of nulls where it was never edited, and none for who is
 * not in the conversation.
 */
export const findEdits = statement<
  { is_there: boolean; text: string | null; written_at: string | null },
  [userId: string, conversationId: string, seq: number]
>(
  'chat-edits',
  `select m.seq is not null as is_there, e.text, ${isoTime('e.written_at')} as written_at
   from conversation_members me
   left join messages m
     on m.conversation_id = me.conversation_id and m.seq = $3 and ${isShown('m', 'me')}
   left join lateral (
     select revision, text, written_at from message_edits h
     where h.conversation_id = m.conversation_id and h.seq = m.seq
     order by h.revision desc limit ${mostEdits}
   ) e on true
   where me.user_id = $1 and me.conversation_id = $2
   order by e.revision desc`,
);
