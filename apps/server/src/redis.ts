import type { Logger } from 'pino';
import { createClient, type RedisClientType } from 'redis';

const longestWaitMs = 2_000;
const firstWaitMs = 50;
const connectWithinMs = 5_000;
/** One that hangs is noticed by the ping that has no answer. */
const pingMs = 5_000;
const silentMs = 15_000;

/**
 * A client that connects in the background and comes back by itself, for ever. Redis being away
 * stops nothing: commands fail at once, and the log says so once, and once when it is back. A
 * connection that is silent for 15 s is opened anew.
 *
 * @param url `redis://` or `rediss://`; its password is in no log line
 * @param consequence what comes of it while Redis is away, for the log; null when somebody else says
 * @returns the client, and a function that drops the connection
 */
export function connectRedis(
  url: string,
  log: Logger,
  consequence: string | null,
): { client: RedisClientType; close: () => void } {
  const client: RedisClientType = createClient({
    url,
    disableOfflineQueue: true,
    pingInterval: pingMs,
    socket: {
      connectTimeout: connectWithinMs,
      socketTimeout: silentMs,
      reconnectStrategy: (tries) => Math.min(firstWaitMs * 2 ** tries, longestWaitMs),
    },
  });
  let isAway = false;
  client.on('error', (error: unknown) => {
    if (!isAway && consequence !== null) {
      log.warn({ reason: reasonOf(error) }, `Redis is away; ${consequence}`);
    }
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway && consequence !== null) {
      log.warn({}, 'Redis is back');
    }
    isAway = false;
  });
  // It rejects only when it was closed before it was ready.
  client.connect().catch((error: unknown) => log.debug({ reason: reasonOf(error) }, 'no Redis'));
  return {
    client,
    close() {
      if (client.isOpen) {
        client.destroy();
      }
    },
  };
}

/** `ECONNREFUSED` and the like, what Redis says in its first word (`WRONGPASS`), or the error's kind. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(cause instanceof Error)) {
    return 'unknown';
  }
  const code = 'code' in cause ? cause.code : undefined;
  const word = /^[A-Z]{2,}\b/.exec(cause.message)?.[0];
  return typeof code === 'string' ? code : (word ?? cause.constructor.name);
}
