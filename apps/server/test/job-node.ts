import { openDatabase, type Database } from '@chapar/api';
import type { TaskList } from 'graphile-worker';
import { pino } from 'pino';
import { startWorker } from '../src/jobs/worker.ts';

/** A worker with tasks of a test, as a process would have it: its own pool and its own lock. */
export interface JobNode extends AsyncDisposable {
  database: Database;
  /** What it has logged, oldest first. */
  logged: { msg: string; jobs?: number }[];
  /** Jobs of others that it has freed. */
  freed(): number;
}

/** @param lockPort of the lock's connection, where it takes another way */
export async function startNode(
  url: string,
  taskList: TaskList,
  lockPort?: number,
): Promise<JobNode> {
  const database = await openDatabase({ url, poolSize: 5 });
  const createClient: Database['createClient'] = (options) =>
    database.createClient({ ...options, ...(lockPort !== undefined && { port: lockPort }) });
  const logged: JobNode['logged'] = [];
  const write = (line: string): void => {
    logged.push(JSON.parse(line) as JobNode['logged'][number]);
  };
  const stop = await startWorker({
    database: { ...database, createClient },
    taskList,
    log: pino({ level: 'info' }, { write }),
  });
  return {
    database,
    logged,
    freed: () => logged.reduce((sum, { jobs = 0 }) => sum + jobs, 0),
    async [Symbol.asyncDispose]() {
      await stop();
      await database.close();
    },
  };
}

/** Puts jobs into the queue. */
export async function addJobs({ pool }: Database, task: string, count = 1): Promise<void> {
  await pool.query(`select graphile_worker.add_job($1) from generate_series(1, $2)`, [task, count]);
}

/** Makes every job look as if a worker had fetched it, and gone. */
export async function orphanJobs({ pool }: Database, workerId = 'pool-gone'): Promise<void> {
  await pool.query(
    `update graphile_worker._private_jobs set locked_by = $1, locked_at = now(), attempts = 1`,
    [workerId],
  );
}

/** Sessions that hold the lock of a worker. */
export async function lockSessions({ pool }: Database): Promise<number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    `select distinct pid from pg_locks join pg_database on oid = database
     where datname = current_database() and locktype = 'advisory' and mode = 'ShareLock' and granted`,
  );
  return rows.map(({ pid }) => pid);
}
