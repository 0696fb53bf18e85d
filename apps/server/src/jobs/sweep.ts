import { sweep, type App } from '@chapar/api';
import type { Logger } from 'pino';

const everyMs = 3_600_000;

/** Removes what nobody can need any more, once an hour. @returns a function that stops it */
export function startSweep(app: App, log: Logger): () => void {
  const timer = setInterval(() => {
    sweep(app).catch((error: unknown) => {
      log.error({ err: error }, 'the sweep failed; it is tried again in an hour');
    });
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
