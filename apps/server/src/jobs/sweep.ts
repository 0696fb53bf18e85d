import { forgetOldEvents, type App } from '@chapar/api';
import type { Logger } from 'pino';

const everyMs = 3_600_000;

/** Forgets events beyond the retention, once an hour. @returns a function that stops it */
export function startSweep(app: App, log: Logger): () => void {
  const timer = setInterval(() => {
    forgetOldEvents(app).catch((error: unknown) => {
      log.error({ err: error }, 'old events could not be forgotten; it is tried again in an hour');
    });
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
