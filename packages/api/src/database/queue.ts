import { Logger } from 'graphile-worker';
import { sql } from 'kysely';
import type { Db } from './tables.ts';

/** The queue speaks through our log only, and only of failures; jobs carry no secrets. */
export const quietLogger = new Logger(() => () => undefined);

/**
 * Jobs by name with what they carry. Payloads rest in the database: never a code, a token, a phone
 * number or an address that can be read.
 */
export interface JobPayloads {
  'otp.send': { challengeId: string; language: 'en' | 'fa' };
  'otp.refused': { id: string };
  'sms.send': { id: string };
  'sms.poll': { provider: string };
  'account.notice': { id: string; sealed: string; language: 'en' | 'fa' };
}

export interface EnqueueOptions {
  /** One waiting job for each key; a second one replaces the first. */
  key: string;
  /**
   * Milliseconds to wait; none when left out. A span and no instant, because the database's clock is
   * not ours.
   */
  afterMs?: number;
  /** A job of this key that waits for its time goes on waiting for it. */
  keepsTime?: boolean;
  /** Runs before the others that wait. */
  isUrgent?: boolean;
}

const maxAttempts = 10;
const urgent = -10;

/**
 * Puts a job into the queue within the caller's transaction: it runs after the commit, or never.
 */
export async function enqueue<Name extends keyof JobPayloads>(
  db: Db,
  name: Name,
  payload: JobPayloads[Name],
  { key, afterMs = 0, keepsTime = false, isUrgent = false }: EnqueueOptions,
): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${name}, ${JSON.stringify(payload)}::json, job_key => ${key}, max_attempts => ${maxAttempts},
      priority => ${isUrgent ? urgent : 0}, run_at => now() + ${afterMs} * interval '1 millisecond',
      job_key_mode => ${keepsTime ? 'preserve_run_at' : 'replace'}
    )`.execute(db);
}
