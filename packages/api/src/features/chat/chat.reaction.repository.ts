import { CompiledQuery, sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';
import { isShown, isoTime } from './chat.message.repository.ts';
import type { Place } from './chat.room.ts';

/** A message that somebody wants to react to, and their place in its conversation. */
export interface ReactionFacts extends Place {
  is_there: boolean;
  reactions: Record<string, number> | null;
  /** The person's own. */
  mine: string[];
}

const facts = `select c.kind, c.status, c.direct_key, s.message_open, s.slow_seconds,
    me.role, me.muted_until, me.sent_at, m.seq is not null as is_there, m.reactions,
    array(
      select r.emoji from message_reactions r
      where r.conversation_id = m.conversation_id and r.seq = m.seq and r.user_id = me.user_id
    ) as mine
  from conversation_members me
  join conversations c on c.id = me.conversation_id
  join streams s on s.id = me.conversation_id
  left join messages m on m.conversation_id = me.conversation_id and m.seq = $3
    and m.deleted_at is null and m.extra -> 'system' is null and ${isShown('m', 'me')}
  where me.user_id = $1 and me.conversation_id = $2`;

/** Nothing for who is not in the conversation. */
export const findReactionFacts = statement<
  ReactionFacts,
  [userId: string, conversationId: string, seq: number]
>('chat-reaction-facts', facts);

interface Ref {
  conversationId: string;
  seq: number;
  userId: string;
}

/** The same in an open transaction. */
export async function lockedReactionFacts(
  db: Db,
  { conversationId, seq, userId }: Ref,
): Promise<ReactionFacts | undefined> {
  const { rows } = await db.executeQuery<ReactionFacts>(
    CompiledQuery.raw(facts, [userId, conversationId, seq]),
  );
  return rows[0];
}

/**
 * Sets or takes back a reaction, and writes what the message has now. The stream is locked.
 *
 * @param reactions how many people by emoji, afterwards
 * @returns the message's revision
 */
export async function writeReaction(
  db: Db,
  reaction: Ref & {
    emoji: string;
    isSet: boolean;
    reactions: Record<string, number>;
    now: Date;
  },
): Promise<number> {
  const { conversationId, seq, userId, emoji, isSet, reactions, now } = reaction;
  const one = isSet
    ? sql`insert into message_reactions (conversation_id, seq, user_id, emoji, created_at)
        values (${conversationId}, ${seq}, ${userId}, ${emoji}, ${now})`
    : sql`delete from message_reactions
        where conversation_id = ${conversationId} and seq = ${seq} and user_id = ${userId}
          and emoji = ${emoji}`;
  const { rows } = await sql<{ revision: number }>`
    with one as (${one})
    update messages set reactions = nullif(${JSON.stringify(reactions)}::jsonb, '{}'::jsonb),
      revision = revision + 1
    where conversation_id = ${conversationId} and seq = ${seq} returning revision`.execute(db);
  return rows[0]?.revision ?? 0;
}

/** A reaction, or nulls where there is none. */
export interface ReactionRow {
  is_there: boolean;
  user_id: string | null;
  first_name: string | null;
  last_name: string | null;
  emoji: string | null;
  created_at: string | null;
}

/**
 * Reactions to a message, the oldest first: one row of nulls where there are none, and none for who is not
 * in the conversation.
 */
export const findReactions = statement<
  ReactionRow,
  [
    userId: string,
    conversationId: string,
    seq: number,
    afterAt: Date | null,
    afterUserId: string | null,
    afterEmoji: string | null,
    limit: number,
  ]
>(
  'chat-reactions',
  `select m.seq is not null as is_there, r.user_id, u.first_name, u.last_name, r.emoji,
     ${isoTime('r.created_at')} as created_at
   from conversation_members me
   left join messages m on m.conversation_id = me.conversation_id and m.seq = $3
     and m.extra -> 'system' is null and ${isShown('m', 'me')}
   left join lateral (
     select * from message_reactions o
     where o.conversation_id = m.conversation_id and o.seq = m.seq and (
       $4::timestamptz is null
       or (o.created_at, o.user_id, o.emoji) > ($4::timestamptz, $5::uuid, $6::text)
     )
     order by o.created_at, o.user_id, o.emoji limit $7
   ) r on true
   left join users u on u.id = r.user_id
   where me.user_id = $1 and me.conversation_id = $2
   order by r.created_at, r.user_id, r.emoji`,
);
