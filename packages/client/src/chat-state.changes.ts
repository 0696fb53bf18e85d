import { memberKey, putMembers, putPins, unpin, without } from './chat-state.lists.ts';
import {
  changed,
  changeMessage,
  mention,
  messageAt,
  newerOf,
  putMessage,
  readUpTo,
} from './chat-state.messages.ts';
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
      return countReaction(chat, event, userId);
    case 'chat.pinned':
      return pin(chat, event, userId);
    case 'chat.unpinned': {
      const { seq, for: reach } = event.body;
      return unpin(chat, (other) => other.message.seq === seq && other.for === reach, event.at);
    }
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
  let conversation = changed(chat.conversation, { headSeq });
  if (!isHidden && seq > (conversation.lastMessage?.seq ?? 0)) {
    conversation = { ...conversation, lastMessage: messageAt({ ...chat, messages }, seq) ?? body };
  }
  if (senderId === userId) {
    conversation = readUpTo(conversation, seq);
  }
  return changed(chat, { messages, conversation: mention(conversation, body, userId) });
}

function alterMessage(
  chat: Chat,
  { type, body, at }: Change<'chat.edited' | 'chat.deleted'>,
  userId: string,
): Chat {
  const shown = changeMessage(chat, body.seq, (known) => newerOf(known, body));
  const altered = changed(shown, { conversation: mention(shown.conversation, body, userId) });
  if (type === 'chat.edited') {
    return altered;
  }
  const unpinned = unpin(altered, ({ message }) => message.seq === body.seq, at);
  const deleted = withNumber(unpinned.past.deleted, body.seq);
  return changed(unpinned, { past: changed(unpinned.past, { deleted }) });
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

function countReaction(chat: Chat, { body }: Change<'chat.reacted'>, userId: string): Chat {
  const { seq, emoji, isSet, reactions, revision } = body;
  return changeMessage(chat, seq, (known) => {
    if (revision <= (known.revision ?? 0)) {
      return known;
    }
    const { reactions: _, myReactions: before = [], ...message } = known;
    const others = body.userId === userId ? before.filter((other) => other !== emoji) : before;
    const mine = body.userId === userId && isSet ? [...others, emoji] : others;
    return {
      ...message,
      revision,
      ...(Object.keys(reactions).length > 0 && { reactions }),
      ...(mine.length > 0 && { myReactions: mine }),
    };
  });
}

function pin(chat: Chat, { body }: Change<'chat.pinned'>, userId: string): Chat {
  const { conversationId: _, ...view } = body;
  return putPins(chat, [view], userId, (told, known) => (known ? newerOf(known, told) : told));
}

function moveMark(
  chat: Chat,
  { streamId, body }: Change<'chat.read' | 'chat.delivered'>,
  userId: string,
): Chat {
  const isOwn = body.userId === userId;
  const readSeq = 'readSeq' in body ? body.readSeq : 0;
  const deliveredSeq = 'deliveredSeq' in body ? body.deliveredSeq : readSeq;
  let { conversation } = chat;
  if (isOwn) {
    conversation = readUpTo(conversation, readSeq);
  } else if (conversation.peer?.id === body.userId) {
    const { peerReadSeq, peerDeliveredSeq } = conversation;
    conversation = changed(conversation, {
      peerReadSeq: Math.max(peerReadSeq ?? 0, readSeq),
      peerDeliveredSeq: Math.max(peerDeliveredSeq ?? 0, deliveredSeq),
    });
  }
  const member = chat.members[body.userId];
  // On the person's own line is what others are not shown.
  if (!member || streamId === userId) {
    return changed(chat, { conversation });
  }
  const moved = changed(member, {
    readSeq: Math.max(member.readSeq, readSeq),
    deliveredSeq: Math.max(member.deliveredSeq, deliveredSeq),
  });
  const members = changed(chat.members, { [body.userId]: moved });
  return changed(chat, { conversation, members });
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
