import { z } from 'zod';
import { idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { phoneSchema } from './phone.ts';
import { userCardSchema } from './user.ts';

/** Who to ask: by id or by phone number, one of the two. */
export const friendRequestInputSchema = z.union([
  z.strictObject({ userId: idSchema }),
  z.strictObject({ phone: phoneSchema }),
]);

export const friendRequestRefSchema = z.strictObject({ requestId: idSchema });
export const friendRefSchema = z.strictObject({ userId: idSchema });

/**
 * A friend request as one of its two people sees it. Times are ISO 8601 text because the view
 * also travels in the live stream.
 */
export const friendRequestViewSchema = z.object({
  /** The request's id. */
  id: z.string(),
  /** How the two stand: it waits for the viewer, for the other one, was accepted, or is gone. */
  relation: z.enum(['incoming', 'outgoing', 'friends', 'none']),
  /** The other person. */
  user: userCardSchema,
  createdAt: z.string(),
});

export const friendViewSchema = userCardSchema.extend({
  relation: z.literal('friends'),
  friendsSince: z.string(),
});

/** Somebody whom the viewer has blocked. */
export const friendBlockedViewSchema = z.object({ user: userCardSchema, blockedAt: z.string() });

export const friendBlockOutputSchema = z.object({ id: z.string(), relation: z.literal('blocked') });
export const friendUnblockOutputSchema = z.object({ id: z.string(), relation: z.literal('none') });
export const friendRemoveOutputSchema = z.object({ id: z.string(), relation: z.literal('none') });

export const friendListInputSchema = pageInputSchema;
export const friendListOutputSchema = pageSchema(friendViewSchema);
export const friendListBlockedInputSchema = pageInputSchema;
export const friendListBlockedOutputSchema = pageSchema(friendBlockedViewSchema);
export const friendListRequestsInputSchema = pageInputSchema.extend({
  relation: z.enum(['incoming', 'outgoing']).optional(),
});
export const friendListRequestsOutputSchema = pageSchema(friendRequestViewSchema);

export type FriendView = z.infer<typeof friendViewSchema>;
export type FriendRequestView = z.infer<typeof friendRequestViewSchema>;
export type FriendBlockedView = z.infer<typeof friendBlockedViewSchema>;
export type FriendRelation = FriendRequestView['relation'];
