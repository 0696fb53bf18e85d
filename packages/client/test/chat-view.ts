import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '@chapar/api/testing';
import {
  applyChatEvent,
  conversationsOf,
  emptyChatState,
  withConversations,
  withMembers,
  withMessages,
  withPins,
  type Chat,
  type ChatState,
} from '../src/chat-state.ts';
import type { ConversationView } from '../src/types.ts';
import { readInside, type Fresh } from './chat-fresh.ts';

export type StoredEvent = Awaited<ReturnType<Actor['listen']>>['stored'][number];

/** A state as a device keeps it. */
export class View {
  state: ChatState;
  /** Conversations whose messages were read, by the stay in which that was. */
  readonly #read = new Map<string, number>();

  constructor(userId: string, items: readonly ConversationView[]) {
    this.state = withConversations(emptyChatState(userId), { items });
  }

  apply(event: StoredEvent): void {
    this.state = applyChatEvent(this.state, event);
  }

  /** Reads once what is in conversations that the person has come into. */
  async readNew(actor: Actor): Promise<boolean> {
    let hasRead = false;
    for (const id of this.#read.keys()) {
      if (!(id in this.state.chats)) {
        this.#read.delete(id);
      }
    }
    for (const [id, { conversation }] of Object.entries(this.state.chats)) {
      const stay = this.state.joins[id] ?? 0;
      if (this.#read.get(id) !== stay) {
        hasRead = true;
        this.#read.set(id, stay);
        const { messages, members, pins } = await readInside(actor, id, conversation.kind);
        this.state = withMessages(this.state, id, messages);
        this.state = withMembers(this.state, id, members);
        this.state = withPins(this.state, id, pins);
      }
    }
    return hasRead;
  }

  /** The first difference to what the server answers now, or null. */
  difference(fresh: Fresh): string | null {
    const { chats, waiting } = this.state;
    const [followed, listed] = [
      Object.keys(chats),
      fresh.map(({ conversation }) => conversation.id),
    ];
    if (!isDeepStrictEqual(followed.toSorted(), listed.toSorted())) {
      return `conversations: ${told(followed.toSorted(), listed.toSorted())}`;
    }
    const order = conversationsOf(this.state).map(({ id }) => id);
    if (!isDeepStrictEqual(order, listed)) {
      return `order: ${told(order, listed)}`;
    }
    if (Object.keys(waiting).length > 0) {
      return `waiting: ${JSON.stringify(waiting)}`;
    }
    return fresh.map((one) => differenceOf(chats[one.conversation.id], one)).find(Boolean) ?? null;
  }
}

function differenceOf(chat: Chat | undefined, { conversation, inside }: Fresh[number]) {
  const members = inside?.members.map((member) => [member.user.id, member] as const) ?? [];
  const parts = [
    ['conversation', chat?.conversation, conversation],
    ...(inside
      ? ([
          ['messages', chat?.messages, inside.messages.toReversed()],
          ['pins', chat?.pins, inside.pins],
        ] as const)
      : []),
    ...(inside && conversation.kind !== 'channel'
      ? ([['members', chat?.members, Object.fromEntries(members)]] as const)
      : []),
  ] as const;
  const different = parts.find(([, followed, fresh]) => !isDeepStrictEqual(followed, fresh));
  return different
    ? `${different[0]} of ${conversation.kind} ${conversation.id}: ${told(different[1], different[2])}`
    : null;
}

/** Where two values differ, item by item and field by field. */
function told(followed: unknown, fresh: unknown): string {
  if (isObject(followed) && isObject(fresh)) {
    const keys = new Set([...Object.keys(followed), ...Object.keys(fresh)]);
    const lines = [...keys]
      .filter((key) => !isDeepStrictEqual(followed[key], fresh[key]))
      .map((key) => `${key}: followed ${text(followed[key])}, fresh ${text(fresh[key])}`);
    return lines.slice(0, 4).join('; ');
  }
  return `followed ${text(followed)}, fresh ${text(fresh)}`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const text = (value: unknown): string => JSON.stringify([value]);
