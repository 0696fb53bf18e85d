import { z } from 'zod';
import { chatCapabilitySchema, chatRoleSchema } from './chat.rights.ts';
import { conversationStatusSchema } from './chat.ts';
import { clientIdSchema, idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { lineSchema, linesSchema, querySchema } from './text.ts';
import { userCardSchema } from './user.ts';

const longestTitle = 45;
const longestDescription = 500;
const longestAvatar = 200;
const longestReason = 200;
const slowestMode = 300;
/** People in one call. */
const mostPeople = 50;

const titleSchema = lineSchema(longestTitle);
const descriptionSchema = linesSchema(longestDescription);
const avatarSchema = lineSchema(longestAvatar);

/** A place in the list of members. */
export const chatMemberSchema = z.object({
  user: userCardSchema,
  role: chatRoleSchema,
  grants: z.array(chatCapabilitySchema),
  mutedUntil: z.string().nullable(),
  joinedAt: z.string(),
  /** How far they show to have read, and received. */
  readSeq: z.int(),
  deliveredSeq: z.int(),
});

export const chatCreateInputSchema = z.strictObject({
  /** Made by the client; a repeat with the same id is the same conversation. */
  id: clientIdSchema,
  kind: z.enum(['group', 'channel']),
  title: titleSchema,
  description: descriptionSchema.nullish(),
  avatar: avatarSchema.nullish(),
  isPublic: z.boolean().default(false),
  organizationId: idSchema.optional(),
  /** To begin with. Friends of the caller, or people of the organization. */
  userIds: z.array(idSchema).max(mostPeople).default([]),
});

/** A field that is left out stays as it is; null clears it. */
export const chatUpdateInputSchema = z.strictObject({
  conversationId: idSchema,
  title: titleSchema.optional(),
  description: descriptionSchema.nullable().optional(),
  avatar: avatarSchema.nullable().optional(),
  isPublic: z.boolean().optional(),
  slowModeSeconds: z.int().min(0).max(slowestMode).optional(),
});

export const chatSetStatusInputSchema = z.strictObject({
  conversationId: idSchema,
  status: conversationStatusSchema,
});

export const chatAddMembersInputSchema = z.strictObject({
  conversationId: idSchema,
  userIds: z.array(idSchema).min(1).max(mostPeople),
});

export const chatMemberRefSchema = z.strictObject({ conversationId: idSchema, userId: idSchema });

export const chatSetRightsInputSchema = chatMemberRefSchema.extend({
  role: chatRoleSchema.exclude(['owner']).optional(),
  /** All that they are to have beside the role. */
  grants: z.array(chatCapabilitySchema).optional(),
});

export const chatMuteMemberInputSchema = chatMemberRefSchema.extend({
  /** ISO 8601; null ends it. */
  until: z.iso.datetime().nullable(),
});

export const chatBanInputSchema = chatMemberRefSchema.extend({
  /** ISO 8601; left out: for good. */
  until: z.iso.datetime().optional(),
  reason: lineSchema(longestReason).optional(),
});

export const chatBanViewSchema = z.object({
  user: userCardSchema,
  bannedBy: z.string(),
  reason: z.string().nullable(),
  until: z.string().nullable(),
  bannedAt: z.string(),
});

export const chatLeaveInputSchema = z.strictObject({
  conversationId: idSchema,
  /** Who is the owner from now on, when the owner leaves. */
  successorId: idSchema.optional(),
});

export const chatListMembersInputSchema = pageInputSchema.extend({ conversationId: idSchema });
/** Who came first comes first. */
export const chatListMembersOutputSchema = pageSchema(chatMemberSchema);
export const chatListBansOutputSchema = pageSchema(chatBanViewSchema);

const mostUses = 100_000;
const longestInviteSeconds = 365 * 24 * 3_600;
const inviteTokenLength = 43;

/** Secret text of an invite link. */
export const chatInviteTokenSchema = z
  .string()
  .length(inviteTokenLength)
  .regex(/^[\w-]+$/);

export const chatCreateInviteInputSchema = z.strictObject({
  conversationId: idSchema,
  /** Made by the client; a repeat with the same id is the same link. */
  id: clientIdSchema,
  expiresInSeconds: z.int().min(60).max(longestInviteSeconds).nullish(),
  mostUses: z.int().min(1).max(mostUses).nullish(),
});
export const chatInviteViewSchema = z.object({
  id: z.string(),
  conversationId: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  mostUses: z.int().nullable(),
  uses: z.int(),
  revokedAt: z.string().nullable(),
});
/** The token is told to its maker only, and is not stored. */
export const chatCreateInviteOutputSchema = chatInviteViewSchema.extend({ token: z.string() });
export const chatInviteRefSchema = z.strictObject({ conversationId: idSchema, inviteId: idSchema });
export const chatListInvitesOutputSchema = pageSchema(chatInviteViewSchema);
export const chatInviteTokenInputSchema = z.strictObject({ token: chatInviteTokenSchema });

/** What somebody sees of a conversation before they join it. */
export const chatPublicCardSchema = z.object({
  id: z.string(),
  kind: z.enum(['group', 'channel']),
  title: z.string(),
  description: z.string().nullable(),
  avatar: z.string().nullable(),
  memberCount: z.int(),
  isMember: z.boolean(),
});
const longestQuery = 100;
export const chatFindPublicInputSchema = pageInputSchema.extend({
  query: querySchema(longestQuery).optional(),
});
export const chatFindPublicOutputSchema = pageSchema(chatPublicCardSchema);

export type ChatMemberView = z.infer<typeof chatMemberSchema>;
export type ChatBanView = z.infer<typeof chatBanViewSchema>;
export type ChatInviteView = z.infer<typeof chatInviteViewSchema>;
export type ChatPublicCard = z.infer<typeof chatPublicCardSchema>;
