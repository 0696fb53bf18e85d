// The example of the README's section on the state of the chats. Compiled, never run.
import { live, type ChaparClient, type LiveEvent, type LiveState } from '@chapar/client';
import {
  applyChatEvent,
  conversationsOf,
  emptyChatState,
  missingConversations,
  unreadOf,
  withConversations,
  withMembers,
  withMessages,
  withPins,
  type ChatState,
} from '@chapar/client/chat';

export function inbox(client: ChaparClient, show: (title: string | null, unread: number) => void) {
  const chats = live(client, {
    load: async () => {
      const me = await client.user.me.query();
      return withConversations(emptyChatState(me.id), await client.chat.list.query({ limit: 100 }));
    },
    apply: applyChatEvent,
  });
  chats.subscribe(() => {
    const { state } = chats.get();
    if (state) conversationsOf(state).forEach((chat) => show(chat.title, unreadOf(chat)));
  });
  return chats;
}

export async function open(
  client: ChaparClient,
  chats: LiveState<ChatState>,
  id: string,
): Promise<void> {
  const page = { conversationId: id, limit: 50 };
  const messages = await client.chat.listMessages.query(page);
  const members = await client.chat.listMembers.query(page);
  const pins = await client.chat.listPins.query(page);
  chats.update((state) => withMessages(state, id, messages.items));
  chats.update((state) => withMembers(state, id, members.items));
  chats.update((state) => withPins(state, id, pins.items));
  // @ts-expect-error there is no such field
  chats.get().state?.chats[id]?.conversation.unread;
}

export async function findMissing(
  client: ChaparClient,
  chats: LiveState<ChatState>,
): Promise<void> {
  for (const conversationId of missingConversations(chats.get().state ?? emptyChatState(''))) {
    const found = await client.chat.get.query({ conversationId });
    chats.update((state) => withConversations(state, { items: [found] }));
  }
}

export const step: (state: ChatState, event: LiveEvent) => ChatState = applyChatEvent;
