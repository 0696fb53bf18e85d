import { z } from 'zod';
import { clientIdSchema, idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { lineSchema } from './text.ts';
import { userCardSchema } from './user.ts';

const longestName = 45;

/** 3 to 45 Latin letters, digits and underscores, a letter first. Typed large or small it is the same. */
const handleSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z][a-z0-9_]{2,44}$/, 'handle-form');

const organizationNameSchema = lineSchema(longestName);

/** An owner may do everything, an admin let people in and out and rename, a member be there. */
export const organizationRoleSchema = z.enum(['owner', 'admin', 'member']);

/** What is the same for everybody who is in. Times are ISO 8601 text, as in all live events. */
export const organizationFactsSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Its name in addresses: unique for ever. */
  handle: z.string(),
  ownerId: z.string(),
  createdAt: z.string(),
});

/** An organization as one of its people sees it. */
export const organizationViewSchema = organizationFactsSchema.extend({
  /** The viewer's own. */
  role: organizationRoleSchema,
});

/** Somebody in an organization. */
export const organizationMemberViewSchema = z.object({
  organizationId: z.string(),
  user: userCardSchema,
  role: organizationRoleSchema,
  joinedAt: z.string(),
});

export const organizationRefSchema = z.strictObject({ organizationId: idSchema });
export const organizationMemberRefSchema = organizationRefSchema.extend({ userId: idSchema });

export const organizationCreateInputSchema = z.strictObject({
  /** Made by the client; a repeat with the same id is the same organization. */
  id: clientIdSchema,
  name: organizationNameSchema,
  handle: handleSchema,
});

/** What is left out stays as it is. */
export const organizationUpdateInputSchema = organizationRefSchema.extend({
  name: organizationNameSchema.optional(),
  handle: handleSchema.optional(),
});

export const organizationSetRoleInputSchema = organizationMemberRefSchema.extend({
  role: z.enum(['admin', 'member']),
});

export const organizationListInputSchema = pageInputSchema;
export const organizationListOutputSchema = pageSchema(organizationViewSchema);
/** Who came first comes first. */
export const organizationListMembersInputSchema = pageInputSchema.extend({
  organizationId: idSchema,
});
export const organizationListMembersOutputSchema = pageSchema(organizationMemberViewSchema);

/** What has gone: an organization, or the caller from it. */
export const organizationGoneSchema = z.object({ organizationId: z.string() });
/** Who has gone from where. */
export const organizationMemberGoneSchema = organizationGoneSchema.extend({ userId: z.string() });

export type OrganizationRole = z.infer<typeof organizationRoleSchema>;
export type OrganizationFacts = z.infer<typeof organizationFactsSchema>;
export type OrganizationView = z.infer<typeof organizationViewSchema>;
export type OrganizationMemberView = z.infer<typeof organizationMemberViewSchema>;
export type OrganizationCreate = z.infer<typeof organizationCreateInputSchema>;
export type OrganizationUpdate = z.infer<typeof organizationUpdateInputSchema>;
