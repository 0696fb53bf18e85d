import { memberKey, pinKey, putMembers, putPins, unpin, without } from './chat-state.lists.ts';
import {
  changed,
  changeMessage,
  mention,
  messageAt,
  newerOf,
  putMessage,
  readUpTo,
} from './chat-state.messages.ts';
import {
  afterChange,
  marksOf,
  miss,
  moveMember,
  type MarkChange,
  type MessageChange,
} from './chat-state.missed.ts';
import type { Chat, ChatChange, ChatMemberView } from './chat-state.types.ts';
import type { ConversationView, MessageView } from './types.ts';

type Change<Type extends ChatChange['type']> = Extract<ChatChange, { type: Type }>;

/** What a conversation is after an event of it. @param userId whose view it is */
export function changeChat(chat: Chat, event: ChatChange, userId: string): Chat {
  switch (event.type) {
    case 'chat.message':
      return addMessage(chat, event.body, userId);
    case 'chat.edited':
    case 'chat.deleted':
      return alterMessage(chat, event, userId);
    case 'chat.hidden':
      return hideMessages(chat, event);
    case 'chat.reacted':
      return changeKnown(chat, event, userId);
    case 'chat.pinned':
      return pin(chat, event, userId);
    case 'chat.unpinned':
      return unpin(chat, [pinKey(event.body)], event.at);
    case 'chat.read':
    case 'chat.delivered':
      return moveMark(chat, event, userId);
    case 'chat.updated': {
      const { conversationId: _, ...room } = event.body;
      return changeConversation(chat, room);
    }
    case 'chat.settings': {
      const { pinnedAt, silencedUntil } = event.body;
      return changeConversation(chat, { pinnedAt, silencedUntil });
    }
    case 'chat.membersAdded': {
      const { members, memberCount } = event.body;
      return changeConversation(putMembers(chat, members), { memberCount });
    }
    case 'chat.memberChanged':
      return changeMember(chat, event.body.member, userId);
    case 'chat.memberRemoved':
      return removeMember(chat, event);
    default:
      return chat;
  }
}

function changeConversation(chat: Chat, change: Partial<ConversationView>): Chat {
  return changed(chat, { conversation: changed(chat.conversation, change) });
}

function addMessage(chat: Chat, body: MessageView, userId: string): Chat {
  const { seq, senderId } = body;
  const isHidden = chat.past.hidden.includes(seq);
  const messages = isHidden ? chat.messages : putMessage(chat.messages, body, newerOf);
  const headSeq = Math.max(chat.conversation.headSeq, seq);
  const { activeAt } = chat.conversation;
  let conversation = changed(chat.conversation, {
    headSeq,
    activeAt: activeAt < body.createdAt ? body.createdAt : activeAt,
  });
  if (!isHidden && seq > (conversation.lastMessage?.seq ?? 0)) {
    conversation = { ...conversation, lastMessage: messageAt({ ...chat, messages }, seq) ?? body };
  }
  if (senderId === userId) {
    conversation = readUpTo(conversation, seq);
  }
  return changed(chat, { messages, conversation: mention(conversation, body, userId) });
}

/** Changes a message wherever it is shown. */
function changeKnown(chat: Chat, event: MessageChange, userId: string): Chat {
  const { seq } = event.body;
  const shown = changeMessage(chat, seq, afterChange(event, userId));
  return messageAt(chat, seq) ? shown : miss(shown, event);
}

function alterMessage(
  chat: Chat,
  event: Change<'chat.edited' | 'chat.deleted'>,
  userId: string,
): Chat {
  const { type, body } = event;
  const shown = changeKnown(chat, event, userId);
  const altered = changed(shown, { conversation: mention(shown.conversation, body, userId) });
  if (type === 'chat.edited') {
    return altered;
  }
  const pins = altered.pins.filter(({ message }) => message.seq !== body.seq);
  const deleted = withNumber(altered.past.deleted, body.seq);
  return changed(altered, {
    ...(pins.length < altered.pins.length && { pins }),
    past: changed(altered.past, { deleted }),
  });
}

function hideMessages(chat: Chat, { body }: Change<'chat.hidden'>): Chat {
  const left = forget(chat, body.seqs);
  const { conversation } = left;
  const told = body.lastMessage;
  if (told === null || left.past.hidden.includes(told.seq)) {
    return left;
  }
  const known = messageAt(left, told.seq);
  const newest = conversation.lastMessage;
  const shown = known ? newerOf(known, told) : told;
  const lastMessage = newest && newest.seq >= told.seq ? newest : shown;
  const headSeq = Math.max(conversation.headSeq, told.seq);
  return changeConversation(left, { lastMessage, headSeq });
}

/** Takes away what the person has deleted for themselves. */
export function forget(chat: Chat, seqs: readonly number[]): Chat {
  const fresh = seqs.filter((seq) => !chat.past.hidden.includes(seq));
  if (fresh.length === 0) {
    return chat;
  }
  const isShown = ({ seq }: MessageView): boolean => !fresh.includes(seq);
  const messages = chat.messages.filter(isShown);
  const { lastMessage } = chat.conversation;
  const conversation: ConversationView =
    lastMessage === null || isShown(lastMessage)
      ? chat.conversation
      : { ...chat.conversation, lastMessage: messages.at(-1) ?? null };
  return {
    ...chat,
    messages,
    conversation,
    pins: chat.pins.filter(({ message }) => isShown(message)),
    past: { ...chat.past, hidden: [...chat.past.hidden, ...fresh] },
  };
}

function pin(chat: Chat, { body }: Change<'chat.pinned'>, userId: string): Chat {
  const { conversationId: _, ...view } = body;
  return putPins(chat, [view], userId, (told, known) => (known ? newerOf(known, told) : told));
}

function moveMark(chat: Chat, event: MarkChange, userId: string): Chat {
  const { streamId, body } = event;
  const { readSeq, deliveredSeq } = marksOf(event);
  let { conversation } = chat;
  if (body.userId === userId) {
    conversation = readUpTo(conversation, readSeq);
  } else if (conversation.peer?.id === body.userId) {
    const { peerReadSeq, peerDeliveredSeq } = conversation;
    conversation = changed(conversation, {
      peerReadSeq: Math.max(peerReadSeq ?? 0, readSeq),
      peerDeliveredSeq: Math.max(peerDeliveredSeq ?? 0, deliveredSeq),
    });
  }
  const moved = changed(chat, { conversation });
  // On the person's own line is what others are not shown.
  if (streamId === userId || deliveredSeq === 0) {
    return moved;
  }
  const member = chat.members[body.userId];
  return member
    ? changed(moved, {
        members: changed(chat.members, { [body.userId]: moveMember(member, event) }),
      })
    : miss(moved, event);
}

function changeMember(chat: Chat, member: ChatMemberView, userId: string): Chat {
  const put = putMembers(chat, [member]);
  const { role, grants, mutedUntil } = member;
  return member.user.id === userId ? changeConversation(put, { role, grants, mutedUntil }) : put;
}

function removeMember(chat: Chat, { body, at }: Change<'chat.memberRemoved'>): Chat {
  const members = without(chat.members, [body.userId]);
  const ends = { ...chat.past.ends, [memberKey(body.userId)]: at };
  const { memberCount } = body;
  return changeConversation({ ...chat, members, past: { ...chat.past, ends } }, { memberCount });
}

function withNumber(numbers: readonly number[], one: number): readonly number[] {
  return numbers.includes(one) ? numbers : [...numbers, one];
}
