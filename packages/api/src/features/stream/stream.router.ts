import { streamInputSchema, type StreamEvent } from '@chapar/contract';
import { tracked, type TrackedEnvelope } from '@trpc/server';
import { AppError } from '../../errors.ts';
import { router, signedIn } from '../../trpc.ts';
import { followStream, StreamCutError } from './stream.service.ts';

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
    try {
      for await (const { cursor, event } of followStream(call, input?.lastEventId)) {
        if (!(await socket.drained(call.signal))) {
          return socket.close(4290);
        }
        yield tracked(String(cursor), event);
        if (event.type === 'session.ended' && event.body.sessionId === call.actor.sessionId) {
          return socket.close(4403);
        }
      }
    } catch (error) {
      if (!(error instanceof StreamCutError)) {
        throw error;
      }
      socket.close(error.reason === 'slow' ? 4290 : 1012);
    } finally {
      release();
    }
  }),
});
