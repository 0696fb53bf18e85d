import { createHash } from 'node:crypto';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Limiter } from './limiter.ts';

/**
 * What every store of rate-limiter-flexible is made with. Its own limit is out of reach, so that it
 * counts and never refuses; the length of the window comes with each use.
 */
export const countOnly = { points: Number.MAX_SAFE_INTEGER, duration: 1 };

/** Node's timers, by which the store in memory forgets, reach no further: 2³¹ ms, 24 days. */
const longestWindowSeconds = 2_147_483;

const longestKey = 200;

/**
 * Counts in a store of rate-limiter-flexible. What the store throws is thrown on.
 *
 * A counter is named by its key alone, so whoever changes `most` keeps what was counted, a new
 * `seconds` holds from the next window on, and one delete forgets. In return **a key belongs to one
 * budget**: two budgets on one key would share its counter and the window that began first. Callers
 * put the name of what they limit into the key (`otp.send.day:+98912…`).
 *
 * `spend` fails with RangeError for a window that is not whole seconds from 1 to 2 147 483.
 */
export function countIn(store: RateLimiterAbstract): Limiter {
  return {
    async spend(key, { most, seconds }) {
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestWindowSeconds) {
        throw new RangeError(`no window for a limit: ${seconds} s`);
      }
      const used = await store.consume(counterName(key), 1, { customDuration: seconds });
      const count = used.consumedPoints;
      const retryAfterSeconds = Math.max(1, Math.ceil(used.msBeforeNext / 1_000));
      return { allowed: count <= most, count, retryAfterSeconds };
    },
    async forget(key) {
      await store.delete(counterName(key));
    },
  };
}

/** By what a store knows a key: the key itself when every store can hold it (short, plain ASCII), else its SHA-256. */
export function counterName(key: string): string {
  const plain = key.length <= longestKey && /^[\x20-\x7E]*$/.test(key);
  return plain ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`;
}
