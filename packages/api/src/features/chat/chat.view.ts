import type {
  ChatMemberView,
  ConversationRoom,
  ConversationView,
  MessageView,
  UserCard,
} from '@chapar/contract';
import type { ConversationRow } from './chat.list.repository.ts';
import type { MessageExtra, MessageRow } from './chat.message.repository.ts';
import type { MemberRow, RoomRow } from './chat.room.repository.ts';

/** What of a message's extras is shown. */
export function toExtraView(
  extra: MessageExtra | null,
): Pick<MessageView, 'replyToSeq' | 'mentions' | 'forwardedFrom' | 'system'> {
  const { source: _, ...shown } = extra ?? {};
  return shown;
}

export function toMessageView(row: MessageRow): MessageView {
  const { id, conversation_id: conversationId, seq, sender_id: senderId, text, more } = row;
  const view: MessageView = { id, conversationId, seq, senderId, text, createdAt: row.created_at };
  if (more === null) {
    return view;
  }
  const { revision, editedAt, deletedAt, extra, reactions, mine } = more;
  return {
    ...view,
    ...toExtraView(extra),
    ...(editedAt !== null && { editedAt }),
    ...(deletedAt !== null && { deletedAt }),
    ...(revision > 0 && { revision }),
    ...(reactions !== null && { reactions }),
    ...(mine !== null && { myReactions: mine }),
  };
}

export function toConversationView(row: ConversationRow): ConversationView {
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    description: row.description,
    avatar: row.avatar,
    status: row.status,
    isPublic: row.is_public,
    organizationId: row.organization_id,
    slowModeSeconds: row.slow_seconds,
    peer:
      row.peer_id === null
        ? null
        : { id: row.peer_id, firstName: row.peer_first_name, lastName: row.peer_last_name },
    memberCount: row.kind === 'channel' ? null : row.member_count,
    role: row.role,
    grants: row.grants,
    mutedUntil: row.muted_until,
    headSeq: row.message_seq,
    readSeq: row.read_seq,
    mentionSeqs: row.mention_seqs ?? [],
    peerReadSeq: row.peer_read_seq,
    peerDeliveredSeq: row.peer_delivered_seq,
    pinnedAt: row.pinned_at,
    silencedUntil: row.silenced_until,
    lastMessage: row.last && toMessageView(row.last),
    createdAt: row.created_at,
    activeAt: new Date(row.active_ms).toISOString(),
  };
}

/** A direct conversation that has just begun. */
export function toNewDirectView(id: string, peer: UserCard, now: Date): ConversationView {
  return {
    id,
    kind: 'direct',
    title: null,
    description: null,
    avatar: null,
    status: 'open',
    isPublic: false,
    organizationId: null,
    slowModeSeconds: 0,
    peer,
    memberCount: 2,
    role: 'member',
    grants: [],
    mutedUntil: null,
    headSeq: 0,
    readSeq: 0,
    mentionSeqs: [],
    peerReadSeq: 0,
    peerDeliveredSeq: 0,
    pinnedAt: null,
    silencedUntil: null,
    lastMessage: null,
    createdAt: now.toISOString(),
    activeAt: now.toISOString(),
  };
}

/** What everybody in a conversation of many sees of it alike. */
export function toRoomView(row: RoomRow): ConversationRoom {
  return {
    title: row.title,
    description: row.description,
    avatar: row.avatar,
    status: row.status,
    isPublic: row.is_public,
    organizationId: row.organization_id,
    slowModeSeconds: row.slow_seconds,
  };
}

export function toMemberView(row: MemberRow): ChatMemberView {
  return {
    user: { id: row.user_id, firstName: row.first_name, lastName: row.last_name },
    role: row.role,
    grants: row.grants,
    mutedUntil: row.muted_until?.toISOString() ?? null,
    joinedAt: row.joined_at.toISOString(),
    readSeq: row.shown_read_seq,
    deliveredSeq: Math.max(row.shown_read_seq, row.shown_delivered_seq),
  };
}
