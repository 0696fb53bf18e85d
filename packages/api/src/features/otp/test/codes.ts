import type { Login } from '@chapar/contract';
import pg from 'pg';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { Connection } from '../../../call.ts';
import { defaultConfig } from '../../../config.ts';
import type { ApiConfig, OtpConfig, SmsBudgetConfig } from '../../../deps.ts';
import { createTestApi, type TestApi } from '../../../testing/index.ts';

/** A challenge with a code that somebody gives for it. */
export interface Given {
  challengeId: string;
  code: string;
}

/** What a test changes of the codes. */
export function codes(changes: Partial<OtpConfig>): { otp: OtpConfig } {
  return { otp: { ...defaultConfig.otp, ...changes } };
}

/** What a test changes of the money for SMS. */
export function money(changes: Partial<SmsBudgetConfig>): { smsBudget: SmsBudgetConfig } {
  return { smsBudget: { ...defaultConfig.smsBudget, ...changes } };
}

/** Budgets of procedures that are not what a test is about. */
export const unlimited: Pick<ApiConfig, 'limits'> = {
  limits: {
    overrides: new Map([
      ['otp.request:address', { most: 10_000, seconds: 60 }],
      ['otp.request:device', { most: 10_000, seconds: 60 }],
    ]),
    addressFactor: 1,
  },
};

/**
 * One product for the tests of a file that need nothing of their own: each takes contacts and
 * addresses that no other has, and moves the clock forward only.
 */
export function shareApi(config: Partial<ApiConfig> = {}): () => TestApi {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi({ config: { ...money({ unusedPerSource: 10_000 }), ...config } });
  });
  afterAll(() => api.close());
  return () => api;
}

let numbers = 0;

/** A number that nobody has, in a block of its own. */
export function newPhone(): string {
  numbers += 1;
  return `+98913${String(numbers).padStart(4, '0')}000`;
}

/** A number of Iran: `block` numbers the thousands, `index` those in one of them. */
export function numberIn(block: number, index = 0): string {
  return `+98912${String(block).padStart(4, '0')}${String(index).padStart(3, '0')}`;
}

/** An address whose neighbours are nobody else's. */
export function addressIn(neighbourhood: number, index = 1): string {
  return `172.${16 + (neighbourhood >> 8)}.${neighbourhood & 255}.${index}`;
}

/** Signs in by a code, from an address of its own. */
export function verify(
  api: TestApi,
  { challengeId, code }: Given,
  facts: Partial<Connection> = {},
): Promise<Login> {
  return api.anonymous(facts).api.otp.verify({ challengeId, code });
}

/** The attempts that a challenge has spent. */
export async function attemptsOf(api: TestApi, challengeId: string): Promise<number> {
  const { attempts } = await api.app.db
    .selectFrom('otp_challenges')
    .select('attempts')
    .where('id', '=', challengeId)
    .executeTakeFirstOrThrow();
  return attempts;
}

export async function countRows(
  api: TestApi,
  table: 'sessions' | 'users' | 'otp_challenges',
): Promise<number> {
  const rows = await api.app.db.selectFrom(table).select('id').execute();
  return rows.length;
}

const meeting = 10;
const patience = { timeout: 15_000, interval: 20 };

/**
 * Runs calls that race for one challenge: its row is held until so many of them wait for it that
 * none can have come alone.
 */
export async function atOneMoment<T>(
  { database: { pool } }: TestApi,
  challengeId: string,
  work: () => Promise<T>,
): Promise<T> {
  const holder = await pool.connect();
  try {
    await holder.query('begin');
    await holder.query('select from otp_challenges where id = $1 for update', [challengeId]);
    const result = work();
    await vi.waitFor(async () => {
      const { rowCount } = await holder.query(`
        select from pg_locks where not granted and locktype = 'tuple'
          and database = (select oid from pg_database where datname = current_database())`);
      expect(rowCount).toBeGreaterThanOrEqual(meeting);
    }, patience);
    await holder.query('commit');
    return await result;
  } finally {
    holder.release();
  }
}

/** Everything that rests in the database, jobs included, as one text. */
export async function dump({ database: { pool } }: TestApi): Promise<string> {
  const tables = await pool.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'graphile_worker')`);
  const texts = tables.rows.map(async ({ name }) => {
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${name} t`);
    return [name, ...rows.map(({ row }) => row)].join('\n');
  });
  return (await Promise.all(texts)).join('\n');
}

/** The statements that reach the database while `work` runs, each without its values. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const query = vi.spyOn(pg.Client.prototype, 'query');
  await work();
  const texts = query.mock.calls.map(([first]: readonly unknown[]) =>
    typeof first === 'string' ? first : (first as { text: string }).text,
  );
  query.mockRestore();
  return texts;
}
