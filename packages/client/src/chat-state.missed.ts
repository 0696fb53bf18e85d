import { changeMessage, changed, newerOf } from './chat-state.messages.ts';
import type { Chat, ChatChange, ChatMemberView } from './chat-state.types.ts';
import type { MessageView } from './types.ts';

type Change<Type extends ChatChange['type']> = Extract<ChatChange, { type: Type }>;
/** What is told of a message that there is already. */
export type MessageChange = Change<'chat.edited' | 'chat.deleted' | 'chat.reacted'>;
/** How far somebody has come. */
export type MarkChange = Change<'chat.read' | 'chat.delivered'>;

/** So many events of a conversation are kept for what comes late. */
const mostMissed = 500;

function isMark(event: ChatChange): event is MarkChange {
  return event.type === 'chat.read' || event.type === 'chat.delivered';
}

function isOfMessage(event: ChatChange): event is MessageChange {
  return ['chat.edited', 'chat.deleted', 'chat.reacted'].includes(event.type);
}

/** Keeps an event about what is not here. Of the marks of one member the newest is enough. */
export function miss(chat: Chat, event: MessageChange | MarkChange): Chat {
  const isReplaced = (other: ChatChange): boolean =>
    isMark(event) && other.type === event.type && other.body.userId === event.body.userId;
  const others = chat.past.missed.filter((other) => !isReplaced(other));
  return { ...chat, past: { ...chat.past, missed: [...others, event].slice(-mostMissed) } };
}

/** Brings messages that were read, be they in the line or in pins, to where the events are. */
export function catchUpMessages(chat: Chat, userId: string): Chat {
  return chat.past.missed
    .filter(isOfMessage)
    .reduce(
      (before, event) => changeMessage(before, event.body.seq, afterChange(event, userId)),
      chat,
    );
}

/** The same for a member, as far as the events are of their stay. */
export function catchUpMember(chat: Chat, member: ChatMemberView): ChatMemberView {
  return chat.past.missed
    .filter(isMark)
    .filter(({ at, body }) => body.userId === member.user.id && at >= member.joinedAt)
    .reduce(moveMember, member);
}

/** What a message is after an event of it. @param userId whose view it is */
export function afterChange(
  event: MessageChange,
  userId: string,
): (known: MessageView) => MessageView {
  return event.type === 'chat.reacted'
    ? (known) => countReaction(known, event, userId)
    : (known) => newerOf(known, event.body);
}

function countReaction(
  known: MessageView,
  { body }: Change<'chat.reacted'>,
  userId: string,
): MessageView {
  const { emoji, isSet, reactions, revision } = body;
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
}

/** How far an event says that somebody has come: who has read has received. */
export function marksOf({ body }: MarkChange): { readSeq: number; deliveredSeq: number } {
  const readSeq = 'readSeq' in body ? body.readSeq : 0;
  return { readSeq, deliveredSeq: 'deliveredSeq' in body ? body.deliveredSeq : readSeq };
}

/** Moves the marks of a member, never back. */
export function moveMember(member: ChatMemberView, event: MarkChange): ChatMemberView {
  const { readSeq, deliveredSeq } = marksOf(event);
  return changed(member, {
    readSeq: Math.max(member.readSeq, readSeq),
    deliveredSeq: Math.max(member.deliveredSeq, deliveredSeq),
  });
}
