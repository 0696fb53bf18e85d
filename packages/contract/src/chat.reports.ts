import { z } from 'zod';
import { messageSeqSchema, messageViewSchema } from './chat.ts';
import { clientIdSchema, idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { linesSchema } from './text.ts';
import { userCardSchema } from './user.ts';

const longestNote = 500;

export const reportReasonSchema = z.enum([
  'spam',
  'abuse',
  'fraud',
  'violence',
  'sexual',
  'privacy',
  'other',
]);

export const chatReportInputSchema = z.strictObject({
  /** Made by the client; a repeat with the same id is the same report. */
  id: clientIdSchema,
  conversationId: idSchema,
  seq: messageSeqSchema,
  reason: reportReasonSchema,
  note: linesSchema(longestNote).optional(),
});
/** What its maker learns of a report. */
export const chatReportReceiptSchema = z.object({ id: z.string(), status: z.literal('open') });

export const reportStatusSchema = z.enum(['open', 'acted', 'dismissed']);

export const chatReportViewSchema = z.object({
  id: z.string(),
  conversationId: z.string(),
  seq: z.int(),
  reporter: userCardSchema,
  sender: userCardSchema,
  reason: reportReasonSchema,
  note: z.string().nullable(),
  status: reportStatusSchema,
  /** The message and its neighbours as they were when it was reported, oldest first. */
  snapshot: z.array(messageViewSchema),
  createdAt: z.string(),
  handledBy: z.string().nullable(),
  handledAt: z.string().nullable(),
  answer: z.string().nullable(),
});
export const chatListReportsInputSchema = pageInputSchema.extend({
  status: reportStatusSchema.default('open'),
});
/** The oldest first: they have waited longest. */
export const chatListReportsOutputSchema = pageSchema(chatReportViewSchema);
export const chatReportRefSchema = z.strictObject({ reportId: idSchema });
export const chatHandleReportInputSchema = z.strictObject({
  reportId: idSchema,
  status: z.enum(['acted', 'dismissed']),
  /** Whether the message is deleted for everybody, too. */
  deleteMessage: z.boolean().default(false),
  answer: linesSchema(longestNote).optional(),
});

/** Staff reads a conversation that they are not in; it is written down that they did, and why. */
export const chatInspectInputSchema = pageInputSchema.extend({
  conversationId: idSchema,
  reason: linesSchema(longestNote),
});
export const chatInspectOutputSchema = pageSchema(messageViewSchema).extend({
  people: z.array(userCardSchema),
});

export type ChatReportView = z.infer<typeof chatReportViewSchema>;
export type ReportReason = z.infer<typeof reportReasonSchema>;
export type ReportStatus = z.infer<typeof reportStatusSchema>;
