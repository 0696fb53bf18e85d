import { z } from 'zod';
import { chatSeqSchema, longestMessage, messageSeqSchema, messageViewSchema } from './chat.ts';
import { clientIdSchema, idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { querySchema } from './text.ts';
import { userCardSchema } from './user.ts';

/** Kept as typed. Data, never HTML. */
const messageTextSchema = z
  .string()
  .min(1)
  .max(longestMessage)
  .refine((text) => text.trim() !== '', 'is empty')
  .refine((text) => !text.includes('\0'), 'holds a NUL character')
  .refine((text) => text.isWellFormed(), 'is not well-formed Unicode');

/** More than anybody can be allowed; the operator's own limit is lower. */
const mostIds = 100;

const mentionsSchema = z.array(idSchema).max(mostIds);

/** Names a message of a conversation. */
export const messageRefSchema = z.strictObject({ conversationId: idSchema, seq: messageSeqSchema });

export const chatSendInputSchema = z.strictObject({
  conversationId: idSchema,
  /** Made by the client; a repeat with the same id is the same message. */
  id: clientIdSchema,
  text: messageTextSchema,
  /** The message of the same conversation that this one answers. */
  replyToSeq: messageSeqSchema.optional(),
  /** Members to call. Who is no member is left out. */
  mentions: mentionsSchema.optional(),
});

/** Sends what somebody has written elsewhere once more, as it is. */
export const chatForwardInputSchema = z.strictObject({
  conversationId: idSchema,
  /** Made by the client, as for `chat.send`. */
  id: clientIdSchema,
  from: messageRefSchema,
});

export const chatEditInputSchema = messageRefSchema.extend({
  text: messageTextSchema,
  mentions: mentionsSchema.optional(),
});

export const chatDeleteInputSchema = z.strictObject({
  conversationId: idSchema,
  seqs: z.array(messageSeqSchema).min(1).max(mostIds),
  /** `me`: nobody else notices. `all`: nobody can read it any more. */
  for: z.enum(['me', 'all']),
});

const longestEmoji = 64;

export const chatReactInputSchema = messageRefSchema.extend({
  emoji: z.string().min(1).max(longestEmoji),
  isSet: z.boolean(),
});

export const chatListReactionsInputSchema = pageInputSchema.extend({
  conversationId: idSchema,
  seq: messageSeqSchema,
});
export const chatListReactionsOutputSchema = pageSchema(
  z.object({ user: userCardSchema, emoji: z.string(), at: z.string() }),
);

export const messageEditSchema = z.object({
  text: z.string(),
  /** When this text was written. */
  writtenAt: z.string(),
});
/** What the message said before, newest first. */
export const chatListEditsOutputSchema = z.object({ items: z.array(messageEditSchema) });

export const chatPinMessageInputSchema = messageRefSchema.extend({
  /** `all`: for everybody in the conversation, by right. `me`: for the caller alone. */
  for: z.enum(['me', 'all']).default('all'),
});
export const messagePinSchema = z.object({
  message: messageViewSchema,
  for: z.enum(['me', 'all']),
  pinnedBy: z.string(),
  pinnedAt: z.string(),
});
export const chatListPinsInputSchema = pageInputSchema.extend({ conversationId: idSchema });
export const chatListPinsOutputSchema = pageSchema(messagePinSchema);

/**
 * Newest first, and `cursor` goes back in time. With `afterSeq` oldest first from there on, and `cursor` goes
 * forward. With `aroundSeq` a page with that message in its middle, newest first.
 */
export const chatListMessagesInputSchema = pageInputSchema
  .extend({
    conversationId: idSchema,
    afterSeq: chatSeqSchema.optional(),
    aroundSeq: messageSeqSchema.optional(),
    /** Whether to name the people who wrote them, too. */
    withPeople: z.boolean().optional(),
  })
  .refine(
    ({ afterSeq, aroundSeq }) => afterSeq === undefined || aroundSeq === undefined,
    'afterSeq and aroundSeq exclude each other',
  );
export const chatListMessagesOutputSchema = pageSchema(messageViewSchema).extend({
  people: z.array(userCardSchema).optional(),
});

export const chatGetMessagesInputSchema = z.strictObject({
  conversationId: idSchema,
  seqs: z.array(messageSeqSchema).min(1).max(mostIds),
});
/** Those that there are, by rising seq. */
export const chatGetMessagesOutputSchema = z.object({
  items: z.array(messageViewSchema),
  people: z.array(userCardSchema),
});

const longestQuery = 200;

/** Searches one conversation, or all of the caller's. Newest first. */
export const chatSearchInputSchema = pageInputSchema.extend({
  query: querySchema(longestQuery),
  conversationId: idSchema.optional(),
});
export const chatSearchOutputSchema = pageSchema(messageViewSchema);

export type MessageEditView = z.infer<typeof messageEditSchema>;
export type MessagePinView = z.infer<typeof messagePinSchema>;
