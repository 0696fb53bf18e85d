import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestApi } from '../testing/index.ts';
import { startLine } from '../testing/frozen-line.ts';
import { cloneDatabase } from '../testing/test-database.ts';
import { statement } from './statement.ts';

/** Counts the connections that a pool opens from now on. */
function countOpened(pool: pg.Pool): () => number {
  let opened = 0;
  pool.on('connect', () => {
    opened += 1;
  });
  return () => opened;
}

test('a send that is repeated costs no connection', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const opened = countOpened(api.database.sends);
  const message = { conversationId, id: api.app.deps.newId(), text: 'x' };
  const sent = await sara.api.chat.send(message);
  for (let repeat = 1; repeat <= 50; repeat += 1) {
    await expect(sara.api.chat.send(message)).resolves.toEqual(sent);
  }
  expect(opened()).toBeLessThan(4);
});

const fail = statement<{ n: number }, [code: string]>('test-fail', 'select test_fail($1) as n');

/** A pool of one connection to a database that can fail in any way. */
async function openFailing(
  undo: AsyncDisposableStack,
  options: pg.PoolConfig = {},
): Promise<pg.Pool> {
  const { url } = undo.use(await cloneDatabase());
  const pool = new pg.Pool({ connectionString: url, max: 1, ...options });
  pool.on('connect', (client) => client.on('error', () => undefined));
  undo.defer(() => pool.end());
  await pool.query(`
    create function test_fail(code text) returns int language plpgsql as $$
    begin
      if code = '' then return 1; end if;
      raise exception 'failed' using errcode = code;
    end $$`);
  return pool;
}

test.for(['22012', '23505', '23514', '40001', '40P01', '55P03', '57014'])(
  'a connection goes on after the answer %s',
  async (code) => {
    await using undo = new AsyncDisposableStack();
    const pool = await openFailing(undo);
    const opened = countOpened(pool);
    await expect(fail(pool, code)).rejects.toMatchObject({ code });
    await expect(fail(pool, '')).resolves.toEqual([{ n: 1 }]);
    expect(opened()).toBe(0);
  },
);

test.for(['0A000', '25006', '26000', '53200', 'XX000'])(
  'a connection ends after the answer %s, which may be its own fault',
  async (code) => {
    await using undo = new AsyncDisposableStack();
    const pool = await openFailing(undo);
    const opened = countOpened(pool);
    await expect(fail(pool, code)).rejects.toMatchObject({ code });
    await expect(fail(pool, '')).resolves.toEqual([{ n: 1 }]);
    expect(opened()).toBe(1);
  },
);

test('a statement that the server ends leaves the connection as it was', async () => {
  await using undo = new AsyncDisposableStack();
  const pool = await openFailing(undo, { statement_timeout: 200 });
  const sleep = statement<object, [seconds: string]>('test-sleep', 'select pg_sleep($1::float8)');
  const opened = countOpened(pool);
  await expect(sleep(pool, '5')).rejects.toMatchObject({ code: '57014' });
  await expect(sleep(pool, '0')).resolves.toHaveLength(1);
  expect(opened()).toBe(0);
});

test('a statement goes on working when the columns of its table have changed', async () => {
  await using undo = new AsyncDisposableStack();
  const pool = await openFailing(undo);
  await pool.query('create table test_rows as select 1 as n');
  const read = statement<{ n: number }, []>('test-read', 'select * from test_rows');
  await expect(read(pool)).resolves.toEqual([{ n: 1 }]);
  await pool.query('alter table test_rows add column m int');
  await expect(read(pool)).rejects.toMatchObject({ code: '0A000' });
  await expect(read(pool)).resolves.toEqual([{ n: 1, m: null }]);
});

test('a connection on which no answer comes is given up', async () => {
  await using undo = new AsyncDisposableStack();
  const { url } = undo.use(await cloneDatabase());
  const line = undo.use(await startLine(url));
  const pool = new pg.Pool({ connectionString: line.url, max: 1, query_timeout: 300 });
  pool.on('connect', (client) => client.on('error', () => undefined));
  undo.defer(() => pool.end());
  const one = statement<{ n: number }, []>('test-one', 'select 1 as n');
  await one(pool);
  line.freeze();
  await expect(one(pool)).rejects.toThrow('Query read timeout');
  await expect(one(pool)).resolves.toEqual([{ n: 1 }]);
  expect(pool.totalCount).toBe(1);
});

test('a connection that is lost under a statement is replaced', async () => {
  await using undo = new AsyncDisposableStack();
  const pool = await openFailing(undo);
  const end = statement('test-end', 'select pg_terminate_backend(pg_backend_pid())');
  await expect(end(pool)).rejects.toThrow(/terminat/);
  await expect(fail(pool, '')).resolves.toEqual([{ n: 1 }]);
});
