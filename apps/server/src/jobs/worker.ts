import { createTaskList, quietLogger, type App, type Database } from '@chapar/api';
import { run, type Runner } from 'graphile-worker';
import type { Logger } from 'pino';

const jobsAtOnce = 5;
const pollMs = 2_000;

/**
 * Runs the jobs that transactions have put into the queue. PostgreSQL wakes it at once; the poll
 * finds what a lost notification left.
 *
 * A worker that could not fetch jobs is replaced as soon as the database answers: the queue keeps
 * the failure of its first query for ever, and waits up to a minute before it listens again.
 *
 * @returns a function that lets running jobs end and stops
 */
export async function startJobs(
  app: App,
  database: Database,
  log: Logger,
): Promise<() => Promise<void>> {
  let hasFailed = false;
  const begin = async (): Promise<Runner> => {
    const runner = await run({
      pgPool: database.pool,
      taskList: createTaskList(app),
      parsedCronItems: [],
      concurrency: jobsAtOnce,
      pollInterval: pollMs,
      noHandleSignals: true,
      logger: quietLogger,
    });
    hasFailed = false;
    runner.events.on('worker:getJob:error', () => {
      hasFailed = true;
    });
    runner.events.on('job:error', ({ job, error }) => {
      log.error({ err: error, job: job.task_identifier, attempt: job.attempts }, 'job failed');
    });
    return runner;
  };

  let runner: Runner | null = await begin();
  const replace = async (): Promise<void> => {
    await database.pool.query('select 1');
    const failed = runner;
    runner = null;
    await failed?.stop();
    runner = await begin();
    log.warn('the job worker was replaced: it could not reach the database for a while');
  };
  // One at a time: in a long outage each try may take longer than the next is away.
  let replacing: Promise<void> | null = null;
  const timer = setInterval(() => {
    if ((hasFailed || runner === null) && replacing === null) {
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
    await runner?.stop();
  };
}
