import { EventEmitter } from 'node:events';
import { quietLogger, type Database } from '@chapar/api';
import { run, type TaskList, type WorkerEvents } from 'graphile-worker';
import type { Logger } from 'pino';
import { Liveness } from './liveness.ts';

/** Jobs wait for a provider's answer most of their time, and hold no connection meanwhile. */
const jobsAtOnce = 10;

export const pollMs = 2_000;

/** What a worker works with. */
export interface WorkerParts {
  database: Database;
  taskList: TaskList;
  log: Logger;
}

/** A worker of the queue, as the queue makes it: one that has failed does not recover. */
export interface JobPool {
  hasFailed(): boolean;
  /** Lets running jobs end. */
  stop(): Promise<void>;
}

/**
 * Begins to run jobs. It fetches none before others can see that it lives, and none while they
 * cannot.
 */
export async function startPool({ database, taskList, log }: WorkerParts): Promise<JobPool> {
  const liveness = new Liveness(database, log);
  let hasFailed = false;
  const fail = (): void => {
    hasFailed = true;
  };
  const events: WorkerEvents = new EventEmitter();
  events.on('pool:create', ({ workerPool }) => liveness.begin(workerPool.id));
  events.on('pool:gracefulShutdown', () => liveness.letGo());
  events.on('worker:getJob:error', fail);
  events.on('job:error', ({ job, error }) => {
    log.error({ err: error, job: job.task_identifier, attempt: job.attempts }, 'job failed');
  });
  const runner = await run({
    pgPool: database.queuePool,
    taskList,
    parsedCronItems: [],
    concurrency: jobsAtOnce,
    pollInterval: pollMs,
    noHandleSignals: true,
    logger: quietLogger,
    events,
    // Asked before each fetch, and waited for.
    forbiddenFlags: () => liveness.untilHeld(),
    // Without these nobody hears that the end of a job could not be written: the process would end.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  });
  // It also ends by itself, when it could not write how a job has ended.
  const ended = runner.promise.then(fail, fail);
  return {
    hasFailed: () => hasFailed,
    async stop() {
      try {
        // One that has ended by itself refuses to be stopped.
        await runner.stop().catch(() => ended);
      } finally {
        await liveness.close();
      }
    },
  };
}
