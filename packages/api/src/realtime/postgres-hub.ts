import type pg from 'pg';
import { statement } from '../database/statement.ts';
import type { Log, Random } from '../deps.ts';
import { BusHub, type Bus, type BusHubOptions } from './bus-hub.ts';
import { PostgresListener } from './postgres-listener.ts';

export interface PostgresHubOptions extends Pick<BusHubOptions, 'beatMs'> {
  /** Publishes; best one whose plans do not depend on arguments. Its end is the caller's. */
  pool: pg.Pool;
  /** Makes the connection that listens, beside the pool. */
  createClient: (options?: pg.ClientConfig) => pg.Client;
  random: Random;
  log: Pick<Log, 'warn' | 'error'>;
}

const channel = 'chapar_hub';
/** "It must be shorter than 8000 bytes" (PostgreSQL 18, NOTIFY). */
const largestPayloadBytes = 7_999;

const notify = statement<object, [channel: string, payloads: readonly string[]]>(
  'hub-notify',
  'select pg_notify($1, payload) from unnest($2::text[]) payload',
);

/**
 * The hub of nodes that share a PostgreSQL, by LISTEN and NOTIFY.
 *
 * - What is published goes to the own listeners at once, and to the others by a statement of its own
 *   through the pool, one at a time, with all that has gathered meanwhile. The order of a node's
 *   events is kept. A statement that fails, or that has no answer after 10 s, is not repeated.
 * - An event whose text does not fit into 8,000 bytes reaches other nodes as `head`; a signal that
 *   does not, not at all.
 * - Payloads can be read, and made up, by every role that may connect to the database: LISTEN and
 *   NOTIFY know no privileges. Whoever shares the database shares the events.
 * - A pooler between us and PostgreSQL has to work by session: LISTEN belongs to one.
 *
 * It connects in the background; `isConnected` says when. See
 * https://www.postgresql.org/docs/18/sql-notify.html and decision 17.
 */
export function createPostgresHub(options: PostgresHubOptions): BusHub {
  const { pool, createClient, random } = options;
  const bus: Bus = {
    largestPayloadBytes,
    // Two statements on two connections have no order.
    lanes: 1,
    shards: 1,
    canSend: () => true,
    async send(payloads) {
      await notify(
        pool,
        channel,
        payloads.map(({ text }) => text),
      );
    },
    revive: () => listener.renew(),
    close: () => listener.close(),
  };
  const hub = new BusHub({ ...options, bus });
  const listener = new PostgresListener({
    createClient,
    channel,
    random,
    onPayload: (payload) => hub.hear(payload),
    onUp: () => hub.pulse.up(),
    onDown: (reason) => hub.pulse.down(reason),
  });
  return hub;
}
