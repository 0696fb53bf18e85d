import type { RedisClientType } from 'redis';
import type { Log, Random } from '../deps.ts';
import { BusHub, type Bus, type BusHubOptions } from './bus-hub.ts';
import { reasonOf } from './hub-pulse.ts';

type Link = Pick<RedisClientType, 'isReady' | 'on' | 'off'>;

export interface RedisHubOptions extends Pick<BusHubOptions, 'beatMs'> {
  /** May do other work too. */
  publisher: Link & Pick<RedisClientType, 'sPublish'>;
  /** For the hub alone. */
  subscriber: Link & Pick<RedisClientType, 'sSubscribe' | 'sUnsubscribe'>;
  /** Begins the names of the channels: Redis has one set of them for all its databases. */
  prefix?: string;
  random: Random;
  log: Pick<Log, 'warn' | 'error'>;
}

/** Every node has to have the same. */
const shards = 16;
/** Far below what Redis lets wait for a subscriber (`client-output-buffer-limit`: 8 MB for 60 s). */
const largestPayloadBytes = 512 * 1024;
/** What one connection sends stays in order. */
const lanes = 8;
const joinAgainMs = 10_000;

/**
 * The hub of nodes that share a Redis from version 7 on, by sharded publish and subscribe: 16
 * channels, each stream and topic in one of them, and every node in all.
 *
 * - What is published goes to the own listeners at once, and to the others with all that has gathered
 *   in the turn of the event loop, in one write. The order of a node's events in a stream is kept.
 * - An event of more than 512 KiB reaches other nodes as `head`; a signal as long, not at all.
 * - While Redis is away nothing is kept for it. Events reach the other nodes by the audit.
 * - The clients belong to the caller, who connects and closes them and listens to their `error`
 *   events. They come back by themselves, and so does the subscription.
 * - A Redis that refuses SSUBSCRIBE is an older one, or its user lacks the right: the log says so
 *   once as an error, it is tried again, and until then `isConnected` is false. There is no other way
 *   of publishing to fall back to: nodes that took different ones would not hear each other.
 *
 * See https://redis.io/docs/latest/develop/pubsub/ and decision 17.
 */
export function createRedisHub(options: RedisHubOptions): BusHub {
  const { publisher, subscriber, prefix = 'chapar', log } = options;
  const names = Array.from({ length: shards }, (_, shard) => `${prefix}:${shard}`);
  const isReady = (): boolean => publisher.isReady && subscriber.isReady;
  let isClosed = false;
  let isJoined = false;
  let isRefusalTold = false;
  let again: NodeJS.Timeout | undefined;

  const bus: Bus = {
    largestPayloadBytes,
    lanes,
    shards,
    canSend: () => publisher.isReady,
    async send(payloads) {
      await Promise.all(
        payloads.map(({ shard, text }) => publisher.sPublish(`${prefix}:${shard}`, text)),
      );
    },
    revive: () => void leave().then(join),
    async close() {
      isClosed = true;
      clearTimeout(again);
      for (const link of [publisher, subscriber]) {
        link.off('error', lose);
        link.off('end', lose);
      }
      publisher.off('ready', look);
      subscriber.off('ready', onReady);
      await leave();
    },
  };
  const hub = new BusHub({ ...options, bus });
  const onMessage = (payload: string): void => hub.hear(payload);

  /** Listens to all channels, each by a command of its own: in a cluster they live apart. */
  const join = async (): Promise<void> => {
    if (isClosed || !subscriber.isReady) {
      return;
    }
    try {
      await Promise.all(names.map((name) => subscriber.sSubscribe(name, onMessage)));
      isJoined = true;
      look();
    } catch (error) {
      refused(error);
    }
  };
  const refused = (error: unknown): void => {
    hub.pulse.down(reasonOf(error));
    if (isClosed || !subscriber.isReady) {
      return;
    }
    clearTimeout(again);
    again = setTimeout(onReady, joinAgainMs);
    again.unref();
    if (!isRefusalTold) {
      isRefusalTold = true;
      log.error(
        { reason: reasonOf(error) },
        'Redis refuses SSUBSCRIBE: the hub needs Redis 7 or newer, and the right to its channels',
      );
    }
  };
  const leave = async (): Promise<void> => {
    if (subscriber.isReady) {
      const left = names.map((name) => subscriber.sUnsubscribe(name, onMessage));
      await Promise.allSettled(left);
    }
  };
  const onReady = (): void => void join();
  const look = (): void => {
    if (isJoined && isReady()) {
      hub.pulse.up();
    }
  };
  const lose = (error?: unknown): void => {
    isJoined &&= subscriber.isReady;
    if (!isReady()) {
      hub.pulse.down(reasonOf(error));
    }
  };
  for (const link of [publisher, subscriber]) {
    link.on('error', lose);
    link.on('end', lose);
  }
  publisher.on('ready', look);
  subscriber.on('ready', onReady);
  onReady();
  return hub;
}
