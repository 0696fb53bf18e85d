import {
  chatRoles,
  hasCapability,
  type ChatCapability,
  type ChatRole,
  type ConversationKind,
  type ConversationStatus,
} from '@chapar/contract';
import { second } from '../../kernel/duration.ts';

/** What somebody is and may do in a conversation. */
export interface Holder {
  role: ChatRole;
  /** Beside what the role gives. */
  grants: readonly ChatCapability[];
}

/** What a send finds: the conversation, and the sender's place in it. */
export type SendState =
  | { isMember: false }
  | {
      isMember: true;
      kind: ConversationKind;
      status: ConversationStatus;
      /** Whether the two people of a direct conversation are friends at this moment. */
      areFriends: boolean;
      role: ChatRole;
      mutedUntil: Date | null;
      /** When they wrote last. */
      sentAt: Date | null;
      slowSeconds: number;
    };

export type SendRefusal =
  | { reason: 'not-found' }
  | { reason: 'not-friends' }
  | { reason: 'not-open'; status: 'hold' | 'closed' }
  | { reason: 'read-only' }
  | { reason: 'muted'; until: Date }
  | { reason: 'slow'; retryAfterSeconds: number };

export type SendDecision = { do: 'send' } | ({ do: 'refuse' } & SendRefusal);

/** Decides whether somebody may write. Who is no member learns nothing of the conversation. */
export function decideSend(state: SendState, now: Date): SendDecision {
  const decision = decideWrite(state, now);
  if (decision.do === 'refuse' || !state.isMember) {
    return decision;
  }
  const { role, slowSeconds, sentAt } = state;
  if (slowSeconds === 0 || sentAt === null || rankOf(role) >= rankOf('moderator')) {
    return decision;
  }
  const left = sentAt.getTime() + slowSeconds * second - now.getTime();
  return left > 0
    ? { do: 'refuse', reason: 'slow', retryAfterSeconds: Math.ceil(left / second) }
    : decision;
}

/** The same for everything that others notice beside a new message: edits, reactions, pins, typing. */
export function decideWrite(state: SendState, now: Date): SendDecision {
  if (!state.isMember) {
    return { do: 'refuse', reason: 'not-found' };
  }
  if (state.kind === 'direct') {
    return state.areFriends ? { do: 'send' } : { do: 'refuse', reason: 'not-friends' };
  }
  if (state.status !== 'open') {
    return { do: 'refuse', reason: 'not-open', status: state.status };
  }
  if (state.role === 'reader') {
    return { do: 'refuse', reason: 'read-only' };
  }
  const { mutedUntil } = state;
  return mutedUntil !== null && mutedUntil > now
    ? { do: 'refuse', reason: 'muted', until: mutedUntil }
    : { do: 'send' };
}

/** Decides whether somebody may react: who may write, and also who only reads. */
export function decideReact(state: SendState, now: Date): SendDecision {
  const isReader = state.isMember && state.role === 'reader';
  return decideWrite(isReader ? { ...state, role: 'member' } : state, now);
}

/** A message as stored, beside what a client sends under the same id. */
export interface SentMessage {
  senderId: string;
  conversationId: string;
  text: string;
  replyToSeq: number | null;
  /** Of which message it is a copy, as `conversation/seq`. */
  source: string | null;
}

/**
 * Whether a second send under one id is the same message again, or another one. What a message said before
 * it was edited or deleted is not compared: only its sender can have sent it.
 */
export function isSameMessage(
  stored: SentMessage & { isChanged: boolean },
  sent: SentMessage,
): boolean {
  return (
    stored.senderId === sent.senderId &&
    stored.conversationId === sent.conversationId &&
    (stored.isChanged ||
      (stored.source === sent.source &&
        stored.replyToSeq === sent.replyToSeq &&
        (sent.source !== null || stored.text === sent.text)))
  );
}

/** The key under which two people have one direct conversation, whoever starts it. */
export function directKeyOf(a: string, b: string): string {
  return [a, b].toSorted().join(':');
}

/** In a larger conversation nobody is shown who types. */
export const mostMembersTyping = 100;

