import { Logger } from 'graphile-worker';
import { sql } from 'kysely';
import type { Db } from './tables.ts';

/** The queue speaks through our log only, and only of failures; jobs carry no secrets. */
export const quietLogger = new Logger(() => () => undefined);

/** Jobs by name with what they carry. Payloads rest in the database: never a code or a token. */
export interface JobPayloads {
  'otp.send': { challengeId: string; language: 'en' | 'fa' };
  'account.notice': {
    id: string;
    channel: 'sms' | 'mail';
    address: string;
    language: 'en' | 'fa';
  };
}

/**
 * Puts a job into the queue within the caller's transaction: it runs after the commit, or never.
 *
 * @param key one waiting job for each key; a second one replaces the first
 */
export async function enqueue<Name extends keyof JobPayloads>(
  db: Db,
  name: Name,
  payload: JobPayloads[Name],
  key: string,
): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${name}, ${JSON.stringify(payload)}::json, max_attempts => 5, job_key => ${key}
    )`.execute(db);
}
