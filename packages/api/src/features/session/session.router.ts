import {
  pageInputSchema,
  sessionListEventsOutputSchema,
  sessionListOutputSchema,
  sessionRefreshInputSchema,
  sessionRefSchema,
  sessionRemoveOthersOutputSchema,
  sessionViewSchema,
  tokenPairSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { freshSession, open, router, signedIn } from '../../trpc.ts';
import {
  endCurrentSession,
  removeAllSessions,
  removeOtherSessions,
  removeSession,
} from './session.end.ts';
import { refreshSession } from './session.refresh.ts';
import { getSession, listOwnEvents, listSessions } from './session.service.ts';

/** Who finds a phone unlocked must not be able to lock its owner out. */
const recently = freshSession(15 * 60);

export const sessionRouter = router({
  refresh: open
    .meta({ limits: { address: { most: 150, seconds: 300 } } })
    .input(sessionRefreshInputSchema)
    .output(tokenPairSchema)
    .mutation(({ ctx, input: { refreshToken, attemptId } }) =>
      refreshSession(ctx.call, { refreshToken, attemptId }),
    ),

  get: signedIn.output(sessionViewSchema).query(({ ctx }) => getSession(ctx.call)),

  list: signedIn.output(sessionListOutputSchema).query(({ ctx }) => listSessions(ctx.call)),

  listEvents: signedIn
    .input(pageInputSchema)
    .output(sessionListEventsOutputSchema)
    .query(({ ctx, input }) => listOwnEvents(ctx.call, input)),

  remove: recently
    .input(sessionRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => removeSession(ctx.call, input.sessionId)),

  removeOthers: recently
    .output(sessionRemoveOthersOutputSchema)
    .mutation(({ ctx }) => removeOtherSessions(ctx.call)),

  removeAll: signedIn.output(z.void()).mutation(({ ctx }) => removeAllSessions(ctx.call)),

  end: signedIn.output(z.void()).mutation(({ ctx }) => endCurrentSession(ctx.call)),
});
