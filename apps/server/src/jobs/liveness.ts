import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '@chapar/api';
import type { Logger } from 'pino';
import { createReaper, lockKey, type Session } from './orphans.ts';

const lookMs = 1_000;
const retakeMs = 250;
const endWithinMs = 1_000;

const options = {
  application_name: 'chapar worker',
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
  /** Longer than the server lets a statement run: after this the line is dead. */
  query_timeout: 10_000,
  statement_timeout: 5_000,
};

/**
 * By these PostgreSQL gives up a session whose machine is gone within some 11 s; one whose process
 * has died ends at once, since its kernel closes the connection. A system that lacks an option
 * ignores it.
 */
const settings = Object.entries({
  idle_session_timeout: '0',
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '10000',
});
const set = `select ${settings.map(([name, value]) => `set_config('${name}', '${value}', false)`).join(', ')}`;

/** Shared, so that it can be taken again while the session before is not known to be dead. */
const take = `select pg_advisory_lock_shared(${lockKey('$1')})`;

/**
 * Shows every other process that a worker lives: an advisory lock of PostgreSQL, held by a
 * connection of its own, which is lost when the process or its machine dies. On the same connection
 * it looks for workers that are gone, and frees their jobs.
 *
 * When the connection is lost the lock is taken again at once, and the worker fetches nothing until
 * then: what others would run a second time are the jobs at most that run at that moment, after
 * three seconds without the lock.
 */
export class Liveness {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #lock = Promise.withResolvers<null>();
  #isHeld = false;
  #isLeaving = false;
  #loop: Promise<void> | null = null;

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /** @param workerId as the queue writes it at the jobs that the worker has fetched */
  begin(workerId: string): void {
    this.#loop ??= this.#live(workerId);
  }

  /** Null while the lock is held; otherwise what ends as soon as it is, or the worker has to end. */
  untilHeld(): null | Promise<null> {
    return this.#isHeld || this.#isLeaving ? null : this.#lock.promise;
  }

  /** Lets a worker pass that is ending: it fetches nothing any more. */
  letGo(): void {
    this.#isLeaving = true;
    this.#lock.resolve(null);
  }

  /** Gives the lock up. To be called when no job runs any more. */
  async close(): Promise<void> {
    this.letGo();
    this.#closing.abort();
    await this.#loop;
  }

  async #live(workerId: string): Promise<void> {
    const { signal } = this.#closing;
    let isTold = false;
    for (;;) {
      const why = await this.#hold(workerId).catch((error: unknown) => error);
      if (signal.aborted) {
        return;
      }
      const wasHeld = this.#isHeld;
      if (wasHeld) {
        this.#isHeld = false;
        this.#lock = Promise.withResolvers<null>();
      }
      if (wasHeld || !isTold) {
        isTold = true;
        this.#log.warn({ err: why }, 'the job worker fetches nothing until it has its lock again');
      }
      if (!wasHeld) {
        await rest(retakeMs, signal);
      }
    }
  }

  /** One connection, from its beginning to its end. Throws why it has ended. */
  async #hold(workerId: string): Promise<never> {
    const session = this.#database.createClient(options);
    const lost = new AbortController();
    session.on('error', (error) => lost.abort(error));
    session.on('end', () => lost.abort());
    const signal = AbortSignal.any([lost.signal, this.#closing.signal]);
    try {
      await session.connect();
      await session.query(set);
      await session.query(take, [workerId]);
      this.#isHeld = true;
      this.#lock.resolve(null);
      const reap = createReaper(session, workerId, this.#log);
      for (;;) {
        signal.throwIfAborted();
        await reap().catch((error: unknown) => this.#endure(error));
        await rest(lookMs, signal);
      }
    } finally {
      const ended = end(session);
      // What is lost is taken again at once, however long its end takes.
      if (this.#closing.signal.aborted) {
        await ended;
      }
    }
  }

  /** What the server refuses leaves the connection and its lock as they are. */
  #endure(error: unknown): void {
    if (!(error instanceof Error && 'severity' in error)) {
      throw error;
    }
    this.#log.error({ err: error }, 'jobs of workers that are gone could not be freed');
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

/** A connection that is cut off says no goodbye. */
async function end(session: Session): Promise<void> {
  const ended = session.end().catch(() => undefined);
  await Promise.race([ended, wait(endWithinMs, undefined, { ref: false })]);
}
