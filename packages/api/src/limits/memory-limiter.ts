import { RateLimiterMemory } from 'rate-limiter-flexible';
import { countIn, countOnly } from './counting.ts';
import type { Limiter } from './limiter.ts';

/**
 * Counts in this process: other nodes count for themselves, and a restart forgets. A key belongs to
 * one budget, see {@link countIn}.
 */
export function createMemoryLimiter(): Limiter {
  return countIn(new RateLimiterMemory({ ...countOnly, keyPrefix: '' }));
}
