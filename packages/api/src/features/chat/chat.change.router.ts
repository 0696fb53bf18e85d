import {
  chatDeleteInputSchema,
  chatEditInputSchema,
  chatListEditsOutputSchema,
  chatListPinsInputSchema,
  chatListPinsOutputSchema,
  chatListReactionsInputSchema,
  chatListReactionsOutputSchema,
  chatPinMessageInputSchema,
  chatReactInputSchema,
  messagePinSchema,
  messageRefSchema,
  messageViewSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { router, signedIn } from '../../trpc.ts';
import { editMessage, listEdits } from './chat.change.ts';
import { deleteMessages } from './chat.delete.ts';
import { listPins, pinMessage, unpinMessage } from './chat.pin.ts';
import { listReactions, react } from './chat.reaction.ts';

/** Everybody is told of each, as of a message: who plays with it tires others, and fills the log. */
const changes = { limits: { user: { most: 120, seconds: 60 } } };

/** What becomes of messages after they were sent. */
export const chatChangeRouter = router({
  edit: signedIn
    .meta(changes)
    .input(chatEditInputSchema)
    .output(messageViewSchema)
    .mutation(({ ctx, input }) => editMessage(ctx.call, input)),

  delete: signedIn
    .input(chatDeleteInputSchema)
    .output(z.object({ seqs: z.array(z.int()) }))
    .mutation(({ ctx, input }) => deleteMessages(ctx.call, input)),

  listEdits: signedIn
    .input(messageRefSchema)
    .output(chatListEditsOutputSchema)
    .query(({ ctx, input }) => listEdits(ctx.call, input)),

  react: signedIn
    .meta(changes)
    .input(chatReactInputSchema)
    .output(messageViewSchema)
    .mutation(({ ctx, input }) => react(ctx.call, input)),

  listReactions: signedIn
    .input(chatListReactionsInputSchema)
    .output(chatListReactionsOutputSchema)
    .query(({ ctx, input }) => listReactions(ctx.call, input)),

  pinMessage: signedIn
    .meta(changes)
    .input(chatPinMessageInputSchema)
    .output(messagePinSchema)
    .mutation(({ ctx, input }) => pinMessage(ctx.call, input)),

  unpinMessage: signedIn
    .meta(changes)
    .input(chatPinMessageInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => unpinMessage(ctx.call, input)),

  listPins: signedIn
    .input(chatListPinsInputSchema)
    .output(chatListPinsOutputSchema)
    .query(({ ctx, input }) => listPins(ctx.call, input)),
});
