import {
  streamInputSchema,
  streamRenewInputSchema,
  streamRenewOutputSchema,
  type StreamEvent,
} from '@chapar/contract';
import { tracked, type TrackedEnvelope } from '@trpc/server';
import { AppError, toAppError } from '../../errors.ts';
import { router, signedIn } from '../../trpc.ts';
import { renewSocket } from './stream.renew.ts';
import { followStream, type Follow } from './stream.service.ts';
import { isEndOf, Way } from './stream.way.ts';

export const streamRouter = router({
  /**
   * Everything live for the caller. Every value is tracked, so that a client which comes back
   * says where it stands; the declared type lets nothing untracked through.
   */
  onEvent: signedIn.input(streamInputSchema).subscription(async function* ({
    ctx: { call, socket },
    input,
  }): AsyncGenerator<TrackedEnvelope<StreamEvent>, void> {
    if (!socket) {
      throw new AppError('STREAM_NEEDS_SOCKET');
    }
    const release = socket.openStream();
    if (!release) {
      throw new AppError('STREAM_TOO_MANY');
    }
    const way = new Way(socket);
    const { lastEventId } = input ?? {};
    let leave: (() => void) | null = null;
    const follow: Follow = {
      lastEventId,
      connectionId: socket.id,
      sink: () => way.sink,
      onCut: (end) => socket.close(end === 'slow' ? 4290 : 1012),
    };
    try {
      for await (const delivery of followStream(call, follow)) {
        leave ??= call.app.presence.arrive(call.actor.userId);
        if (!(await socket.drained(call.signal))) {
          return socket.close(4290);
        }
        yield tracked(delivery.id, way.textOf(delivery));
        if (isEndOf(call.actor.sessionId, delivery)) {
          return socket.close(4403);
        }
      }
    } catch (error) {
      // The guard has done its work before the first value is asked for.
      throw toAppError(error);
    } finally {
      leave?.();
      release();
    }
  }),

  /** Lets the caller's socket live as long as the token of this call. */
  renew: signedIn
    .input(streamRenewInputSchema)
    .output(streamRenewOutputSchema)
    .mutation(({ ctx, input }) => renewSocket(ctx.call, input.connectionId)),
});
