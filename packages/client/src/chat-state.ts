import { changeChat, forget } from './chat-state.changes.ts';
import { readMembers, readPins, without } from './chat-state.lists.ts';
import {
  changed,
  changeMessage,
  compare,
  isNewer,
  isSame,
  putMessage,
} from './chat-state.messages.ts';
import { catchUpMessages } from './chat-state.missed.ts';
import type {
  Chat,
  ChatChange,
  ChatMemberView,
  ChatState,
  MessagePinView,
} from './chat-state.types.ts';
import type { ConversationView, MessageView, StreamEvent } from './types.ts';

export type {
  ById,
  Chat,
  ChatChange,
  ChatMemberView,
  ChatPast,
  ChatState,
  MessagePinView,
} from './chat-state.types.ts';

/** So many events of a conversation that is not here are kept. */
const mostWaiting = 500;

/** Nothing yet. @param userId whose conversations they will be */
export function emptyChatState(userId: string): ChatState {
  return { userId, chats: {}, waiting: {}, joins: {}, gone: {} };
}

/**
 * Adds conversations as `chat.list`, `chat.get`, `chat.start` and others answer them. One that is here stays as
 * it is, for it has followed the events since; one that was missing gets the events that have waited for it. One
 * that the person has left meanwhile is not added.
 */
export function withConversations(
  state: ChatState,
  page: { readonly items: readonly ConversationView[] },
): ChatState {
  return page.items.reduce(withConversation, state);
}

function withConversation(state: ChatState, conversation: ConversationView): ChatState {
  const { id } = conversation;
  if (state.chats[id] || id in state.gone) {
    return state;
  }
  const past = { hidden: [], deleted: [], ends: {}, missed: [] };
  const chat: Chat = { conversation, messages: [], members: {}, pins: [], past };
  const waiting = state.waiting[id] ?? [];
  const caughtUp = waiting.reduce((before, event) => changeChat(before, event, state.userId), chat);
  return {
    ...state,
    chats: { ...state.chats, [id]: caughtUp },
    waiting: without(state.waiting, [id]),
  };
}

/**
 * Adds a page of `chat.listMessages`, in either order. What such a page leaves out between its first and its
 * last message, the person has deleted for themselves; single messages, as those of `chat.getMessages`, are
 * added one by one. Of a conversation that is not here nothing is kept.
 */
export function withMessages(
  state: ChatState,
  conversationId: string,
  items: readonly MessageView[],
): ChatState {
  return change(state, conversationId, (chat) => {
    const seqs = new Set(items.map(({ seq }) => seq));
    const left = forget(chat, between(seqs));
    const shown = items.filter(({ seq }) => !left.past.hidden.includes(seq));
    return catchUpMessages(shown.reduce(readMessage, left), state.userId);
  });
}

/** What was read shows the person's own reactions, which events for everybody do not. */
function readMessage(chat: Chat, view: MessageView): Chat {
  const choose = (known: MessageView): MessageView =>
    isNewer(known, view) || isSame(known, view) ? known : view;
  const shown = changeMessage(chat, view.seq, choose);
  return changed(shown, { messages: putMessage(shown.messages, view, choose) });
}

/** The numbers that a set leaves out between its least and its greatest. */
function between(seqs: ReadonlySet<number>): number[] {
  const last = Math.max(...seqs);
  const missing: number[] = [];
  for (let seq = Math.min(...seqs); seq < last; seq += 1) {
    if (!seqs.has(seq)) {
      missing.push(seq);
    }
  }
  return missing;
}

/** Adds a page of `chat.listMembers`. Who is here already stays as the events have left them. */
export function withMembers(
  state: ChatState,
  conversationId: string,
  items: readonly ChatMemberView[],
): ChatState {
  return change(state, conversationId, (chat) => readMembers(chat, items));
}

/** Adds a page of `chat.listPins`. */
export function withPins(
  state: ChatState,
  conversationId: string,
  items: readonly MessagePinView[],
): ChatState {
  return change(state, conversationId, (chat) =>
    catchUpMessages(readPins(chat, items, state.userId), state.userId),
  );
}

/**
 * Drops the oldest messages of a conversation, for an app that stays open for days. They are read again by
 * `chat.listMessages`.
 *
 * @param most messages that stay, at least 1
 */
