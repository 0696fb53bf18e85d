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
  chatReceiptsOutputSchema,
  chatSendInputSchema,
  messageRefSchema,
  messageViewSchema,
} from '@chapar/contract';
import { router, signedIn, signedInByService } from '../../trpc.ts';
import { wireOf } from '../../wire-output.ts';
import { getMessages, listMessages } from './chat.history.ts';
import { getReceipts, markDelivered, markRead } from './chat.read.ts';
import { forwardMessage, sendMessage } from './chat.send.ts';

/** One call marks how far somebody has come, however many messages that are. */
const marks = { limits: { user: { most: 180, seconds: 60 } } };

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
    .meta(marks)
    .input(chatMarkReadInputSchema)
    .output(chatMarkReadOutputSchema)
    .mutation(({ ctx, input }) => markRead(ctx.call, input)),

  markDelivered: signedIn
    .meta(marks)
    .input(chatMarkDeliveredInputSchema)
    .output(chatMarkDeliveredOutputSchema)
    .mutation(({ ctx, input }) => markDelivered(ctx.call, input)),

  // In a channel all of its readers are counted.
  getReceipts: signedIn
    .meta({ limits: { user: { most: 60, seconds: 60 } } })
    .input(messageRefSchema)
    .output(chatReceiptsOutputSchema)
    .query(({ ctx, input }) => getReceipts(ctx.call, input)),
});
