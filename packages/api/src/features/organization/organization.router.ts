import {
  organizationCreateInputSchema,
  organizationGoneSchema,
  organizationListInputSchema,
  organizationListMembersInputSchema,
  organizationListMembersOutputSchema,
  organizationListOutputSchema,
  organizationMemberGoneSchema,
  organizationMemberRefSchema,
  organizationMemberViewSchema,
  organizationRefSchema,
  organizationSetRoleInputSchema,
  organizationUpdateInputSchema,
  organizationViewSchema,
} from '@chapar/contract';
import { router, signedIn } from '../../trpc.ts';
import { createOrganization } from './organization.create.ts';
import {
  addMember,
  leaveOrganization,
  removeMember,
  setRole,
  transferOrganization,
} from './organization.members.ts';
import {
  getOrganization,
  listMembers,
  listOrganizations,
  removeOrganization,
  updateOrganizationNames,
} from './organization.service.ts';

export const organizationRouter = router({
  /** A handle is taken for ever, so one person takes few; the same in `update`. */
  create: signedIn
    .meta({ limits: { user: { most: 20, seconds: 86_400, isDurable: true } } })
    .input(organizationCreateInputSchema)
    .output(organizationViewSchema)
    .mutation(({ ctx, input }) => createOrganization(ctx.call, input)),

  get: signedIn
    .input(organizationRefSchema)
    .output(organizationViewSchema)
    .query(({ ctx, input }) => getOrganization(ctx.call, input.organizationId)),

  list: signedIn
    .input(organizationListInputSchema)
    .output(organizationListOutputSchema)
    .query(({ ctx, input }) => listOrganizations(ctx.call, input)),

  update: signedIn
    .meta({ limits: { user: { most: 20, seconds: 86_400, isDurable: true } } })
    .input(organizationUpdateInputSchema)
    .output(organizationViewSchema)
    .mutation(({ ctx, input }) => updateOrganizationNames(ctx.call, input)),

  remove: signedIn
    .input(organizationRefSchema)
    .output(organizationGoneSchema)
    .mutation(({ ctx, input }) => removeOrganization(ctx.call, input.organizationId)),

  /** Nobody is asked before they are let in, so strangers can be few. */
  addMember: signedIn
    .meta({ limits: { user: { most: 1_000, seconds: 3_600 } } })
    .input(organizationMemberRefSchema)
    .output(organizationMemberViewSchema)
    .mutation(({ ctx, input }) => addMember(ctx.call, input)),

  removeMember: signedIn
    .input(organizationMemberRefSchema)
    .output(organizationMemberGoneSchema)
    .mutation(({ ctx, input }) => removeMember(ctx.call, input)),

  setRole: signedIn
    .input(organizationSetRoleInputSchema)
    .output(organizationMemberViewSchema)
    .mutation(({ ctx, input }) => setRole(ctx.call, input)),

  transfer: signedIn
    .input(organizationMemberRefSchema)
    .output(organizationViewSchema)
    .mutation(({ ctx, input }) => transferOrganization(ctx.call, input)),

  leave: signedIn
    .input(organizationRefSchema)
    .output(organizationGoneSchema)
    .mutation(({ ctx, input }) => leaveOrganization(ctx.call, input.organizationId)),

  listMembers: signedIn
    .input(organizationListMembersInputSchema)
    .output(organizationListMembersOutputSchema)
    .query(({ ctx, input }) => listMembers(ctx.call, input)),
});
