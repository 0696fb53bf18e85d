import type pg from 'pg';
import { statement } from '../../database/statement.ts';
import { isShown, isoTime, type MessageExtra } from './chat.message.repository.ts';

/** What somebody's message refers to. */
interface Reference {
  userId: string;
  conversationId: string;
  /** The message that it answers; 0 for none. */
  seq: number;
  mentions: readonly string[];
}

interface Replied {
  isMember: boolean;
  /** Whether the message that is answered is there. */
  isThere: boolean;
  /** Those who are members. */
  mentions: string[];
}

const findRepliedRow = statement<
  { is_there: boolean; mentions: string[] | null },
  [userId: string, conversationId: string, seq: number, mentions: readonly string[]]
>(
  'chat-send-replied',
  `select
     exists (
       select from messages m
       where m.conversation_id = me.conversation_id and m.seq = $3 and m.deleted_at is null
         and ${isShown('m', 'me')}
     ) as is_there,
     (
       select array_agg(distinct o.user_id) from unnest($4::uuid[]) t (id)
       join conversation_members o on o.user_id = t.id and o.conversation_id = me.conversation_id
     ) as mentions
   from conversation_members me where me.user_id = $1 and me.conversation_id = $2`,
);

/** What a message refers to in its conversation. */
export async function findReplied(
  hot: pg.Pool,
  { userId, conversationId, seq, mentions }: Reference,
): Promise<Replied> {
  const [row] = await findRepliedRow(hot, userId, conversationId, seq, mentions);
  return {
    isMember: row !== undefined,
    isThere: row?.is_there ?? false,
    mentions: row?.mentions ?? [],
  };
}

const findSourceRow = statement<
  {
    text: string;
    sender_id: string;
    created_at: string;
    origin: NonNullable<MessageExtra['forwardedFrom']> | null;
  },
  [userId: string, conversationId: string, seq: number]
>(
  'chat-forward-source',
  `select m.text, m.sender_id, ${isoTime('m.created_at')} as created_at,
     m.extra -> 'forwardedFrom' as origin
   from conversation_members me
   join messages m on m.conversation_id = me.conversation_id and m.seq = $3
   where me.user_id = $1 and me.conversation_id = $2
     and m.deleted_at is null and m.extra -> 'system' is null and ${isShown('m', 'me')}`,
);

/** A message that a person can read and others may read, too; undefined when there is none. */
export async function findSource(
  hot: pg.Pool,
  userId: string,
  conversationId: string,
  seq: number,
) {
  const [row] = await findSourceRow(hot, userId, conversationId, seq);
  return row;
}
