/** What a send finds: the sender's place in the conversation. */
export interface SendState {
  isMember: boolean;
  /** Whether the two people of a direct conversation are friends at this moment. */
  areFriends: boolean;
}

export type SendDecision = { do: 'send' } | { do: 'refuse'; reason: 'not-found' | 'not-friends' };

/** Decides whether somebody may write. Who is no member learns nothing of the conversation. */
export function decideSend({ isMember, areFriends }: SendState): SendDecision {
  if (!isMember) {
    return { do: 'refuse', reason: 'not-found' };
  }
  return areFriends ? { do: 'send' } : { do: 'refuse', reason: 'not-friends' };
}

/** A message as stored, beside what a client sends under the same id. */
export interface SentMessage {
  senderId: string;
  conversationId: string;
  text: string;
}

/** Whether a second send under one id is the same message again, or another one. */
export function isSameMessage(stored: SentMessage, sent: SentMessage): boolean {
  return (
    stored.senderId === sent.senderId &&
    stored.conversationId === sent.conversationId &&
    stored.text === sent.text
  );
}

/** The key under which two people have one direct conversation, whoever starts it. */
export function directKeyOf(a: string, b: string): string {
  return [a, b].toSorted().join(':');
}

/** In a larger conversation nobody is shown who types. */
export const mostMembersTyping = 100;

/** What somebody who types finds: their place in the conversation. */
export interface TypingState extends SendState {
  members: number;
  isDirect: boolean;
}

export type TypingDecision =
  | { do: 'tell' }
  | { do: 'nothing' }
  | { do: 'refuse'; reason: 'not-found' | 'not-friends' };

/** Decides whether others are told that somebody types: where they may write, and few can read it. */
export function decideTyping(state: TypingState): TypingDecision {
  if (state.isMember && state.members > mostMembersTyping) {
    return { do: 'nothing' };
  }
  const sent = decideSend({ ...state, areFriends: state.areFriends || !state.isDirect });
  return sent.do === 'send' ? { do: 'tell' } : sent;
}
