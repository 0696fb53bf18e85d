import type { Operation, TRPCClientError, TRPCLink } from '@trpc/client';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import { fullJitterMs } from './backoff.ts';
import { appCodeOf, isChaparError, isTokenRefusal, toClientError } from './errors.ts';
import type { LiveSocket } from './live-socket.ts';
import type { Session } from './session.ts';
import type { AppErrorCode, AppRouter } from './types.ts';

/** Answers to a subscription that are about the moment, not about the subscription. */
const passing = new Set<AppErrorCode | null>(['UNAVAILABLE', 'INTERNAL', 'RATE_LIMITED']);

/**
 * Keeps a subscription going: one that the server ends or refuses for the moment is begun again
 * after the event that came last. Lost sockets are tRPC's affair; it does the same.
 */
export function resumeLink(live: LiveSocket, session: Session): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let lastEventId: string | undefined;
        let current: Unsubscribable | null = null;
        let timer: ReturnType<typeof setTimeout> | undefined;
        let failures = 0;
        let over = false;

        const end = (how: () => void): void => {
          if (over) {
            return;
          }
          over = true;
          clearTimeout(timer);
          leave();
          current?.unsubscribe();
          how();
        };
        const fail = (error: Error): void => end(() => observer.error(toClientError(error)));
        const complete = (): void => end(() => observer.complete());

        const begin = (): void => {
          current = next(lastEventId === undefined ? op : after(op, lastEventId)).subscribe({
            next(envelope) {
              const { result } = envelope;
              if (result.type === 'data' && isTracked(result.data)) {
                lastEventId = result.data.id;
                failures = 0;
                live.heard(result.data.data);
              }
              if (result.type !== 'stopped') {
                observer.next(envelope);
              }
            },
            error: refused,
            complete() {
              if (op.signal?.aborted) {
                complete();
              } else {
                beginLater();
              }
            },
          });
        };
        const beginLater = (): void => {
          if (over) {
            return;
          }
          clearTimeout(timer);
          timer = setTimeout(begin, fullJitterMs(failures));
          failures += 1;
        };
        const refused = (error: TRPCClientError<AppRouter>): void => {
          if (over) {
            return;
          }
          if (isTokenRefusal(error)) {
            live.reopen(live.credential.accessToken);
            beginLater();
          } else if (appCodeOf(error) === 'SESSION_ENDED') {
            void sessionEnded(error);
          } else if (!isChaparError(error) || passing.has(appCodeOf(error))) {
            beginLater();
          } else {
            fail(error);
          }
        };
        const sessionEnded = async (error: Error): Promise<void> => {
          const { credential } = live;
          try {
            if (await session.endOf(credential)) {
              fail(error);
            } else {
              live.reopen();
              beginLater();
            }
          } catch {
            fail(error);
          }
        };

        const leave = live.enlist({ fail, complete });
        begin();
        return () => end(() => undefined);
      });
}

/** tRPC's way of saying where to go on; the procedure reads it as part of its input. */
function after(op: Operation, lastEventId: string): Operation {
  const input = typeof op.input === 'object' ? op.input : null;
  return { ...op, input: { ...input, lastEventId } };
}

/** An event comes wrapped together with its place in the log. */
function isTracked(data: unknown): data is { id: string; data: unknown } {
  if (typeof data !== 'object' || data === null || !('id' in data) || !('data' in data)) {
    return false;
  }
  return typeof data.id === 'string';
}
