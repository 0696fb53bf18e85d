import type { Database } from '@chapar/api';
import type { Logger } from 'pino';

/** A connection beside the pool. */
export type Session = ReturnType<Database['createClient']>;

/**
 * Looks, one after another and at least a second apart, that have to find a worker's lock free. A
 * worker that has lost its connection takes its lock again meanwhile.
 */
const looksUntilDead = 4;

/** SQL of the key of a worker's advisory lock. */
export function lockKey(workerId: string): string {
  return `hashtextextended('chapar worker ' || ${workerId}, 0)`;
}

/** Ids of workers that have jobs, and whose lock nobody holds at this moment. */
const findAlone = `
  select id from (
    select locked_by as id from graphile_worker._private_jobs where locked_by is not null
    union
    select locked_by from graphile_worker._private_job_queues where locked_by is not null
  ) as workers
  where id <> $1 and pg_try_advisory_xact_lock(${lockKey('id')})`;

/** Looks again, and tells workers of the jobs: otherwise they would find them at the next poll. */
const free = `
  with dead as materialized (
    select id from unnest($1::text[]) as id where pg_try_advisory_xact_lock(${lockKey('id')})
  ), found as materialized (
    select count(*)::int as jobs from graphile_worker._private_jobs
    where locked_by in (select id from dead)
  )
  select jobs, graphile_worker.force_unlock_workers(array(select id from dead)),
    pg_notify('jobs:insert', json_build_object('count', jobs)::text)
  from found`;

/**
 * Makes what frees the jobs of workers that are gone, each time that it is called. It compares no
 * clocks: it counts how often in a row it finds a lock free, so it has to be made anew for each
 * connection. Of several that free the same jobs at once one does it; an id never comes again, so
 * that who is late frees nothing.
 *
 * @param workerId whose jobs are left alone, since a session's own lock is free to itself
 */
export function createReaper(session: Session, workerId: string, log: Logger): () => Promise<void> {
  let alone = new Map<string, number>();
  return async () => {
    const { rows } = await session.query<{ id: string }>(findAlone, [workerId]);
    alone = new Map(rows.map(({ id }) => [id, (alone.get(id) ?? 0) + 1]));
    const dead = [...alone].filter(([, looks]) => looks >= looksUntilDead).map(([id]) => id);
    if (dead.length === 0) {
      return;
    }
    const freed = await session.query<{ jobs: number }>(free, [dead]);
    const jobs = freed.rows[0]?.jobs ?? 0;
    if (jobs > 0) {
      log.warn({ jobs }, 'jobs of a worker that is gone were freed');
    }
  };
}
