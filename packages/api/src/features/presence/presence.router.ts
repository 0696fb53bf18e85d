import { presenceInputSchema, type PresenceEvent } from '@chapar/contract';
import { tracked, type TrackedEnvelope } from '@trpc/server';
import { AppError } from '../../errors.ts';
import { router, signedIn } from '../../trpc.ts';
import { watchPresence } from './presence.service.ts';

export const presenceRouter = router({
  /**
   * Who of up to 200 people is online, and every change. Every value is tracked, as the client's way
   * of beginning anew wants it; the numbers only count.
   */
  onChange: signedIn
    .meta({ limits: { user: { most: 120, seconds: 60 } } })
    .input(presenceInputSchema)
    .subscription(async function* ({
      ctx: { call, socket },
      input,
    }): AsyncGenerator<TrackedEnvelope<PresenceEvent>, void> {
      if (!socket) {
        throw new AppError('STREAM_NEEDS_SOCKET');
      }
      const release = socket.openStream();
      if (!release) {
        throw new AppError('STREAM_TOO_MANY');
      }
      let count = 0;
      try {
        const drained = (): Promise<boolean> => socket.drained(call.signal);
        for await (const event of watchPresence(call, input.userIds, drained)) {
          count += 1;
          yield tracked(String(count), event);
        }
      } finally {
        release();
      }
    }),
});
