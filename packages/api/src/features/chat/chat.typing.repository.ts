import type { ChatRole, ConversationKind, ConversationStatus } from '@chapar/contract';
import { statement } from '../../database/statement.ts';

export interface TypingRow {
  /** Counted no further than the limit. */
  members: number;
  kind: ConversationKind;
  status: ConversationStatus;
  role: ChatRole;
  muted_until: Date | null;
  /** The other person of a direct conversation. */
  peer_id: string | null;
  are_friends: boolean;
}

/** The place of somebody who types in their conversation; none for those who are not in it. */
export const findTyping = statement<
  TypingRow,
  [userId: string, conversationId: string, mostMembers: number]
>(
  'chat-typing',
  `select c.kind, c.status, me.role, me.muted_until, peer.user_id as peer_id,
     exists (
       select from friendships f where f.user_id = me.user_id and f.friend_id = peer.user_id
     ) as are_friends,
     (
       select count(*)::int from (
         select from conversation_members m where m.conversation_id = me.conversation_id limit $3
       ) counted
     ) as members
   from conversation_members me
   join conversations c on c.id = me.conversation_id
   left join lateral (
     select o.user_id from conversation_members o
     where o.conversation_id = me.conversation_id and o.user_id <> me.user_id limit 1
   ) peer on c.kind = 'direct'
   where me.user_id = $1 and me.conversation_id = $2`,
);
