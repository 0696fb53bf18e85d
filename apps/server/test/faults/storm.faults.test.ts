import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@chapar/embedded-postgres';
import { hasRedis, startRedis } from '@chapar/api/testing';
import { expect, test } from 'vitest';
import { startProcess, type ServerProcess } from '../server-process.ts';
import { startBalancer, targetOf } from './balancer.ts';
import { runStorm, size, stormEnv, type StormResult } from './storm.ts';

const patience = 300_000;
const secret = 'many-nodes-that-have-one-secret-in-common-7';
const noRedis = !hasRedis() && 'redis-server is not installed';

/** A PostgreSQL of the test's own, as safe as in production. */
async function startPostgres(undo: AsyncDisposableStack) {
  const folder = await mkdtemp(path.join(tmpdir(), 'chapar-storm-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const start = () => startEmbeddedPostgres({ directory: path.join(folder, 'postgres') });
  let postgres = await start();
  undo.defer(() => postgres.stop());
  return {
    get url() {
      return postgres.url;
    },
    async restart() {
      await postgres.stop();
      postgres = await start();
    },
  };
}

async function startNodes(
  undo: AsyncDisposableStack,
  count: number,
  env: Record<string, string>,
): Promise<ServerProcess[]> {
  const nodes: ServerProcess[] = [];
  for (let i = 0; i < count; i += 1) {
    nodes.push(undo.use(await startProcess({ SECRET_KEY: secret, ...stormEnv, ...env })));
  }
  return nodes;
}

function expectNothingLost({ table, readings, acknowledged }: StormResult): void {
  expect(table).toHaveLength(size.writers * size.messages);
  expect(new Set(table)).toEqual(acknowledged);
  for (const reading of readings) {
    expect(reading.resets).toBe(0);
    expect(reading.ids).toEqual(table);
  }
}

test.for(['memory', 'postgres', 'redis'])(
  'a node is killed in the middle: every reader has what the table has (HUB=%s)',
  { timeout: patience },
  async (hub, { skip }) => {
    skip(hub === 'redis' && noRedis !== false, noRedis || '');
    await using undo = new AsyncDisposableStack();
    const postgres = await startPostgres(undo);
    const redis = hub === 'redis' ? await startRedis() : null;
    undo.defer(async () => redis?.kill());
    const env = { DATABASE_URL: postgres.url, HUB: hub, ...(redis && { REDIS_URL: redis.url }) };
    const nodes = await startNodes(undo, 3, env);
    const balancer = undo.use(await startBalancer(nodes.map(({ url }) => targetOf(url))));
    const result = await runStorm({ balancer, databaseUrl: postgres.url }, async () => {
      await nodes[1]?.killGroup();
    });
    expectNothingLost(result);
  },
);

test(
  'a node is told to end: its sockets move, no send fails, and every reader has what the table has',
  { timeout: patience },
  async () => {
    await using undo = new AsyncDisposableStack();
    const postgres = await startPostgres(undo);
    const env = { DATABASE_URL: postgres.url, HUB: 'postgres', DRAIN_SECONDS: '3' };
    const [going, staying] = await startNodes(undo, 2, env);
    const [first, second] = [targetOf(going?.url ?? ''), targetOf(staying?.url ?? '')];
    const balancer = undo.use(await startBalancer([first, second]));
    let code: number | null | undefined;
    const place = { balancer, databaseUrl: postgres.url, areLinesCut: false };
    const result = await runStorm(place, async () => {
      const ended = going?.stop('SIGTERM');
      const readyz = async (): Promise<number> =>
        (await fetch(`${going?.url ?? ''}/readyz`)).status;
      await expect.poll(readyz).toBe(503);
      // What a load balancer does when it sees that.
      balancer.targets = [second];
      code = await ended;
    });
    expectNothingLost(result);
    expect(result.failures).toBe(0);
    expect(code).toBe(0);
  },
);

test(
  'PostgreSQL is restarted in the middle: every reader has what the table has',
  { timeout: patience },
  async () => {
    await using undo = new AsyncDisposableStack();
    const postgres = await startPostgres(undo);
    const line = undo.use(await startBalancer([targetOf(postgres.url)]));
    const throughLine = new URL(postgres.url);
    throughLine.port = String(line.port);
    const nodes = await startNodes(undo, 2, { DATABASE_URL: throughLine.href, HUB: 'postgres' });
    const balancer = undo.use(await startBalancer(nodes.map(({ url }) => targetOf(url))));
    const result = await runStorm({ balancer, databaseUrl: throughLine.href }, async () => {
      await postgres.restart();
      line.targets = [targetOf(postgres.url)];
    });
    expectNothingLost(result);
  },
);

test(
  'Redis is away for a while: sends go on, and every reader has what the table has',
  { timeout: patience },
  async ({ skip }) => {
    skip(noRedis !== false, noRedis || '');
    await using undo = new AsyncDisposableStack();
    const postgres = await startPostgres(undo);
    let redis = await startRedis();
    undo.defer(async () => redis?.kill());
    const nodes = await startNodes(undo, 2, {
      DATABASE_URL: postgres.url,
      HUB: 'redis',
      REDIS_URL: redis?.url ?? '',
    });
    const balancer = undo.use(await startBalancer(nodes.map(({ url }) => targetOf(url))));
    const result = await runStorm({ balancer, databaseUrl: postgres.url }, async () => {
      const port = redis?.port;
      await redis?.kill();
      await wait(size.awayMs);
      redis = await startRedis(port);
    });
    expectNothingLost(result);
  },
);