export function keepNewest(state: ChatState, conversationId: string, most: number): ChatState {
  return change(state, conversationId, (chat) =>
    chat.messages.length > most ? { ...chat, messages: chat.messages.slice(-most) } : chat,
  );
}

function change(state: ChatState, conversationId: string, to: (chat: Chat) => Chat): ChatState {
  const chat = state.chats[conversationId];
  return chat
    ? changed(state, { chats: changed(state.chats, { [conversationId]: to(chat) }) })
    : state;
}

/**
 * The state after an event of the live stream. An event that the state has seen changes nothing in the end: a
 * snapshot may be newer than the events that still come. Events of one line are to be given in order; how the
 * person's own line and those of conversations mix does not matter. Events of other things, and signals, are
 * ignored.
 */
export function applyChatEvent(state: ChatState, event: StreamEvent): ChatState {
  switch (event.type) {
    case 'stream.joined':
      return enter(state, event.body);
    case 'stream.left':
      return event.body.userId === state.userId && !isOfEarlierStay(state, event)
        ? leave(state, event.body.streamId)
        : state;
    case 'chat.started':
      return withConversation(state, event.body);
    case 'chat.ended':
      return isOfEarlierStay(state, event) ? state : leave(state, event.body.conversationId);
    default:
      return isChange(event) && !isOfEarlierStay(state, event) ? take(state, event) : state;
  }
}

const changes: Record<ChatChange['type'], true> = {
  'chat.message': true,
  'chat.edited': true,
  'chat.deleted': true,
  'chat.hidden': true,
  'chat.reacted': true,
  'chat.pinned': true,
  'chat.unpinned': true,
  'chat.read': true,
  'chat.delivered': true,
  'chat.updated': true,
  'chat.settings': true,
  'chat.membersAdded': true,
  'chat.memberChanged': true,
  'chat.memberRemoved': true,
};

/** A newer server may tell of what this client does not know. */
function isChange(event: StreamEvent): event is ChatChange {
  return event.type in changes;
}

function take(state: ChatState, event: ChatChange): ChatState {
  const { conversationId } = event.body;
  if (state.chats[conversationId]) {
    return change(state, conversationId, (chat) => changeChat(chat, event, state.userId));
  }
  if (conversationId in state.gone) {
    return state;
  }
  const waiting = [...(state.waiting[conversationId] ?? []), event].slice(-mostWaiting);
  return { ...state, waiting: { ...state.waiting, [conversationId]: waiting } };
}

/** A person may go and come back before the line of the conversation has told that they went. */
function isOfEarlierStay(
  { joins }: ChatState,
  { streamId, seq }: { streamId: string; seq: number },
): boolean {
  const after = joins[streamId];
  return after !== undefined && seq <= after;
}

function enter(
  state: ChatState,
  { streamId, afterSeq }: { streamId: string; afterSeq: number },
): ChatState {
  const isOfThisStay = (event: ChatChange): boolean =>
    event.streamId === streamId && event.seq > afterSeq;
  const waiting = state.waiting[streamId]?.filter(isOfThisStay) ?? [];
  const others = without(state.waiting, [streamId]);
  return {
    ...state,
    joins: { ...state.joins, [streamId]: afterSeq },
    gone: without(state.gone, [streamId]),
    waiting: waiting.length === 0 ? others : { ...others, [streamId]: waiting },
  };
}

function leave(state: ChatState, conversationId: string): ChatState {
  const ids = [conversationId];
  return changed(state, {
    chats: without(state.chats, ids),
    waiting: without(state.waiting, ids),
    gone: changed(state.gone, { [conversationId]: true }),
  });
}

/** How many messages the person has not read, deleted ones included. */
export function unreadOf({ headSeq, readSeq }: ConversationView): number {
  return Math.max(0, headSeq - readSeq);
}

/** The conversations in the order of `chat.list`: pinned ones first, then by their newest message. */
export function conversationsOf(state: ChatState): ConversationView[] {
  const conversations = Object.values(state.chats).map(({ conversation }) => conversation);
  conversations.sort(
    (a, b) =>
      Number(b.pinnedAt !== null) - Number(a.pinnedAt !== null) ||
      compare(b.activeAt, a.activeAt) ||
      compare(b.id, a.id),
  );
  return conversations;
}

/** Conversations of which events have come, but which are not here: read them by `chat.get` and add them. */
export function missingConversations(state: ChatState): string[] {
  return Object.keys(state.waiting);
}
