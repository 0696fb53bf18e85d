import type { TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { closedError } from './errors.ts';
import type { AppRouter } from './types.ts';

/** Fails the calls of a closed client, and those that are under way when it is closed. */
export function closedLink(closed: AbortSignal): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) => {
      if (op.type === 'subscription' && !closed.aborted) {
        // Completed by the socket, when that is closed.
        return next(op);
      }
      return observable((observer) => {
        const end = (): void => observer.error(closedError());
        if (closed.aborted) {
          end();
          return undefined;
        }
        closed.addEventListener('abort', end);
        const call = next(op).subscribe(observer);
        return () => {
          closed.removeEventListener('abort', end);
          call.unsubscribe();
        };
      });
    };
}
