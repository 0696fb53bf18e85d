import {
  createMemoryHub,
  createMemoryLimiter,
  createPostgresHub,
  createPostgresLimiter,
  createRedisHub,
  createRedisLimiter,
  type Database,
  type Hub,
  type Limiter,
  type Random,
} from '@chapar/api';
import type { Logger } from 'pino';
import type { RedisClientType } from 'redis';
import type { Config } from './env.ts';

// What several processes have in common beside the database: where they count, and how they tell.

/** What closes a thing that was opened. */
export type Undo = () => Promise<void> | void;

/** What is needed to open something. */
interface Parts {
  config: Config;
  database: Database;
  log: Logger;
  random: Random;
  /** Takes what closes it; closed in reverse order. */
  opened: Undo[];
}

interface PartsWithRedis extends Parts {
  redis: RedisClientType | null;
}

/** The connection that limiter and hub share. Null where neither uses Redis. */
export async function openRedis({ config, log, opened }: Parts): Promise<RedisClientType | null> {
  const { redisUrl, rateLimitStore, hub } = config;
  if (redisUrl === null || (rateLimitStore !== 'redis' && hub !== 'redis')) {
    return null;
  }
  const { connectRedis } = await import('./redis.ts');
  // Of the bus the hub speaks itself.
  const consequence = rateLimitStore === 'redis' ? 'limits are counted in memory' : null;
  const redis = connectRedis(redisUrl, log, consequence);
  opened.push(redis.close);
  return redis.client;
}

/** Where limits are counted that nodes share; without a Redis that answers, in this process. */
export function openLimiter({ config, database, redis }: PartsWithRedis): Limiter {
  if (config.rateLimitStore === 'postgres') {
    return createPostgresLimiter(database.pool);
  }
  if (config.rateLimitStore === 'memory' || redis === null) {
    return createMemoryLimiter();
  }
  return createRedisLimiter(redis, createMemoryLimiter());
}

/** It connects in the background: neither the start nor a call waits for it. */
export async function openHub(parts: PartsWithRedis): Promise<Hub> {
  const hub = await createHub(parts);
  parts.opened.push(() => hub.close());
  return hub;
}

async function createHub(parts: PartsWithRedis): Promise<Hub> {
  const { config, database, redis, log, random, opened } = parts;
  const { hub, redisUrl } = config;
  if (hub === 'redis' && redis !== null && redisUrl !== null) {
    const { connectRedis } = await import('./redis.ts');
    const subscriber = connectRedis(redisUrl, log, null);
    opened.push(subscriber.close);
    return createRedisHub({
      publisher: redis,
      subscriber: subscriber.client,
      prefix: channelPrefix(redisUrl),
      random,
      log,
    });
  }
  if (hub === 'postgres') {
    return createPostgresHub({
      pool: database.hot,
      createClient: (options) => database.createClient(options),
      random,
      log,
    });
  }
  return createMemoryHub(log);
}

/** Channels have no database in Redis; those who are set apart by its number shall not hear each other. */
function channelPrefix(redisUrl: string): string {
  return `chapar:${new URL(redisUrl).pathname.slice(1) || '0'}`;
}
