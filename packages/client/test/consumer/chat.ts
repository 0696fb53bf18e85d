// The example of the README's section on the state of the chats. Compiled, never run.
import { live, type ChaparClient, type ConversationView, type LiveEvent } from '@chapar/client';
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
  before: ChatState,
  id: string,
): Promise<ChatState> {
  const page = { conversationId: id, limit: 50 };
  let state = withMessages(before, id, (await client.chat.listMessages.query(page)).items);
  state = withMembers(state, id, (await client.chat.listMembers.query(page)).items);
  state = withPins(state, id, (await client.chat.listPins.query(page)).items);
  for (const conversationId of missingConversations(state)) {
    const found: ConversationView = await client.chat.get.query({ conversationId });
    state = withConversations(state, { items: [found] });
  }
  // @ts-expect-error there is no such field
  state.chats[id]?.conversation.unread;
  return state;
}

export const step: (state: ChatState, event: LiveEvent) => ChatState = applyChatEvent;
