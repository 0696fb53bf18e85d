import { chatSearchInputSchema, chatSearchOutputSchema } from '@chapar/contract';
import { router, signedIn } from '../../trpc.ts';
import { searchChats } from './chat.search.ts';

export const chatSearchRouter = router({
  search: signedIn
    .meta({ limits: { user: { most: 30, seconds: 60 } } })
    .input(chatSearchInputSchema)
    .output(chatSearchOutputSchema)
    .query(({ ctx, input }) => searchChats(ctx.call, input)),
});
