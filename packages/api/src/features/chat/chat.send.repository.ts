import type pg from 'pg';
import { statement } from '../../database/statement.ts';

/** A message that somebody wants to send. */
export interface Wanted {
  id: string;
  conversationId: string;
  senderId: string;
}

/** What a send finds: the message that has its id already, and the sender's place in the conversation. */
export interface SendFacts {
  stored: StoredMessage | null;
  isMember: boolean;
  peerId: string | null;
  areFriends: boolean;
}

export interface StoredMessage {
  id: string;
  conversationId: string;
  seq: number;
  senderId: string;
  text: string;
  createdAt: Date;
}

interface FactsRow {
  stored_conversation_id: string | null;
  seq: number;
  sender_id: string;
  text: string;
  created_at: Date;
  is_member: boolean;
  peer_id: string | null;
  are_friends: boolean;
}

const findFacts = statement<FactsRow, [string[], string[], string[]]>(
  'chat-send-facts',
  `select m.conversation_id as stored_conversation_id, m.seq, m.sender_id, m.text, m.created_at,
     me.user_id is not null as is_member, peer.user_id as peer_id, f.user_id is not null as are_friends
   from unnest($1::uuid[], $2::uuid[], $3::uuid[]) with ordinality
     as q (id, conversation_id, sender_id, n)
   left join messages m on m.id = q.id
   left join conversation_members me
     on me.conversation_id = q.conversation_id and me.user_id = q.sender_id
   left join conversations c on c.id = me.conversation_id and c.kind = 'direct'
   left join lateral (
     select o.user_id from conversation_members o
     where o.conversation_id = c.id and o.user_id <> q.sender_id limit 1
   ) peer on true
   left join friendships f on f.user_id = q.sender_id and f.friend_id = peer.user_id
   order by q.n`,
);

/** The facts of several sends in one read. */
export async function readSendFacts(hot: pg.Pool, wanted: readonly Wanted[]): Promise<SendFacts[]> {
  const rows = await findFacts(
    hot,
    wanted.map(({ id }) => id),
    wanted.map(({ conversationId }) => conversationId),
    wanted.map(({ senderId }) => senderId),
  );
  return rows.map((row, index) => ({
    stored: toStored(wanted[index]?.id ?? '', row),
    isMember: row.is_member,
    peerId: row.peer_id,
    areFriends: row.are_friends,
  }));
}

function toStored(id: string, row: FactsRow): StoredMessage | null {
  const { stored_conversation_id: conversationId, seq, sender_id: senderId, text } = row;
  return conversationId === null
    ? null
    : { id, conversationId, seq, senderId, text, createdAt: row.created_at };
}

/** A message on its way into the table and, with the same words, into the log. */
export interface NewMessage extends Wanted {
  text: string;
  /** ISO 8601. */
  createdAt: string;
  /** JSON of the event's body without its end: `seq` comes last and is not known yet. */
  bodyHead: string;
  /** When it was decided that it may be sent (`performance.now`). */
  decidedAt: number;
}

/** Where a message has its place. */
export interface Placed {
  /** Of the message in its conversation. */
  seq: number;
  /** Of the event in the conversation's stream. */
  eventSeq: number;
}

/**
 * Messages and their events in one statement, and so in one commit. Conversations come first, then the
 * marks of the senders, then the streams, as everywhere else, each in the order of `rooms`: so writers
 * hardly ever wait for each other in a ring, and where they do, the loser tries again. Each conversation
 * gives its messages a range of seqs, in the order in which they are asked for. Who writes has read: the
 * sender's mark moves along.
 *
 * The position of the events is made as `insertEvents` makes it.
 */
const insertMessages = statement<
  { n: bigint; seq: number; event_seq: bigint },
  [string[], string[], string[], string[], string[], string[]]
>(
  'chat-send',
  `with asked as materialized (
     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[])
       with ordinality as t (id, conversation_id, sender_id, text, at, body, n)
   ), rooms as materialized (
     select conversation_id, count(*)::int as count, max(at) as at
     from asked group by conversation_id order by conversation_id
   ), heads as (
     update conversations c set
       head_seq = c.head_seq + r.count, active_at = greatest(c.active_at, r.at)
     from rooms r where c.id = r.conversation_id
     returning c.id, c.head_seq - r.count as before
   ), numbered as materialized (
     select a.*, (h.before + a.place)::int as seq
     from (
       select *, row_number() over (partition by conversation_id order by n) as place from asked
     ) a
     join heads h on h.id = a.conversation_id
   ), marks as (
     update conversation_members m set read_seq = s.seq
     from (
       select conversation_id, sender_id, max(seq) as seq from numbered group by 1, 2
     ) s
     where m.conversation_id = s.conversation_id and m.user_id = s.sender_id
     returning 1
   ), stream_heads as (
     update streams s set
       head_seq = s.head_seq + r.count,
       head_pos = greatest(s.head_pos, pg_current_xact_id()::text::bigint)
     from rooms r
     where s.id = r.conversation_id and (select count(*) from marks) >= 0
     returning s.id, s.head_seq - r.count as before, s.head_pos
   ), placed as materialized (
     select a.*, s.head_pos, s.before + a.place as event_seq
     from numbered a join stream_heads s on s.id = a.conversation_id
   ), messages_written as (
     insert into messages (conversation_id, seq, id, sender_id, text, created_at)
     select conversation_id, seq, id, sender_id, text, at from placed
   ), events_written as (
     insert into stream_events (stream_id, seq, pos, type, at, body)
     select conversation_id, event_seq, head_pos, 'chat.message', at, (body || seq || '}')::json
     from placed
   )
   select n, seq, event_seq from placed`,
);

/**
 * Writes messages, all of them or none.
 *
 * @returns their places, in the order of `messages`; null for one whose conversation is gone
 * @throws unique violation on `messages_id` when an id was used before
 */
export async function writeMessages(
  hot: pg.Pool,
  messages: readonly NewMessage[],
): Promise<(Placed | null)[]> {
  const rows = await insertMessages(
    hot,
    messages.map(({ id }) => id),
    messages.map(({ conversationId }) => conversationId),
    messages.map(({ senderId }) => senderId),
    messages.map(({ text }) => text),
    messages.map(({ createdAt }) => createdAt),
    messages.map(({ bodyHead }) => bodyHead),
  );
  const places: (Placed | null)[] = messages.map(() => null);
  for (const { n, seq, event_seq: eventSeq } of rows) {
    places[Number(n) - 1] = { seq, eventSeq: Number(eventSeq) };
  }
  return places;
}
