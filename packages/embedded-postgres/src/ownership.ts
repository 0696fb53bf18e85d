import { Client, DatabaseError } from 'pg';

import { EmbeddedPostgresError } from './error.ts';

/** How to reach the cluster as its superuser. */
export interface Address {
  port: number;
  password: string;
}

/**
 * One try for the lock: `busy`, another session holds it; `not-ready`, the server answers that it takes no
 * session now; `full`, all its slots are taken; `silent`, no server answered.
 */
export type Claim =
  | { outcome: 'claimed'; ownership: Ownership }
  | { outcome: 'busy' | 'not-ready' | 'full' | 'silent' };

/** The key of the session-level advisory lock in database `postgres`: "chapar" in ASCII. */
const lockKey = '109299962503538';
const retryMs = 50;

/**
 * The proof that this process owns the cluster: a session that holds the advisory lock. When the session
 * ends by itself (a crash restart of PostgreSQL drops all), it is made anew in the background until `release`.
 */
export class Ownership {
  #client: Client;
  readonly #address: Address;
  readonly #log: (message: string) => void;
  #released = false;
  #lost = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(client: Client, address: Address, log: (message: string) => void) {
    this.#client = client;
    this.#address = address;
    this.#log = log;
    this.#watch();
  }

  /**
   * Opens a session and tries the lock once.
   * Fails with `START_FAILED` when the server turns the password down.
   * @param timeoutMs limit of connecting and locking together
   */
  static async claim(
    address: Address,
    timeoutMs: number,
    log: (message: string) => void,
  ): Promise<Claim> {
    const result = await openLocked(address, timeoutMs);
    return result instanceof Client
      ? { outcome: 'claimed', ownership: new Ownership(result, address, log) }
      : { outcome: result };
  }

  /** Whether another process took the lock while this one's session was down. */
  get lostToAnother(): boolean {
    return this.#lost;
  }

  /** Runs a statement on the owner's session and gives its rows. */
  async query(text: string, values: string[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.#client.query<Record<string, unknown>>(text, values);
    return rows;
  }

  /** From now on the session is not made anew when it ends; it still holds the lock as long as it lives. */
  release(): void {
    this.#released = true;
    clearTimeout(this.#timer);
  }

  /** Ends the session, and the lock with it. Never fails, never waits long. */
  async close(): Promise<void> {
    this.release();
    await closeClient(this.#client);
  }

  #watch(): void {
    this.#client.once('end', () => {
      if (this.#released) {
        return;
      }
      this.#log('PostgreSQL dropped the owner session; making it anew');
      this.#retry();
    });
  }

  #retry(): void {
    if (this.#released) {
      return;
    }
    this.#timer = setTimeout(() => void this.#reacquire(), retryMs);
    this.#timer.unref();
  }

  async #reacquire(): Promise<void> {
    const result = await openLocked(this.#address, 5_000).catch(() => 'silent' as const);
    if (!(result instanceof Client)) {
      if (result === 'busy' && !this.#lost) {
        this.#log('Another process took the embedded PostgreSQL over');
      }
      if (result === 'busy') {
        this.#lost = true;
      }
      this.#retry();
      return;
    }
    if (this.#released) {
      await closeClient(result);
      return;
    }
    this.#client = result;
    this.#lost = false;
    this.#watch();
    this.#log('The owner session of PostgreSQL is back');
  }
}

async function openLocked(
  address: Address,
  timeoutMs: number,
): Promise<Client | 'busy' | 'not-ready' | 'full' | 'silent'> {
  const client = new Client({
    host: '127.0.0.1',
    port: address.port,
    user: 'postgres',
    password: address.password,
    database: 'postgres',
    application_name: 'chapar owner',
    ssl: false,
  });
  // Without a listener the death of the server would be an uncaught error here.
  client.on('error', () => undefined);
  const timer = setTimeout(() => client.connection.stream.destroy(), timeoutMs);
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>(
      'SELECT pg_try_advisory_lock($1::bigint) AS held',
      [lockKey],
    );
    if (rows[0]?.held === true) {
      return client;
    }
    await closeClient(client);
    return 'busy';
  } catch (error) {
    await closeClient(client);
    if (!(error instanceof DatabaseError)) {
      return 'silent';
    }
    if (error.code === '53300') {
      return 'full';
    }
    if (error.code?.startsWith('28') === true) {
      throw new EmbeddedPostgresError(
        'START_FAILED',
        `The running PostgreSQL turned down the password kept in its data folder (${error.message}): restore chapar.password, or move the folder away to begin anew.`,
        { cause: error },
      );
    }
    return 'not-ready';
  } finally {
    clearTimeout(timer);
  }
}

/** Says goodbye, and cuts the connection when that takes over 200 ms (a server that hangs never answers it). */
async function closeClient(client: Client): Promise<void> {
  const cut = new Promise<void>((resolve) => {
    setTimeout(resolve, 200).unref();
  });
  await Promise.race([client.end().catch(() => undefined), cut]);
  client.connection.stream.destroy();
}