export type TypingDecision = { do: 'tell' } | { do: 'nothing' } | ({ do: 'refuse' } & SendRefusal);

/** Decides whether others are told that somebody types: where they may write, and few can read it. */
export function decideTyping(
  { members, ...state }: SendState & { members: number },
  now: Date,
): TypingDecision {
  if (state.isMember && members > mostMembersTyping) {
    return { do: 'nothing' };
  }
  const decision = decideWrite(state, now);
  return decision.do === 'send' ? { do: 'tell' } : decision;
}

/** Higher stands above lower. */
export function rankOf(role: ChatRole): number {
  return chatRoles.indexOf(role);
}

export type RightDecision =
  | { do: 'act' }
  | { do: 'refuse'; reason: 'right-missing'; capability: ChatCapability }
  | { do: 'refuse'; reason: 'rank' };

export const act = { do: 'act' } as const;
export const tooHigh = { do: 'refuse', reason: 'rank' } as const;

export function missing(capability: ChatCapability): RightDecision {
  return { do: 'refuse', reason: 'right-missing', capability };
}

/** Decides whether somebody may do what concerns the conversation, and nobody in it. */
export function decideOwn(actor: Holder, capability: ChatCapability): RightDecision {
  return hasCapability(actor, capability) ? act : missing(capability);
}

/**
 * Decides whether somebody may do something to a member: by right, and never to oneself, an equal or a
 * better one. To remove an admin takes a right of its own.
 */
export function decideOver(
  actor: Holder,
  target: { role: ChatRole; isSelf: boolean },
  capability: 'kickMember' | 'banMember' | 'muteMember',
): RightDecision {
  const needed = target.role === 'admin' && capability !== 'muteMember' ? 'kickAdmin' : capability;
  if (!hasCapability(actor, capability)) {
    return missing(capability);
  }
  if (target.isSelf || rankOf(actor.role) <= rankOf(target.role)) {
    return tooHigh;
  }
  return hasCapability(actor, needed) ? act : missing(needed);
}

export type ChangeDecision =
  | { do: 'change' }
  | { do: 'refuse'; reason: 'not-found' | 'not-sender' | 'too-late' };

/** A message that somebody wants to change. */
export interface ChangeState {
  /** Null when there is none that they can see. */
  message: { senderId: string; createdAt: Date; isDeleted: boolean; isNote: boolean } | null;
  userId: string;
  windowSeconds: number;
}

/** Decides whether a person may change the words of a message: their own, while it is young. */
export function decideEdit(
  { message, userId, windowSeconds }: ChangeState,
  now: Date,
): ChangeDecision {
  if (message === null || message.isDeleted || message.isNote) {
    return { do: 'refuse', reason: 'not-found' };
  }
  if (message.senderId !== userId) {
    return { do: 'refuse', reason: 'not-sender' };
  }
  const age = now.getTime() - message.createdAt.getTime();
  return age > windowSeconds * second ? { do: 'refuse', reason: 'too-late' } : { do: 'change' };
}

/**
 * Decides whether somebody may delete what a person has said: by right, of those who stand below them or are
 * in the conversation no more. For one's own words there is no such right.
 *
 * @param author role null for who is no member
 */
export function decideDeleteOf(
  actor: Holder,
  author: { role: ChatRole | null; isSelf: boolean },
): RightDecision {
  if (author.isSelf || !hasCapability(actor, 'deleteMessage')) {
    return missing('deleteMessage');
  }
  return author.role === null || rankOf(author.role) < rankOf(actor.role) ? act : tooHigh;
}

/**
 * Decides whether a person may delete a message for everybody: their own while it is young, and others' by
 * right, at any time. One that is deleted already is no fault.
 */
export function decideDelete(
  { message, userId, windowSeconds }: ChangeState,
  mayDeleteOthers: boolean,
  now: Date,
): ChangeDecision | { do: 'nothing' } {
  if (message === null || message.isNote) {
    return { do: 'refuse', reason: 'not-found' };
  }
  if (message.isDeleted) {
    return { do: 'nothing' };
  }
  if (mayDeleteOthers) {
    return { do: 'change' };
  }
  return decideEdit({ message, userId, windowSeconds }, now);
}
