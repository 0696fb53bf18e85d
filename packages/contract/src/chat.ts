import { z } from 'zod';
import { clientIdSchema, idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { userCardSchema } from './user.ts';

/** Characters (UTF-16 code units) in a message. */
export const longestMessage = 4096;

const largestSeq = 2_147_483_647;
const seqSchema = z.int().min(0).max(largestSeq);

/** Times are ISO 8601 text because the view also travels in the live stream. */
export const messageViewSchema = z.object({
  id: z.string(),
  conversationId: z.string(),
  /** Place in the conversation: 1, 2, 3 … without holes. */
  seq: z.int(),
  senderId: z.string(),
  text: z.string(),
  createdAt: z.string(),
});

export const conversationViewSchema = z.object({
  id: z.string(),
  kind: z.enum(['direct']),
  /** The other person of a direct conversation. */
  peer: userCardSchema,
  /** Seq of the newest message; 0 when there is none. */
  headSeq: z.int(),
  /** The viewer has read up to here. Unread is derived: `headSeq - readSeq`. */
  readSeq: z.int(),
  /** The other person has read up to here. */
  peerReadSeq: z.int(),
  lastMessage: messageViewSchema.nullable(),
  createdAt: z.string(),
});

export const chatStartInputSchema = z.strictObject({ userId: idSchema });
export const conversationRefSchema = z.strictObject({ conversationId: idSchema });
export const chatListInputSchema = pageInputSchema;
export const chatListOutputSchema = pageSchema(conversationViewSchema);

export const chatSendInputSchema = z.strictObject({
  conversationId: idSchema,
  /** Made by the client; a repeat with the same id is the same message. */
  id: clientIdSchema,
  /** Kept as typed. Data, never HTML. */
  text: z
    .string()
    .min(1)
    .max(longestMessage)
    .refine((text) => text.trim() !== '', 'is empty')
    .refine((text) => !text.includes('\0'), 'holds a NUL character')
    .refine((text) => text.isWellFormed(), 'is not well-formed Unicode'),
});

/** Newest first; `cursor` goes back in time. */
export const chatListMessagesInputSchema = pageInputSchema.extend({ conversationId: idSchema });
export const chatListMessagesOutputSchema = pageSchema(messageViewSchema);

export const chatMarkReadInputSchema = z.strictObject({ conversationId: idSchema, seq: seqSchema });
/** The mark after the call: never lower than before, never above the newest message. */
export const chatMarkReadOutputSchema = z.object({ conversationId: z.string(), readSeq: z.int() });

export type MessageView = z.infer<typeof messageViewSchema>;
export type ConversationView = z.infer<typeof conversationViewSchema>;
