import { createTaskList, quietLogger, type App, type Database } from '@chapar/api';
import { run } from 'graphile-worker';
import type { Logger } from 'pino';

const jobsAtOnce = 5;
const pollMs = 2_000;

/**
 * Runs the jobs that transactions have put into the queue. PostgreSQL wakes it at once; the poll
 * finds what a lost notification left.
 *
 * @returns a function that lets running jobs end and stops
 */
export async function startJobs(
  app: App,
  database: Database,
  log: Logger,
): Promise<() => Promise<void>> {
  const runner = await run({
    pgPool: database.pool,
    taskList: createTaskList(app),
    concurrency: jobsAtOnce,
    pollInterval: pollMs,
    noHandleSignals: true,
    logger: quietLogger,
  });
  runner.events.on('job:error', ({ job, error }) => {
    log.error({ err: error, job: job.task_identifier, attempt: job.attempts }, 'job failed');
  });
  return () => runner.stop();
}
