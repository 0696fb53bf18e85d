import { messageAt, newerOf, sortPins } from './chat-state.messages.ts';
import type { ById, Chat, ChatMemberView, MessagePinView } from './chat-state.types.ts';
import type { MessageView } from './types.ts';

const pinKey = ({ message, for: reach }: MessagePinView): string => `pin/${reach}/${message.seq}`;
export const memberKey = (userId: string): string => `member/${userId}`;

/** Whether something that was read had gone already when the answer came. */
function isOver(chat: Chat, key: string, since: string): boolean {
  const end = chat.past.ends[key];
  return end !== undefined && since <= end;
}

/** Pins that were read, as far as they are not over. */
export function readPins(chat: Chat, items: readonly MessagePinView[], userId: string): Chat {
  const known = new Set(chat.pins.map(pinKey));
  const fresh = items.filter(
    (item) => !known.has(pinKey(item)) && !isOver(chat, pinKey(item), item.pinnedAt),
  );
  return putPins(chat, fresh, userId, (read, loaded) =>
    loaded && newerOf(read, loaded) !== read ? loaded : read,
  );
}

/**
 * Puts pins in their places, unless their message is gone.
 *
 * @param choose what is shown of a message that is loaded, too
 */
export function putPins(
  chat: Chat,
  items: readonly MessagePinView[],
  userId: string,
  choose: (view: MessageView, loaded: MessageView | undefined) => MessageView,
): Chat {
  const { hidden, deleted } = chat.past;
  const views = items.flatMap((item): MessagePinView[] => {
    const { seq } = item.message;
    const message = choose(item.message, messageAt(chat, seq));
    const isGone = hidden.includes(seq) || deleted.includes(seq) || message.deletedAt !== undefined;
    return isGone ? [] : [{ ...item, message }];
  });
  const keys = new Set(items.map(pinKey));
  const others = chat.pins.filter((other) => !keys.has(pinKey(other)));
  const pins = sortPins([...others, ...views], chat.conversation, userId);
  return { ...chat, pins, past: { ...chat.past, ends: without(chat.past.ends, [...keys]) } };
}

/** Takes pins away, and remembers when. */
export function unpin(chat: Chat, isMeant: (view: MessagePinView) => boolean, at: string): Chat {
  const gone = chat.pins.filter(isMeant);
  if (gone.length === 0) {
    return chat;
  }
  const ends = { ...chat.past.ends };
  for (const view of gone) {
    ends[pinKey(view)] = at;
  }
  const pins = chat.pins.filter((view) => !isMeant(view));
  return { ...chat, pins, past: { ...chat.past, ends } };
}

/** Members that were read, as far as they are not known or gone. */
export function readMembers(chat: Chat, items: readonly ChatMemberView[]): Chat {
  const fresh = items.filter(
    ({ user, joinedAt }) =>
      !(user.id in chat.members) && !isOver(chat, memberKey(user.id), joinedAt),
  );
  return putMembers(chat, fresh);
}

/** Puts members in their places. */
export function putMembers(chat: Chat, views: readonly ChatMemberView[]): Chat {
  const members = { ...chat.members };
  for (const view of views) {
    members[view.user.id] = view;
  }
  const keys = views.map(({ user }) => memberKey(user.id));
  return { ...chat, members, past: { ...chat.past, ends: without(chat.past.ends, keys) } };
}

/** The same things without some. */
export function without<Item>(items: ById<Item>, keys: readonly string[]): ById<Item> {
  const gone = keys.filter((key) => key in items);
  return gone.length === 0
    ? items
    : Object.fromEntries(Object.entries(items).filter(([key]) => !gone.includes(key)));
}
