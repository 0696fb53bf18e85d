import type pg from 'pg';
import { arrayOf } from '../../database/array-literal.ts';
import { lastSeenOfSession } from '../../database/live-session.ts';
import { statement } from '../../database/statement.ts';

/** A message that somebody wants to send. */
export interface Wanted {
  id: string;
  conversationId: string;
  senderId: string;
  /** In which the sender sends it. */
  sessionId: string;
}

/** What a send finds: the message that has its id already, and the sender's place in the conversation. */
export interface SendFacts {
  /** When the session was last seen, in milliseconds since 1970; null when it is over. */
  lastSeenMs: number | null;
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
  last_seen: number | null;
  stored_conversation_id: string | null;
  seq: number;
  sender_id: string;
  text: string;
  created_at: Date;
  is_member: boolean;
  peer_id: string | null;
  are_friends: boolean;
}

const findFacts = statement<FactsRow, string[]>(
  'chat-send-facts',
  `select ${lastSeenOfSession('q.session_id', 'q.sender_id')} as last_seen,
     m.conversation_id as stored_conversation_id, m.seq, m.sender_id, m.text, m.created_at,
     me.user_id is not null as is_member, peer.user_id as peer_id, f.user_id is not null as are_friends
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) with ordinality
     as q (id, conversation_id, sender_id, session_id, n)
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
    arrayOf(wanted, ({ id }) => id),
    arrayOf(wanted, ({ conversationId }) => conversationId),
    arrayOf(wanted, ({ senderId }) => senderId),
    arrayOf(wanted, ({ sessionId }) => sessionId),
  );
  return rows.map((row, index) => ({
    lastSeenMs: row.last_seen,
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
