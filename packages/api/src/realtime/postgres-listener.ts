import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { Random } from '../deps.ts';
import { reasonOf } from './hub-pulse.ts';

export interface PostgresListenerOptions {
  createClient: (options?: pg.ClientConfig) => pg.Client;
  /** Goes into SQL as it is: small letters, digits and underscores. */
  channel: string;
  random: Random;
  onPayload: (payload: string) => void;
  onUp: () => void;
  onDown: (reason: string) => void;
}

const connection = {
  application_name: 'chapar hub',
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
  query_timeout: 10_000,
};
const firstWaitMs = 50;
const longestWaitMs = 5_000;
const endWithinMs = 1_000;

/**
 * A connection of its own that listens to a channel, opened anew for ever when it is lost: after
 * 50 ms, then twice as long each time up to 5 s, give or take a half, so that nodes that have lost
 * the same server do not come back at the same moment.
 */
export class PostgresListener {
  readonly #options: PostgresListenerOptions;
  readonly #closing = new AbortController();
  #drop: (() => void) | null = null;
  /** That have failed since the last one that has not. */
  #tries = 0;
  readonly #ended: Promise<void>;

  constructor(options: PostgresListenerOptions) {
    this.#options = options;
    this.#ended = this.#live();
  }

  /** Gives up the connection that is there, for a new one. */
  renew(): void {
    this.#drop?.();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #live(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#listen();
      await this.#rest(Math.min(firstWaitMs * 2 ** this.#tries, longestWaitMs));
      this.#tries += 1;
    }
  }

  /** One connection, from its beginning to its end. */
  async #listen(): Promise<void> {
    const { createClient, channel, onPayload } = this.#options;
    const client = createClient(connection);
    const lost = Promise.withResolvers<never>();
    // Nobody may wait for it yet.
    lost.promise.catch(() => undefined);
    client.on('error', (error) => lost.reject(error));
    client.on('end', () => lost.reject(new Error('the connection has ended')));
    const onNotification = ({ payload }: pg.Notification): void => onPayload(payload ?? '');
    client.on('notification', onNotification);
    this.#drop = () => lost.reject(new Error('nothing comes back'));
    const closing = Promise.withResolvers<null>();
    const onClosing = (): void => closing.resolve(null);
    this.#closing.signal.addEventListener('abort', onClosing, { once: true });
    try {
      const listening = client
        .connect()
        // A connection that only listens is idle for ever.
        .then(() => client.query(`set idle_session_timeout = 0; listen ${channel}`));
      const isUp = await Promise.race([listening, lost.promise, closing.promise]);
      if (isUp !== null && !this.#closing.signal.aborted) {
        this.#tries = 0;
        this.#options.onUp();
        await Promise.race([lost.promise, closing.promise]);
      }
    } catch (error) {
      this.#options.onDown(reasonOf(error));
    } finally {
      this.#drop = null;
      this.#closing.signal.removeEventListener('abort', onClosing);
      // What a connection that was given up says later is no proof that the next one works.
      client.off('notification', onNotification);
      await end(client);
    }
  }

  async #rest(ms: number): Promise<void> {
    const jittered = ms / 2 + this.#options.random.integer(ms);
    await wait(jittered, undefined, { signal: this.#closing.signal, ref: false }).catch(
      () => undefined,
    );
  }
}

/** Says goodbye, and closes the connection where nobody answers: it would stay open for a quarter of an hour. */
async function end(client: pg.Client): Promise<void> {
  const ended = client.end().catch(() => undefined);
  await Promise.race([ended, wait(endWithinMs, undefined, { ref: false })]);
  client.connection.stream.destroy();
}
