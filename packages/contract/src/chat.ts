import { z } from 'zod';
import { chatCapabilitySchema, chatRoleSchema } from './chat.rights.ts';
import { emailSchema } from './email.ts';
import { idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { userCardSchema } from './user.ts';

/** Most characters (UTF-16 code units) that an operator may allow in a message. */
export const longestMessage = 8_192;

const largestSeq = 2_147_483_647;
/** A place in a conversation; 0 is before the first message. */
export const chatSeqSchema = z.int().min(0).max(largestSeq);
export const messageSeqSchema = z.int().min(1).max(largestSeq);

export const conversationKindSchema = z.enum(['direct', 'group', 'channel']);
/** Only an open conversation takes messages. One on hold waits; a closed one takes no new members either. */
export const conversationStatusSchema = z.enum(['open', 'hold', 'closed']);

/** What happened in a conversation, as a message of its own; the words are the client's. */
export const systemNoteSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('created') }),
  z.object({ type: z.literal('renamed'), title: z.string() }),
  z.object({ type: z.literal('avatarChanged') }),
  z.object({ type: z.literal('statusChanged'), status: conversationStatusSchema }),
  z.object({ type: z.literal('membersAdded'), userIds: z.array(z.string()) }),
  z.object({ type: z.literal('memberJoined'), userId: z.string() }),
  z.object({
    type: z.literal('memberRemoved'),
    userId: z.string(),
    reason: z.enum(['left', 'kicked', 'banned']),
  }),
  z.object({ type: z.literal('ownershipPassed'), userId: z.string() }),
  z.object({ type: z.literal('messagePinned'), seq: z.int() }),
]);

/** Times are ISO 8601 text because the view also travels in the live stream. What a message lacks is left out. */
export const messageViewSchema = z.object({
  id: z.string(),
  conversationId: z.string(),
  /** Place in the conversation: 1, 2, 3 … without holes. */
  seq: z.int(),
  /** A person, also when their account is gone. */
  senderId: z.string(),
  /** Empty in a message that was deleted, and in a note of the system. */
  text: z.string(),
  createdAt: z.string(),
  /** The message of the same conversation that this one answers. */
  replyToSeq: z.int().optional(),
  /** Members who are called by it. */
  mentions: z.array(z.string()).optional(),
  /** Who wrote it first, and when. */
  forwardedFrom: z.object({ senderId: z.string(), createdAt: z.string() }).optional(),
  system: systemNoteSchema.optional(),
  editedAt: z.string().optional(),
  /** It was deleted for everybody; its place stays. */
  deletedAt: z.string().optional(),
  /** How often the message has changed: of two views the one with more is newer. */
  revision: z.int().optional(),
  /** How many people have reacted, by emoji. */
  reactions: z.record(z.string(), z.int()).optional(),
  /** The viewer's own reactions. Left out in events, which everybody gets. */
  myReactions: z.array(z.string()).optional(),
});

/** What everybody in a conversation of many sees of it alike. */
export const conversationRoomSchema = z.object({
  /** Null for a direct conversation. */
  title: z.string().nullable(),
  description: z.string().nullable(),
  /** Reference of a picture, such as the id of an upload. */
  avatar: z.string().nullable(),
  status: conversationStatusSchema,
  /** Whether everybody may find it and join. */
  isPublic: z.boolean(),
  organizationId: z.string().nullable(),
  /** Seconds that a member waits between two messages; 0 for none. Moderators and above do not wait. */
  slowModeSeconds: z.int(),
});

export const conversationViewSchema = conversationRoomSchema.extend({
  id: z.string(),
  kind: conversationKindSchema,
  /** The other person of a direct conversation. */
  peer: userCardSchema.nullable(),
  /** Null for a channel: readers come and go without telling everybody. */
  memberCount: z.int().nullable(),
  /** What the viewer is. */
  role: chatRoleSchema,
  /** What the viewer may do beside what the role gives. */
  grants: z.array(chatCapabilitySchema),
  /** Until then the viewer may not write. */
  mutedUntil: z.string().nullable(),
  /** Seq of the newest message; 0 when there is none. */
  headSeq: z.int(),
  /** The viewer has read up to here. Unread is derived: `headSeq - readSeq`. */
  readSeq: z.int(),
  /** Unread messages that mention the viewer, oldest first; the newest hundred of them. */
  mentionSeqs: z.array(z.int()),
  /** How far the other person of a direct conversation shows to have read, and received. */
  peerReadSeq: z.int().nullable(),
  peerDeliveredSeq: z.int().nullable(),
  /** When the viewer has pinned it to the top of their list. */
  pinnedAt: z.string().nullable(),
  /** Until then the viewer wants no notifications of it. */
  silencedUntil: z.string().nullable(),
  lastMessage: messageViewSchema.nullable(),
  createdAt: z.string(),
  /**
   * By which it has its place in the list: when the newest message came, be it one that the viewer has deleted,
   * and when the conversation began, before there is one.
   */
  activeAt: z.string(),
});

/** A friend, by id or by the confirmed address. */
export const chatStartInputSchema = z.union([
  z.strictObject({ userId: idSchema }),
  z.strictObject({ email: emailSchema }),
]);
export const conversationRefSchema = z.strictObject({ conversationId: idSchema });
export const chatListInputSchema = pageInputSchema;
export const chatListOutputSchema = pageSchema(conversationViewSchema);

export const chatMarkReadInputSchema = z.strictObject({
  conversationId: idSchema,
  seq: chatSeqSchema,
});
/** The mark after the call: never lower than before, never above the newest message. */
export const chatMarkReadOutputSchema = z.object({ conversationId: z.string(), readSeq: z.int() });

const mostMarks = 100;

/** Many conversations in one call, such as all that the live stream has just brought messages of. */
export const chatMarkDeliveredInputSchema = z.strictObject({
  marks: z.array(chatMarkReadInputSchema).min(1).max(mostMarks),
});
/** The marks after the call; conversations that the caller is not in are left out. */
export const chatMarkDeliveredOutputSchema = z.object({
  marks: z.array(z.object({ conversationId: z.string(), deliveredSeq: z.int() })),
});

export const chatReceiptsOutputSchema = z.object({
  /** Members beside the sender who have read the message, and who have received it, as far as they show it. */
  readCount: z.int(),
  deliveredCount: z.int(),
  /** Who has read it; null where there are more members than are listed. */
  readers: z.array(userCardSchema).nullable(),
});

/** A field that is left out stays as it is. */
export const chatSettingsInputSchema = z.strictObject({
  conversationId: idSchema,
  /** At the top of the caller's list. */
  isPinned: z.boolean().optional(),
  /** ISO 8601; null for notifications at once. */
  silencedUntil: z.iso.datetime().nullable().optional(),
});
export const chatSettingsViewSchema = z.object({
  conversationId: z.string(),
  pinnedAt: z.string().nullable(),
  silencedUntil: z.string().nullable(),
});

export type ConversationKind = z.infer<typeof conversationKindSchema>;
export type ConversationStatus = z.infer<typeof conversationStatusSchema>;
export type SystemNote = z.infer<typeof systemNoteSchema>;
export type MessageView = z.infer<typeof messageViewSchema>;
export type ConversationRoom = z.infer<typeof conversationRoomSchema>;
export type ConversationView = z.infer<typeof conversationViewSchema>;
export type ChatSettingsView = z.infer<typeof chatSettingsViewSchema>;
