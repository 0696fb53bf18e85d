import type { UserCard } from '@chapar/contract';
import { sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';

/** SQL of whether others are told how far a member has come: the two of a conversation while they are friends. */
const isShown = `u.shows_receipts and case c.kind
  when 'direct' then s.message_open when 'group' then c.member_count <= `;

interface Moved {
  read_seq: number;
  /** What others are told; null when nothing new. */
  shown_seq: number | null;
}

/**
 * Moves a read mark forward, never back and never past the newest message. The stream is locked first, as
 * by those who send.
 *
 * @param receiptMembers in a larger group nobody is told
 * @returns undefined when nothing has moved
 */
export async function advanceRead(
  db: Db,
  mark: { conversationId: string; userId: string; seq: number; receiptMembers: number },
): Promise<Moved | undefined> {
  const { conversationId, userId, seq, receiptMembers } = mark;
  const shown = sql`(${sql.raw(isShown)} ${receiptMembers} else false end)`;
  const { rows } = await sql<Moved>`
    with head as materialized (
      select least(${seq}::int, s.message_seq) as seq, ${shown} as is_shown
      from conversation_members m
      join streams s on s.id = m.conversation_id
      join conversations c on c.id = m.conversation_id
      join users u on u.id = m.user_id
      where m.conversation_id = ${conversationId} and m.user_id = ${userId} and (
        m.read_seq < least(${seq}::int, s.message_seq)
        or ${shown} and m.shown_read_seq < least(${seq}::int, s.message_seq)
      )
      for no key update of s
    ), moved as (
      update conversation_members m set
        read_seq = greatest(m.read_seq, head.seq),
        delivered_seq = greatest(m.delivered_seq, head.seq),
        shown_read_seq = case when head.is_shown
          then greatest(m.shown_read_seq, head.seq) else m.shown_read_seq end
      from head
      where m.conversation_id = ${conversationId} and m.user_id = ${userId} and (
        m.read_seq < head.seq or head.is_shown and m.shown_read_seq < head.seq
      )
      returning m.read_seq, case when head.is_shown then m.shown_read_seq end as shown_seq
    )
    select * from moved`.execute(db);
  return rows[0];
}

/** @returns undefined for those who are not in the conversation */
export async function findReadSeq(
  db: Db,
  userId: string,
  conversationId: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('conversation_members')
    .select('read_seq')
    .where('user_id', '=', userId)
    .where('conversation_id', '=', conversationId)
    .executeTakeFirst();
  return row?.read_seq;
}

interface Delivered {
  conversation_id: string;
  delivered_seq: number;
  shown_seq: number | null;
}

/**
 * Says of many conversations how far their messages have arrived, never back and never past the newest. The
 * streams are locked in the order of their ids.
 *
 * @returns those of the conversations that the person is in; `shown_seq` where the others are to be told
 */
export async function advanceDelivered(
  db: Db,
  marks: {
    userId: string;
    conversationIds: readonly string[];
    seqs: readonly number[];
    receiptMembers: number;
  },
): Promise<Delivered[]> {
  const { userId, conversationIds, seqs, receiptMembers } = marks;
  const shown = sql`(${sql.raw(isShown)} ${receiptMembers} else false end)`;
  const { rows } = await sql<Delivered>`
    with asked as (
      select id, max(seq) as seq
      from unnest(${conversationIds}::uuid[], ${seqs}::int[]) t (id, seq) group by id
    ), heads as materialized (
      select s.id, least(a.seq, s.message_seq) as seq, ${shown} as is_shown
      from asked a
      join conversation_members m on m.conversation_id = a.id and m.user_id = ${userId}
      join streams s on s.id = a.id
      join conversations c on c.id = a.id
      join users u on u.id = m.user_id
      where m.delivered_seq < least(a.seq, s.message_seq)
      order by s.id
      for no key update of s
    ), moved as (
      update conversation_members m set
        delivered_seq = greatest(m.delivered_seq, h.seq),
        shown_delivered_seq = case when h.is_shown
          then greatest(m.shown_delivered_seq, h.seq) else m.shown_delivered_seq end
      from heads h
      where m.conversation_id = h.id and m.user_id = ${userId} and m.delivered_seq < h.seq
      returning m.conversation_id, m.delivered_seq,
        case when h.is_shown and m.shown_read_seq < h.seq then m.shown_delivered_seq end as shown_seq
    )
    select m.conversation_id, coalesce(moved.delivered_seq, m.delivered_seq) as delivered_seq,
      moved.shown_seq
    from asked a
    join conversation_members m on m.conversation_id = a.id and m.user_id = ${userId}
    left join moved on moved.conversation_id = m.conversation_id
    order by m.conversation_id`.execute(db);
  return rows;
}

interface ReceiptRow {
  /** Null where there are more members than are listed. */
  readers: UserCard[] | null;
  read_count: number;
  delivered_count: number;
}

/**
 * Who has read a message. Where members are listed it is what they show; above that a count of all who let
 * it be known, and were there when it came.
 */
export const findReceipts = statement<
  ReceiptRow,
  [userId: string, conversationId: string, seq: number, receiptMembers: number]
>(
  'chat-receipts',
  `select count(*) filter (where o.read and u.id is not null)::int as read_count,
     count(*) filter (where (o.read or o.delivered) and u.id is not null)::int as delivered_count,
     case when c.kind <> 'channel' and c.member_count <= $4 then coalesce(
       jsonb_agg(jsonb_build_object('id', u.id, 'firstName', u.first_name, 'lastName', u.last_name)
         order by o.joined_at, o.user_id) filter (where o.read and u.id is not null), '[]') end as readers
   from conversation_members me
   join conversations c on c.id = me.conversation_id
   join messages m on m.conversation_id = me.conversation_id and m.seq = $3
   left join lateral (
     select p.user_id, p.joined_at,
       case when c.kind <> 'channel' and c.member_count <= $4 then p.shown_read_seq
         when p.joined_at <= m.created_at then p.read_seq end >= $3 as read,
       case when c.kind <> 'channel' and c.member_count <= $4 then p.shown_delivered_seq
         when p.joined_at <= m.created_at then p.delivered_seq end >= $3 as delivered
     from conversation_members p
     where p.conversation_id = c.id and p.user_id <> m.sender_id
   ) o on true
   left join users u on u.id = o.user_id and u.shows_receipts
   where me.user_id = $1 and me.conversation_id = $2
   group by c.kind, c.member_count`,
);
