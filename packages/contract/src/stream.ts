import { z } from 'zod';
import { adminAlertSchema } from './admin.ts';
import { auditTypeSchema } from './audit.ts';
import { messagePinSchema } from './chat.messages.ts';
import { chatMemberSchema } from './chat.rooms.ts';
import {
  chatSettingsViewSchema,
  conversationRoomSchema,
  conversationViewSchema,
  messageViewSchema,
} from './chat.ts';
import { friendBlockedViewSchema, friendRequestViewSchema } from './friend.ts';
import {
  organizationFactsSchema,
  organizationGoneSchema,
  organizationMemberGoneSchema,
  organizationMemberViewSchema,
  organizationViewSchema,
} from './organization.ts';
import { sessionEndReasonSchema } from './session.ts';
import { userCardSchema } from './user.ts';

const longestEventId = 19;

/**
 * The resume cursor of `stream.onEvent`. It comes back from the client, so it is input like any
 * other: digits only. One that the server cannot serve is answered by `stream.reset`.
 */
export const streamInputSchema = z
  .strictObject({
    lastEventId: z
      .string()
      .regex(/^[0-9]+$/)
      .max(longestEventId)
      .nullish(),
  })
  .optional();

/** Names the socket whose token is to be replaced by the one of this call. */
export const streamRenewInputSchema = z.strictObject({ connectionId: z.uuid() });

/** Until when the socket lives now, if it still does. ISO 8601. */
export const streamRenewOutputSchema = z.object({ expiresAt: z.string() });

/**
 * The body of every stored event by its type. Times are ISO 8601 text: a body is made into JSON
 * once and the same bytes go to every reader.
 */
export const streamBodySchemas = {
  /** Something about the account that its owner should look at. */
  'account.alert': z.object({ type: auditTypeSchema, sessionId: z.string().nullable() }),
  /** Something about the running of the product that staff should look at. */
  'admin.alert': adminAlertSchema,
  /** The person is in a conversation from now on. */
  'chat.started': conversationViewSchema,
  /** The person is in it no more, or it is there no more. */
  'chat.ended': z.object({
    conversationId: z.string(),
    reason: z.enum(['left', 'kicked', 'banned', 'removed']),
  }),
  'chat.message': messageViewSchema,
  'chat.edited': messageViewSchema,
  /** The message as it stays: a place without a text. */
  'chat.deleted': messageViewSchema,
  /** The person has deleted messages for themselves. What is their newest one now goes with it. */
  'chat.hidden': z.object({
    conversationId: z.string(),
    seqs: z.array(z.int()),
    lastMessage: messageViewSchema.nullable(),
  }),
  'chat.reacted': z.object({
    conversationId: z.string(),
    seq: z.int(),
    userId: z.string(),
    emoji: z.string(),
    isSet: z.boolean(),
    reactions: z.record(z.string(), z.int()),
    revision: z.int(),
  }),
  'chat.pinned': messagePinSchema.extend({ conversationId: z.string() }),
  'chat.unpinned': z.object({
    conversationId: z.string(),
    seq: z.int(),
    for: z.enum(['me', 'all']),
  }),
  'chat.read': z.object({ conversationId: z.string(), userId: z.string(), readSeq: z.int() }),
  'chat.delivered': z.object({
    conversationId: z.string(),
    userId: z.string(),
    deliveredSeq: z.int(),
  }),
  'chat.updated': conversationRoomSchema.extend({ conversationId: z.string() }),
  'chat.membersAdded': z.object({
    conversationId: z.string(),
    members: z.array(chatMemberSchema),
    memberCount: z.int().nullable(),
  }),
  'chat.memberChanged': z.object({ conversationId: z.string(), member: chatMemberSchema }),
  'chat.memberRemoved': z.object({
    conversationId: z.string(),
    userId: z.string(),
    reason: z.enum(['left', 'kicked', 'banned']),
    memberCount: z.int().nullable(),
  }),
  /** How the person keeps the conversation in their own list. */
  'chat.settings': chatSettingsViewSchema,
  'friend.requested': friendRequestViewSchema,
  'friend.accepted': friendRequestViewSchema,
  'friend.declined': friendRequestViewSchema,
  'friend.canceled': friendRequestViewSchema,
  'friend.removed': z.object({ userId: z.string() }),
  /** Blocks are told to the other devices of the one who makes or lifts them, and to nobody else. */
  'friend.blocked': friendBlockedViewSchema,
  'friend.unblocked': z.object({ userId: z.string() }),
  /** On the line of who has come in, be it by making the organization. */
  'organization.joined': organizationViewSchema,
  'organization.updated': organizationFactsSchema,
  'organization.memberAdded': organizationMemberViewSchema,
  'organization.memberChanged': organizationMemberViewSchema,
  'organization.memberRemoved': organizationMemberGoneSchema,
  /** The last event of the organization's stream; nobody is in it any more. */
  'organization.removed': organizationGoneSchema,
  'session.started': z.object({ sessionId: z.string(), deviceName: z.string().nullable() }),
  'session.ended': z.object({ sessionId: z.string(), reason: sessionEndReasonSchema }),
  'stream.joined': z.object({ streamId: z.string(), afterSeq: z.int() }),
  /** The last event of a stream that the person gets; everybody else goes on. */
  'stream.left': z.object({ streamId: z.string(), userId: z.string() }),
  'user.updated': userCardSchema,
} as const;

export type StreamBodies = {
  [Type in keyof typeof streamBodySchemas]: z.infer<(typeof streamBodySchemas)[Type]>;
};

export type StreamEventType = keyof StreamBodies;

/** An entry of the log. `seq` is gap-free within its stream: one that was seen is a repeat. */
export type StoredStreamEvent = {
  [Type in StreamEventType]: {
    type: Type;
    /** The conversation's or the person's line that the event belongs to. */
    streamId: string;
    seq: number;
    /** When it happened, ISO 8601. */
    at: string;
    body: StreamBodies[Type];
  };
}[StreamEventType];

/** A sign of the stream itself, or of the moment; never stored, never replayed. */
export type StreamSignal =
  /** Everything missed has been sent; what follows is live. The id is for `stream.renew`. */
  | { type: 'stream.ready'; connectionId: string }
  /** The cursor is too old or unknown. Read your lists anew; live events follow. */
  | { type: 'stream.reset' }
  /** Nothing new; moves the cursor forward. */
  | { type: 'stream.beacon' }
  /** Somebody writes. It is over after so many seconds, or with their message. */
  | { type: 'chat.typing'; conversationId: string; userId: string; seconds: number };

export type StreamEvent = StoredStreamEvent | StreamSignal;
