import { RateLimiterRedis, RLWrapperTimeouts } from 'rate-limiter-flexible';
import type { RedisClientType } from 'redis';
import { countIn, countOnly } from './counting.ts';
import type { Limiter } from './limiter.ts';

/** node-redis bounds how long a command waits to be written, and not how long for its answer. */
const answerWithinMs = 500;

/**
 * Counts in Redis, under `limit:` and the key. A use that Redis does not answer within 500 ms, or
 * answers by an error, is counted by `fallback` instead: limits never disappear, and no call hangs.
 * The next use asks Redis again. What the fallback has counted is not carried over; a use that
 * Redis counted too late is counted in both.
 *
 * `forget` forgets in both. Where Redis does not answer its counter stays until its window ends,
 * which refuses too much rather than too little.
 *
 * The client is the caller's: connected, and closed, by the caller, who listens to its `error`
 * events. A key belongs to one budget, see {@link countIn}.
 */
export function createRedisLimiter(
  client: Pick<RedisClientType, 'isReady' | 'eval' | 'del'>,
  fallback: Limiter,
): Limiter {
  const limiter = new RateLimiterRedis({
    ...countOnly,
    storeClient: client,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    keyPrefix: 'limit',
  });
  const redis = countIn(new RLWrapperTimeouts({ limiter, timeoutMs: answerWithinMs }));
  return {
    async spend(key, budget) {
      try {
        return await redis.spend(key, budget);
      } catch {
        return fallback.spend(key, budget);
      }
    },
    async forget(key) {
      await fallback.forget(key);
      // A delete that waits for the next connection would forget what is counted until then.
      if (client.isReady) {
        await redis.forget(key).catch(() => undefined);
      }
    },
  };
}
