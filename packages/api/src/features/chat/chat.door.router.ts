import {
  chatCreateInviteInputSchema,
  chatCreateInviteOutputSchema,
  chatFindPublicInputSchema,
  chatFindPublicOutputSchema,
  chatInviteRefSchema,
  chatInviteTokenInputSchema,
  chatInviteViewSchema,
  chatListInvitesOutputSchema,
  chatListMembersInputSchema,
  chatPublicCardSchema,
  conversationRefSchema,
  conversationViewSchema,
} from '@chapar/contract';
import { router, signedIn } from '../../trpc.ts';
import {
  createInvite,
  joinByInvite,
  listInvites,
  previewInvite,
  revokeInvite,
} from './chat.invite.ts';
import { findPublic, joinConversation } from './chat.public.ts';

/** Against who tries tokens. */
const guessing = {
  limits: { address: { most: 60, seconds: 60 }, user: { most: 30, seconds: 60 } },
};

/** How people come in by themselves. */
export const chatDoorRouter = router({
  createInvite: signedIn
    .meta({ limits: { user: { most: 100, seconds: 3_600 } } })
    .input(chatCreateInviteInputSchema)
    .output(chatCreateInviteOutputSchema)
    .mutation(({ ctx, input }) => createInvite(ctx.call, input)),

  listInvites: signedIn
    .input(chatListMembersInputSchema)
    .output(chatListInvitesOutputSchema)
    .query(({ ctx, input }) => listInvites(ctx.call, input)),

  revokeInvite: signedIn
    .input(chatInviteRefSchema)
    .output(chatInviteViewSchema)
    .mutation(({ ctx, input }) => revokeInvite(ctx.call, input)),

  /** A mutation, though it changes nothing: a token has no place in the address of a request. */
  previewInvite: signedIn
    .meta(guessing)
    .input(chatInviteTokenInputSchema)
    .output(chatPublicCardSchema)
    .mutation(({ ctx, input }) => previewInvite(ctx.call, input.token)),

  joinByInvite: signedIn
    .meta(guessing)
    .input(chatInviteTokenInputSchema)
    .output(conversationViewSchema)
    .mutation(({ ctx, input }) => joinByInvite(ctx.call, input.token)),

  findPublic: signedIn
    .meta({ limits: { user: { most: 120, seconds: 60 } } })
    .input(chatFindPublicInputSchema)
    .output(chatFindPublicOutputSchema)
    .query(({ ctx, input }) => findPublic(ctx.call, input)),

  join: signedIn
    .meta({ limits: { user: { most: 60, seconds: 60 } } })
    .input(conversationRefSchema)
    .output(conversationViewSchema)
    .mutation(({ ctx, input }) => joinConversation(ctx.call, input.conversationId)),
});
