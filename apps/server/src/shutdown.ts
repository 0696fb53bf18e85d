import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';

const closeWithinMs = 9_000;
/** A signal to a whole process group arrives twice: from the group and from the launcher. */
const echoMs = 1_000;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Closes everything in reverse order of opening when a signal comes, and ends with code 0; with
 * code 1 after an error that nobody caught, 9 s after the sockets were given time to move, or at once
 * when asked a second time.
 *
 * @param drainMs that time
 * @returns a function that takes what has to be closed, as soon as it is open
 */
export function closeOnSignal(log: Logger, drainMs: number): (close: () => Promise<void>) => void {
  const opened: (() => Promise<void>)[] = [];
  const grace = closeWithGrace(
    { delay: closeWithinMs + drainMs, logger: false, skip: [...signals] },
    async ({ err }) => {
      if (err) {
        log.fatal({ err }, 'unexpected error; the process ends');
      }
      for (const close of opened.splice(0).toReversed()) {
        await close();
      }
    },
  );
  let askedAt: number | null = null;
  const ask = (): void => {
    if (askedAt === null) {
      askedAt = performance.now();
      grace.close();
    } else if (performance.now() - askedAt > echoMs) {
      process.exit(1);
    }
  };
  for (const signal of signals) {
    process.on(signal, ask);
  }
  return (close) => opened.push(close);
}
