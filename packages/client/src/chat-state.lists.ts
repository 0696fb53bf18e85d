import { messageAt, newerOf, sortPins } from './chat-state.messages.ts';
import { catchUpMember } from './chat-state.missed.ts';
import type { ById, Chat, ChatMemberView, MessagePinView } from './chat-state.types.ts';
import type { MessageView } from './types.ts';

/** Names a pin. */
export const pinKey = ({ seq, for: reach }: { seq: number; for: 'me' | 'all' }): string =>
  `pin/${reach}/${seq}`;
const keyOf = (pin: MessagePinView): string => pinKey({ seq: pin.message.seq, for: pin.for });
export const memberKey = (userId: string): string => `member/${userId}`;

/** Whether something that was read had gone already when the answer came. */
function isOver(chat: Chat, key: string, since: string): boolean {
  const end = chat.past.ends[key];
  return end !== undefined && since <= end;
}

/** Pins that were read, as far as they are not over. */
export function readPins(chat: Chat, items: readonly MessagePinView[], userId: string): Chat {
  const known = new Set(chat.pins.map(keyOf));
  const fresh = items.filter(
    (item) => !known.has(keyOf(item)) && !isOver(chat, keyOf(item), item.pinnedAt),
  );
  return fresh.length === 0
    ? chat
    : putPins(chat, fresh, userId, (read, loaded) =>
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
  const keys = new Set(items.map(keyOf));
  const others = chat.pins.filter((other) => !keys.has(keyOf(other)));
  const pins = sortPins([...others, ...views], chat.conversation, userId);
  return { ...chat, pins, past: { ...chat.past, ends: without(chat.past.ends, [...keys]) } };
}

/** Takes pins away, and remembers when: they may be on a page that comes late. */
export function unpin(chat: Chat, keys: readonly string[], at: string): Chat {
  const ends = { ...chat.past.ends, ...Object.fromEntries(keys.map((key) => [key, at])) };
  const pins = chat.pins.filter((pin) => !keys.includes(keyOf(pin)));
  return { ...chat, pins, past: { ...chat.past, ends } };
}

/** Members that were read, as far as they are not known or gone. */
export function readMembers(chat: Chat, items: readonly ChatMemberView[]): Chat {
  const fresh = items.filter(
    ({ user, joinedAt }) =>
      !(user.id in chat.members) && !isOver(chat, memberKey(user.id), joinedAt),
  );
  return fresh.length === 0
    ? chat
    : putMembers(
        chat,
        fresh.map((member) => catchUpMember(chat, member)),
      );
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
