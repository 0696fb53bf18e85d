import { setTimeout as wait } from 'node:timers/promises';
import { findEndedSessions, type App } from '@chapar/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Sockets } from './sockets.ts';

/** How long a session may be over before its sockets are, when all news of it was lost. */
const lookEveryMs = 20_000;

/**
 * Looks from time to time whether the sessions of open sockets still live. The hub says so at once, but
 * it may lose what it says, and a socket need not read the stream that would tell.
 *
 * @returns a function that ends it
 */
export function watchSessions(
  sockets: Sockets,
  app: App,
  log: FastifyBaseLogger,
  everyMs = lookEveryMs,
): () => void {
  const end = new AbortController();
  const run = async (): Promise<void> => {
    for (;;) {
      await wait(everyMs, undefined, { signal: end.signal, ref: false });
      try {
        sockets.closeSessions(new Set(await findEndedSessions(app.hot, sockets.sessionIds)));
      } catch (error) {
        log.warn({ err: error }, 'sessions of sockets could not be looked up; tried again');
      }
    }
  };
  // It ends by being aborted, and in no other way.
  run().catch(() => undefined);
  return () => end.abort();
}
