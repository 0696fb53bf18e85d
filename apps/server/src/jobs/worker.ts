import { createTaskList, type App, type Database } from '@chapar/api';
import type { Logger } from 'pino';
import { pollMs, startPool, type JobPool, type WorkerParts } from './pool.ts';

/**
 * Runs the jobs that transactions have put into the queue.
 *
 * @returns a function that lets running jobs end and stops
 */
export function startJobs(app: App, database: Database, log: Logger): Promise<() => Promise<void>> {
  return startWorker({ database, taskList: createTaskList(app), log });
}

/**
 * Keeps a worker running. PostgreSQL wakes it at once; the poll finds what a lost notification left.
 *
 * A worker that could not fetch jobs, or not write how one has ended, is replaced as soon as the
 * database answers: the queue keeps the failure of its first query for ever, and waits up to a
 * minute before it listens again.
 *
 * @returns a function that lets running jobs end and stops
 */
export async function startWorker(parts: WorkerParts): Promise<() => Promise<void>> {
  const { database, log } = parts;
  let pool: JobPool | null = await startPool(parts);
  const replace = async (): Promise<void> => {
    await database.pool.query('select 1');
    const failed = pool;
    pool = null;
    await failed?.stop();
    pool = await startPool(parts);
    log.warn('the job worker was replaced: it could not reach the database for a while');
  };
  // One at a time: in a long outage each try may take longer than the next is away.
  let replacing: Promise<void> | null = null;
  const timer = setInterval(() => {
    if ((pool === null || pool.hasFailed()) && replacing === null) {
      replacing = replace()
        .catch((error: unknown) => log.debug({ err: error }, 'the job worker waits'))
        .finally(() => {
          replacing = null;
        });
    }
  }, pollMs);
  timer.unref();

  return async () => {
    clearInterval(timer);
    await replacing;
    await pool?.stop();
  };
}
