import type { ChatConfig } from '../../deps.ts';
import { Buckets } from '../../limits/buckets.ts';

const mostRemembered = 100_000;

/** How often people may send, and how often conversations take a message. */
export interface SendPace {
  people: Buckets;
  conversations: Buckets;
}

export function createSendPace(chat: ChatConfig): SendPace {
  return {
    people: new Buckets(chat.sendsPerPerson, mostRemembered),
    conversations: new Buckets(chat.sendsPerConversation, mostRemembered),
  };
}
