import type { ChatConfig } from '../../deps.ts';
import { hour, second } from '../../kernel/duration.ts';
import { Buckets } from '../../limits/buckets.ts';

const mostRemembered = 100_000;

/** How often people may send, and how often conversations take a message. */
export interface SendPace {
  people: Buckets;
  conversations: Buckets;
  /** Messages with a link of new accounts. */
  links: Buckets;
}

export function createSendPace(chat: ChatConfig): SendPace {
  const { newAccountLinks } = chat;
  const links = { perSecond: newAccountLinks / (hour / second), burst: newAccountLinks };
  return {
    people: new Buckets(chat.sendsPerPerson, mostRemembered),
    conversations: new Buckets(chat.sendsPerConversation, mostRemembered),
    links: new Buckets(links, mostRemembered),
  };
}
