import type { Chat, MessagePinView } from './chat-state.types.ts';
import type { ConversationView, MessageView } from './types.ts';

/** So many unread mentions are known, as the server lists them. */
const mostMentions = 100;

/** Of two views of one message, whether the first is from after a change that the second does not show. */
export function isNewer(a: MessageView, b: MessageView): boolean {
  return (a.revision ?? 0) > (b.revision ?? 0);
}

/** Whether two views of one message show the same. */
export function isSame(a: MessageView, b: MessageView): boolean {
  return a.revision === b.revision && String(a.myReactions) === String(b.myReactions);
}

/** A view that everybody got, with the person's reactions as they are known. */
function asMine(view: MessageView, known: MessageView): MessageView {
  const { myReactions } = known;
  return myReactions === undefined || view.deletedAt !== undefined
    ? view
    : { ...view, myReactions };
}

/** The newer of a known view and one that everybody got. */
export function newerOf(known: MessageView, told: MessageView): MessageView {
  return isNewer(told, known) ? asMine(told, known) : known;
}

/** Where a message is or would be among messages by rising seq. */
function placeOf(messages: readonly MessageView[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const message = messages[middle];
    if (message !== undefined && message.seq < seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The message at a place of the conversation, if it is loaded. */
export function messageAt(chat: Chat, seq: number): MessageView | undefined {
  const message = chat.messages[placeOf(chat.messages, seq)];
  return message?.seq === seq ? message : undefined;
}

/**
 * Puts a message in its place.
 *
 * @param choose what stays when there is one already
 */
export function putMessage(
  messages: readonly MessageView[],
  view: MessageView,
  choose: (known: MessageView, view: MessageView) => MessageView,
): readonly MessageView[] {
  const place = placeOf(messages, view.seq);
  const known = messages[place];
  if (known?.seq !== view.seq) {
    return [...messages.slice(0, place), view, ...messages.slice(place)];
  }
  const chosen = choose(known, view);
  return chosen === known
    ? messages
    : [...messages.slice(0, place), chosen, ...messages.slice(place + 1)];
}

/** Changes a message wherever it is shown: in the line, as the newest one, and in pins. */
export function changeMessage(
  chat: Chat,
  seq: number,
  change: (known: MessageView) => MessageView,
): Chat {
  const { conversation, messages, pins } = chat;
  const { lastMessage } = conversation;
  const known = messageAt(chat, seq);
  const shown = pins.map((pin) =>
    pin.message.seq === seq ? changed(pin, { message: change(pin.message) }) : pin,
  );
  return changed(chat, {
    ...(known && { messages: putMessage(messages, known, change) }),
    ...(lastMessage?.seq === seq && {
      conversation: changed(conversation, { lastMessage: change(lastMessage) }),
    }),
    ...(shown.some((pin, place) => pin !== pins[place]) && { pins: shown }),
  });
}

/** A thing with some changes; itself when they change nothing. */
export function changed<Thing extends object>(thing: Thing, change: Partial<Thing>): Thing {
  const after = { ...thing, ...change };
  const keys = Object.keys(change).filter((key): key is keyof Thing & string => key in after);
  return keys.every((key) => Object.is(after[key], thing[key])) ? thing : after;
}

/** Moves the person's read mark, never back. */
export function readUpTo(conversation: ConversationView, seq: number): ConversationView {
  if (seq <= conversation.readSeq) {
    return conversation;
  }
  const mentionSeqs = conversation.mentionSeqs.filter((other) => other > seq);
  return { ...conversation, readSeq: seq, mentionSeqs };
}

/** Whether an unread message calls the person. */
export function mention(
  conversation: ConversationView,
  { seq, mentions = [] }: MessageView,
  userId: string,
): ConversationView {
  const others = conversation.mentionSeqs.filter((other) => other !== seq);
  const isCalled = seq > conversation.readSeq && mentions.includes(userId);
  if (isCalled === others.length < conversation.mentionSeqs.length) {
    return conversation;
  }
  const seqs = isCalled ? [...others, seq] : others;
  seqs.sort((a, b) => a - b);
  return { ...conversation, mentionSeqs: seqs.slice(-mostMentions) };
}

/** The newest pin first; of one instant as the server puts them. */
export function sortPins(
  pins: readonly MessagePinView[],
  { id }: ConversationView,
  userId: string,
): MessagePinView[] {
  const keyOf = (pin: MessagePinView): string => (pin.for === 'all' ? id : userId);
  const sorted = [...pins];
  sorted.sort(
    (a, b) =>
      compare(b.pinnedAt, a.pinnedAt) ||
      b.message.seq - a.message.seq ||
      compare(keyOf(b), keyOf(a)),
  );
  return sorted;
}

/** Orders texts by their code units. */
export function compare(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
