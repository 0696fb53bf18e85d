import type { ConversationView, MessageView, UserCard } from '@chapar/contract';
import type { ConversationRow, ListedMessageRow } from './chat.repository.ts';

export function toListedMessage(conversationId: string, row: ListedMessageRow): MessageView {
  return {
    id: row.id,
    conversationId,
    seq: row.seq,
    senderId: row.sender_id,
    text: row.text,
    createdAt: row.created_at,
  };
}

export function toConversationView(row: ConversationRow): ConversationView {
  return {
    id: row.id,
    kind: row.kind,
    peer: { id: row.peer_id, firstName: row.peer_first_name, lastName: row.peer_last_name },
    headSeq: row.message_seq,
    readSeq: row.read_seq,
    peerReadSeq: row.peer_read_seq,
    lastMessage: toLastMessage(row),
    createdAt: row.created_at.toISOString(),
  };
}

/** A conversation that has just begun. */
export function toNewConversationView(id: string, peer: UserCard, now: Date): ConversationView {
  return {
    id,
    kind: 'direct',
    peer,
    headSeq: 0,
    readSeq: 0,
    peerReadSeq: 0,
    lastMessage: null,
    createdAt: now.toISOString(),
  };
}

function toLastMessage(row: ConversationRow): MessageView | null {
  const { message_id: id, message_sender_id: senderId, message_text: text } = row;
  if (id === null || senderId === null || text === null || !row.message_created_at) {
    return null;
  }
  return {
    id,
    conversationId: row.id,
    seq: row.message_seq,
    senderId,
    text,
    createdAt: row.message_created_at.toISOString(),
  };
}
