import {
  chatCreateInputSchema,
  chatListInputSchema,
  chatListOutputSchema,
  chatSetStatusInputSchema,
  chatSettingsInputSchema,
  chatSettingsViewSchema,
  chatStartInputSchema,
  chatUpdateInputSchema,
  conversationRefSchema,
  conversationRoomSchema,
  conversationViewSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { router, signedIn } from '../../trpc.ts';
import { createConversation } from './chat.create.ts';
import {
  changeSettings,
  getConversation,
  listConversations,
  startConversation,
} from './chat.service.ts';
import { tellTyping } from './chat.typing.ts';
import { removeConversation, setStatus, updateConversation } from './chat.update.ts';

/** Conversations themselves. */
export const chatRoomRouter = router({
  start: signedIn
    .input(chatStartInputSchema)
    .output(conversationViewSchema)
    .mutation(({ ctx, input }) => startConversation(ctx.call, input)),

  create: signedIn
    .meta({ limits: { user: { most: 30, seconds: 3_600 } } })
    .input(chatCreateInputSchema)
    .output(conversationViewSchema)
    .mutation(({ ctx, input }) => createConversation(ctx.call, input)),

  list: signedIn
    .input(chatListInputSchema)
    .output(chatListOutputSchema)
    .query(({ ctx, input }) => listConversations(ctx.call, input)),

  get: signedIn
    .input(conversationRefSchema)
    .output(conversationViewSchema)
    .query(({ ctx, input }) => getConversation(ctx.call, input.conversationId)),

  update: signedIn
    .input(chatUpdateInputSchema)
    .output(conversationRoomSchema)
    .mutation(({ ctx, input }) => updateConversation(ctx.call, input)),

  setStatus: signedIn
    .input(chatSetStatusInputSchema)
    .output(conversationRoomSchema)
    .mutation(({ ctx, input }) => setStatus(ctx.call, input)),

  remove: signedIn
    .input(conversationRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => removeConversation(ctx.call, input.conversationId)),

  /** How the caller keeps a conversation in their own list. */
  changeSettings: signedIn
    .meta({ limits: { user: { most: 120, seconds: 60 } } })
    .input(chatSettingsInputSchema)
    .output(chatSettingsViewSchema)
    .mutation(({ ctx, input }) => changeSettings(ctx.call, input)),

  /** A hint for the moment, which the live stream brings to the others. */
  typing: signedIn
    .input(conversationRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => tellTyping(ctx.call, input.conversationId)),
});
