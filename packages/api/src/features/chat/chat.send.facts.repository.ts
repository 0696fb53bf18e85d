import type { ChatRole, ConversationKind, ConversationStatus } from '@chapar/contract';
import type pg from 'pg';
import { arrayOf } from '../../database/array-literal.ts';
import { lastSeenOfSession } from '../../database/live-session.ts';
import { statement } from '../../database/statement.ts';
import { messageColumns, type MessageRow } from './chat.message.repository.ts';
import type { SendState } from './chat.rules.ts';

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
  stored: MessageRow | null;
  place: SendState;
  /** The other person of a direct conversation. */
  peerId: string | null;
}

interface FactsRow {
  last_seen: number | null;
  stored: MessageRow | null;
  role: ChatRole | null;
  muted_until: Date | null;
  sent_at: Date | null;
  kind: ConversationKind;
  status: ConversationStatus;
  slow_seconds: number;
  peer_id: string | null;
  are_friends: boolean;
}

const findFacts = statement<FactsRow, string[]>(
  'chat-send-facts',
  `select ${lastSeenOfSession('q.session_id', 'q.sender_id')} as last_seen,
     case when m.id is not null then to_jsonb(m) end as stored,
     me.role, me.muted_until, me.sent_at, c.kind, c.status, s.slow_seconds,
     peer.user_id as peer_id, f.user_id is not null as are_friends
   from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) with ordinality
     as q (id, conversation_id, sender_id, session_id, n)
   left join lateral (
     select ${messageColumns('m', 'q.sender_id')} from messages m where m.id = q.id
   ) m on true
   left join conversation_members me
     on me.conversation_id = q.conversation_id and me.user_id = q.sender_id
   left join conversations c on c.id = me.conversation_id
   left join streams s on s.id = c.id
   left join lateral (
     select o.user_id from conversation_members o
     where o.conversation_id = c.id and o.user_id <> q.sender_id limit 1
   ) peer on c.kind = 'direct'
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
  return rows.map((row) => ({
    lastSeenMs: row.last_seen,
    stored: row.stored,
    place: toPlace(row),
    peerId: row.peer_id,
  }));
}

function toPlace(row: FactsRow): SendState {
  if (row.role === null) {
    return { isMember: false };
  }
  return {
    isMember: true,
    kind: row.kind,
    status: row.status,
    areFriends: row.are_friends,
    role: row.role,
    mutedUntil: row.muted_until,
    sentAt: row.sent_at,
    slowSeconds: row.slow_seconds,
  };
}
