import {
  sessionListOutputSchema,
  sessionRefreshInputSchema,
  sessionRefSchema,
  sessionRemoveOthersOutputSchema,
  tokenPairSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { open, router, signedIn } from '../../trpc.ts';
import { refreshSession } from './session.refresh.ts';
import {
  endCurrentSession,
  listSessions,
  removeOtherSessions,
  removeSession,
} from './session.service.ts';

export const sessionRouter = router({
  refresh: open
    .input(sessionRefreshInputSchema)
    .output(tokenPairSchema)
    .mutation(({ ctx, input: { refreshToken, attemptId } }) =>
      refreshSession(ctx.call, { refreshToken, attemptId }),
    ),

  list: signedIn.output(sessionListOutputSchema).query(({ ctx }) => listSessions(ctx.call)),

  remove: signedIn
    .input(sessionRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => removeSession(ctx.call, input.sessionId)),

  removeOthers: signedIn
    .output(sessionRemoveOthersOutputSchema)
    .mutation(({ ctx }) => removeOtherSessions(ctx.call)),

  end: signedIn.output(z.void()).mutation(({ ctx }) => endCurrentSession(ctx.call)),
});
