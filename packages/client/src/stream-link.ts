import { wsLink, type OperationLink, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import superjson from 'superjson';
import { dedupeLink } from './dedupe.ts';
import { toClientError } from './errors.ts';
import type { LiveSocket } from './live-socket.ts';
import { resumeLink } from './resume-link.ts';
import type { Session } from './session.ts';
import type { AppRouter } from './types.ts';

/**
 * Subscriptions go over the WebSocket, which is made for the first one: socket, then resume, then
 * dedupe. Everything else goes on to the next link.
 */
export function streamLink(openLive: () => LiveSocket, session: Session): TRPCLink<AppRouter> {
  return (runtime) => {
    let opened: OperationLink<AppRouter> | null = null;
    const open = (): OperationLink<AppRouter> => {
      const live = openLive();
      const dedupe = dedupeLink()(runtime);
      const resume = resumeLink(live, session)(runtime);
      const socket = wsLink<AppRouter>({ client: live.client, transformer: superjson })(runtime);
      return ({ op, next }) =>
        dedupe({
          op,
          next: (op1) => resume({ op: op1, next: (op2) => socket({ op: op2, next }) }),
        });
    };
    return ({ op, next }) => {
      if (op.type !== 'subscription') {
        return next(op);
      }
      return observable((observer) => {
        try {
          opened ??= open();
        } catch (error) {
          observer.error(toClientError(error));
          return undefined;
        }
        return opened({ op, next }).subscribe(observer);
      });
    };
  };
}
