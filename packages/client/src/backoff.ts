import { closeCodes } from '@chapar/contract/close-codes';

const firstAfterRestartMs = 1_500;
const firstAfterDropMs = 300;
const longestMs = 30_000;
const baseMs = 1_000;
/** The server restarts. */
const restart = 1012 satisfies keyof typeof closeCodes;
const waitAtLeastMs = 2_000;
const waitAtMostMs = 10_000;

/** What the client does about a close code. Codes that it does not know are jitter. */
export type ComeBack = (typeof closeCodes)[keyof typeof closeCodes]['comeBack'];

export function comeBackOf(code: number): ComeBack {
  const known: Partial<Record<number, { comeBack: ComeBack }>> = closeCodes;
  return known[code]?.comeBack ?? 'jitter';
}

function randomBetween(low: number, high: number): number {
  return low + Math.random() * (high - low);
}

/** Exponential backoff with full jitter: anything from 0 to the ceiling, in milliseconds. */
export function fullJitterMs(attempt: number, base = baseMs): number {
  return randomBetween(0, Math.min(longestMs, base * 2 ** attempt));
}

/** How the socket before this one ended. */
export interface Lost {
  code: number;
}

/**
 * How long to wait before a socket is opened.
 *
 * - The first one of all: not at all.
 * - A connection that had served well (then `failures` is 0) and was lost: up to 0.3 s, but up to
 *   1.5 s when the server restarts, since all of its clients come back at once.
 * - A code that asks to wait: 2 to 10 s, and more after failures.
 * - Everything else, unknown codes included: full jitter up to 30 s by the number of failures.
 *
 * @param failures sockets opened in a row that did not serve well
 * @returns milliseconds
 */
export function reconnectDelayMs(failures: number, lost: Lost | null): number {
  if (!lost) {
    return failures === 0 ? 0 : fullJitterMs(failures);
  }
  if (comeBackOf(lost.code) === 'wait') {
    return randomBetween(waitAtLeastMs, waitAtMostMs) + (failures > 0 ? fullJitterMs(failures) : 0);
  }
  if (failures > 0) {
    return fullJitterMs(failures);
  }
  const isTold = lost.code === restart;
  return randomBetween(0, isTold ? firstAfterRestartMs : firstAfterDropMs);
}

/** Waits; rejects at once when `signal` is or gets aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Error('stopped while waiting'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) {
      stop();
    } else {
      signal.addEventListener('abort', stop, { once: true });
    }
  });
}

/** Waits for `work`, but not longer than `ms`. */
export async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  const late = new AbortController();
  await Promise.race([work, pause(ms, late.signal)]);
  late.abort();
}
