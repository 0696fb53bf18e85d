import { z } from 'zod';
import { adminAlertSchema } from './admin.ts';
import { auditTypeSchema } from './audit.ts';
import { conversationViewSchema, messageViewSchema } from './chat.ts';
import { friendRequestViewSchema } from './friend.ts';
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
  'chat.started': conversationViewSchema,
  'chat.message': messageViewSchema,
  'chat.read': z.object({ conversationId: z.string(), userId: z.string(), readSeq: z.int() }),
  'friend.requested': friendRequestViewSchema,
  'friend.accepted': friendRequestViewSchema,
  'friend.declined': friendRequestViewSchema,
  'friend.canceled': friendRequestViewSchema,
  'friend.removed': z.object({ userId: z.string() }),
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
