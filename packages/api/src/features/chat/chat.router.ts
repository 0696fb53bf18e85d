import {
  chatListInputSchema,
  chatListMessagesInputSchema,
  chatListMessagesOutputSchema,
  chatListOutputSchema,
  chatMarkReadInputSchema,
  chatMarkReadOutputSchema,
  chatSendInputSchema,
  chatStartInputSchema,
  conversationRefSchema,
  conversationViewSchema,
  messageViewSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { router, signedIn, signedInByService } from '../../trpc.ts';
import { wireOf } from '../../wire-output.ts';
import { sendMessage } from './chat.send.ts';
import {
  getConversation,
  listConversations,
  listMessages,
  markRead,
  startConversation,
} from './chat.service.ts';
import { tellTyping } from './chat.typing.ts';

export const chatRouter = router({
  start: signedIn
    .input(chatStartInputSchema)
    .output(conversationViewSchema)
    .mutation(({ ctx, input }) => startConversation(ctx.call, input.userId)),

  list: signedIn
    .input(chatListInputSchema)
    .output(chatListOutputSchema)
    .query(({ ctx, input }) => listConversations(ctx.call, input)),

  get: signedIn
    .input(conversationRefSchema)
    .output(conversationViewSchema)
    .query(({ ctx, input }) => getConversation(ctx.call, input.conversationId)),

  send: signedInByService
    .input(chatSendInputSchema)
    .output(messageViewSchema)
    .mutation(({ ctx, input }) => sendMessage(ctx.call, input)),

  listMessages: signedIn
    .input(chatListMessagesInputSchema)
    .output(wireOf(chatListMessagesOutputSchema))
    .query(({ ctx, input }) => listMessages(ctx.call, input)),

  markRead: signedIn
    .input(chatMarkReadInputSchema)
    .output(chatMarkReadOutputSchema)
    .mutation(({ ctx, input }) => markRead(ctx.call, input)),

  /** A hint for the moment, which the live stream brings to the others. */
  typing: signedIn
    .input(conversationRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => tellTyping(ctx.call, input.conversationId)),
});
