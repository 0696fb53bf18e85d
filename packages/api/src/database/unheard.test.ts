import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { AppError, toAppError } from '../errors.ts';
import { startLine, type FreezableLine } from '../testing/frozen-line.ts';
import { cloneDatabase } from '../testing/test-database.ts';
import { openDatabase, type Database } from './orm.ts';

const statementMs = 400;
/** The statement's own time, a second for the answer, and what a busy machine takes. */
const withinMs = statementMs + 1_000 + 1_500;

/** A database by way of a line that can fall silent. */
async function open(
  undo: AsyncDisposableStack,
): Promise<{ database: Database; line: FreezableLine }> {
  const { url } = undo.use(await cloneDatabase());
  const line = undo.use(await startLine(url));
  const database = await openDatabase({ url: line.url, statementMs });
  undo.defer(() => database.close());
  return { database, line };
}

/** What a caller would be told, and after how long. */
async function failureOf(work: Promise<unknown>): Promise<{ appError: unknown; ms: number }> {
  const started = performance.now();
  const thrown = await work.then(
    () => new Error('it was answered'),
    (error: unknown) => error,
  );
  return { appError: toAppError(thrown), ms: performance.now() - started };
}

function expectOutage({ appError, ms }: { appError: unknown; ms: number }): void {
  expect(appError).toBeInstanceOf(AppError);
  expect(appError).toMatchObject({ appCode: 'UNAVAILABLE', data: { retryAfterSeconds: 2 } });
  expect(ms).toBeLessThan(withinMs);
}

test('a query on a connection that has fallen silent ends, and the connection with it', async () => {
  await using undo = new AsyncDisposableStack();
  const { database, line } = await open(undo);
  const { db, pool } = database;
  await sql`select 1`.execute(db);
  line.freeze();
  expectOutage(await failureOf(sql`select 1`.execute(db)));
  expect(pool.totalCount).toBe(0);
  await expect(sql`select 1 as n`.execute(db)).resolves.toMatchObject({ rows: [{ n: 1 }] });
});

test('so does a transaction, wherever in it the line falls silent', async () => {
  await using undo = new AsyncDisposableStack();
  const { database, line } = await open(undo);
  const { db, pool } = database;
  for (const frozenAt of ['begin', 'statement', 'commit']) {
    await sql`select 1`.execute(db);
    const freezeAt = (step: string): void => {
      if (step === frozenAt) {
        line.freeze();
      }
    };
    freezeAt('begin');
    const work = db.transaction().execute(async (tx) => {
      freezeAt('statement');
      await sql`select 1`.execute(tx);
      freezeAt('commit');
    });
    expectOutage(await failureOf(work));
    expect(pool.totalCount).toBe(0);
  }
});

test('as many as the pool has are given up together', async () => {
  await using undo = new AsyncDisposableStack();
  const { database, line } = await open(undo);
  const ask = (): Promise<unknown>[] =>
    Array.from({ length: 40 }, () => sql`select pg_sleep(0.02)`.execute(database.db));
  await Promise.all(ask());
  line.freeze();
  const failures = await Promise.all(ask().map((work) => failureOf(work)));
  // Those that the silent ones did not keep waiting for long get new ones.
  const refused = failures.filter(
    ({ appError }) => appError instanceof AppError && appError.appCode === 'UNAVAILABLE',
  );
  expect(refused).toHaveLength(20);
  refused.forEach(expectOutage);
});

test('a statement that takes too long is ended by the server, and the connection goes on', async () => {
  await using undo = new AsyncDisposableStack();
  const { database } = await open(undo);
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.db);
  await expect(sql`select pg_sleep(5)`.execute(database.db)).rejects.toMatchObject({
    code: '57014',
  });
  await expect(
    sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.db),
  ).resolves.toEqual({ rows });
});

test('a connection that nobody asks anything may be silent, and is watched again afterwards', async () => {
  await using undo = new AsyncDisposableStack();
  const { database, line } = await open(undo);
  for (const pool of [database.pool, database.queuePool]) {
    const listening = await pool.connect();
    const heard: unknown[] = [];
    listening.on('notification', ({ payload }) => heard.push(payload));
    await listening.query('listen silence');
    await wait(2 * (statementMs + 1_000));
    await listening.query(`notify silence, 'still here'`);
    await expect.poll(() => heard).toEqual(['still here']);
    line.freeze();
    expectOutage(await failureOf(listening.query('select 1')));
    listening.release();
    expect(pool.totalCount).toBe(0);
  }
});

test('an answer that came while the process stood still counts', async () => {
  await using clone = await cloneDatabase();
  // Without a line, which would stand still with it.
  const database = await openDatabase({ url: clone.url, statementMs });
  const pidAfter = (seconds: number) =>
    sql`select pg_backend_pid() as pid from pg_sleep(${seconds})`.execute(database.db);
  const before = await pidAfter(0);
  const asked = pidAfter(0.2);
  await wait(50);
  // So that timers come next, before what has come is read.
  await turn();
  const until = performance.now() + statementMs + 1_500;
  while (performance.now() < until) {
    // Busy.
  }
  await expect(asked).resolves.toEqual(before);
  await expect(pidAfter(0)).resolves.toEqual(before);
  await database.close();
});
