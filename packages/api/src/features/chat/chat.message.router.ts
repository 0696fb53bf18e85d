import {
  chatForwardInputSchema,
  chatGetMessagesInputSchema,
  chatGetMessagesOutputSchema,
  chatListMessagesInputSchema,
  chatListMessagesOutputSchema,
  chatMarkDeliveredInputSchema,
  chatMarkDeliveredOutputSchema,
  chatMarkReadInputSchema,
  chatMarkReadOutputSchema,
  chatReceiptsInputSchema,
  chatReceiptsOutputSchema,
  chatSendInputSchema,
  messageViewSchema,
} from '@chapar/contract';
import { router, signedIn, signedInByService } from '../../trpc.ts';
import { wireOf } from '../../wire-output.ts';
import { getMessages, listMessages } from './chat.history.ts';
import { getReceipts, markDelivered, markRead } from './chat.read.ts';
import { forwardMessage, sendMessage } from './chat.send.ts';

/** What is said in a conversation. */
export const chatMessageRouter = router({
  send: signedInByService
    .input(chatSendInputSchema)
    .output(messageViewSchema)
    .mutation(({ ctx, input }) => sendMessage(ctx.call, input)),

  forward: signedInByService
    .input(chatForwardInputSchema)
    .output(messageViewSchema)
    .mutation(({ ctx, input }) => forwardMessage(ctx.call, input)),

  listMessages: signedIn
    .input(chatListMessagesInputSchema)
    .output(wireOf(chatListMessagesOutputSchema))
    .query(({ ctx, input }) => listMessages(ctx.call, input)),

  getMessages: signedIn
    .input(chatGetMessagesInputSchema)
    .output(chatGetMessagesOutputSchema)
    .query(({ ctx, input }) => getMessages(ctx.call, input)),

  markRead: signedIn
    .input(chatMarkReadInputSchema)
    .output(chatMarkReadOutputSchema)
    .mutation(({ ctx, input }) => markRead(ctx.call, input)),

  markDelivered: signedIn
    .input(chatMarkDeliveredInputSchema)
    .output(chatMarkDeliveredOutputSchema)
    .mutation(({ ctx, input }) => markDelivered(ctx.call, input)),

  getReceipts: signedIn
    .input(chatReceiptsInputSchema)
    .output(chatReceiptsOutputSchema)
    .query(({ ctx, input }) => getReceipts(ctx.call, input)),
});
