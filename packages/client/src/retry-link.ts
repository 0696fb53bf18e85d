import { TRPCClientError, type Operation, type TRPCLink } from '@trpc/client';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import { fullJitterMs } from './backoff.ts';
import { isTransient } from './errors.ts';
import type { AppRouter } from './types.ts';

const baseMs = 300;

interface Budget {
  retries: number;
  /** No retry begins later than this after the first try. */
  withinMs: number;
  /** A try without an answer is given up after this: a dead connection may say nothing. */
  answerWithinMs: number;
}

const forQueries: Budget = { retries: 3, withinMs: 5_000, answerWithinMs: 30_000 };
const forSends: Budget = { retries: 12, withinMs: 30_000, answerWithinMs: 10_000 };
/** It has to be over while there is time to replace the socket. */
const forRenewals: Budget = { retries: 3, withinMs: 8_000, answerWithinMs: 5_000 };
/** The outbox, which repeats by itself. */
const forOneTry: Budget = { retries: 0, withinMs: 0, answerWithinMs: 10_000 };

/**
 * Mutations that may be sent twice: what they create has an id made by the client, or they only
 * say what is so already.
 */
const repeatable: Partial<Record<string, Budget>> = {
  'chat.send': forSends,
  'stream.renew': forRenewals,
};

const onceKey = 'chaparOnce';

/** Context of a call that is tried once; without an answer it fails after 10 s. */
export const once = { [onceKey]: true };

function budgetOf(op: Operation): Budget | null {
  if (op.context[onceKey] === true) {
    return forOneTry;
  }
  return op.type === 'query' ? forQueries : (repeatable[op.path] ?? null);
}

/**
 * Tries again what failed on the way or was answered by UNAVAILABLE: queries for some seconds,
 * repeatable mutations for half a minute, anything else never, since nobody knows whether it was
 * done.
 */
export const retryLink: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) => {
    const budget = budgetOf(op);
    if (!budget) {
      return next(op);
    }
    return observable((observer) => {
      const startedAt = performance.now();
      let retries = 0;
      let current: Unsubscribable | null = null;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let giveUp = (): void => undefined;

      const attempt = (): void => {
        timer = setTimeout(() => {
          current?.unsubscribe();
          failed(TRPCClientError.from(new Error('the server did not answer in time')));
        }, budget.answerWithinMs);
        current = next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error: failed,
        });
      };
      const failed = (error: TRPCClientError<AppRouter>): void => {
        clearTimeout(timer);
        const delay = fullJitterMs(retries, baseMs);
        const late = performance.now() - startedAt + delay > budget.withinMs;
        if (late || op.signal?.aborted || retries === budget.retries || !isTransient(error)) {
          observer.error(error);
          return;
        }
        retries += 1;
        giveUp = () => observer.error(error);
        timer = setTimeout(attempt, delay);
      };
      const onAbort = (): void => giveUp();

      op.signal?.addEventListener('abort', onAbort);
      attempt();
      return () => {
        clearTimeout(timer);
        op.signal?.removeEventListener('abort', onAbort);
        current?.unsubscribe();
      };
    });
  };
