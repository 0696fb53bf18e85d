import { setTimeout as wait } from 'node:timers/promises';
import type { LiveEvent } from '@chapar/api';
import { cloneDatabase, hasRedis, startRedis, type RedisServer } from '@chapar/api/testing';
import { pino } from 'pino';
import { createClient } from 'redis';
import { describe, expect, test } from 'vitest';
import { openContainer, type Container } from '../src/container.ts';
import { parseConfig } from '../src/env.ts';
import { startProxy } from './cuttable-proxy.ts';
import { startServer } from './harness.ts';

const event: LiveEvent = {
  streamId: '019f0000-0000-7000-8000-000000000001',
  seq: 1,
  type: 'chat.message',
  json: '{"seq":1}',
};

const lost = 'the bus is away; events of other processes come a little later';
const back = 'the bus is back';

function logLines() {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const said = (): string[] => lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { log, said, text: () => lines.join('') };
}

interface Node extends AsyncDisposable {
  container: Container;
  heard: LiveEvent[];
  said(): string[];
}

async function openNode(env: Record<string, string>): Promise<Node> {
  const { log, said } = logLines();
  const container = await openContainer(parseConfig(env), log, () => undefined);
  const heard: LiveEvent[] = [];
  container.app.deps.hub.subscribe({
    event: (one) => heard.push(one),
    head: () => undefined,
    signal: () => undefined,
  });
  return { container, heard, said, [Symbol.asyncDispose]: () => container.close() };
}

async function redisServer(): Promise<RedisServer> {
  const server = await startRedis();
  if (server === null) {
    throw new Error('redis-server is gone');
  }
  return server;
}

function busOf(node: Node) {
  return async (): Promise<string> => (await node.container.check()).bus;
}

async function expectTold(env: Record<string, string>, isTold: boolean): Promise<void> {
  await using a = await openNode(env);
  await using b = await openNode(env);
  await expect.poll(busOf(a)).toBe('connected');
  await expect.poll(busOf(b)).toBe('connected');
  a.container.app.deps.hub.publish([event]);
  expect(a.heard).toEqual([event]);
  if (isTold) {
    await expect.poll(() => b.heard).toEqual([event]);
  } else {
    await wait(100);
    expect(b.heard).toEqual([]);
  }
  expect([...a.said(), ...b.said()]).toEqual([]);
}

test.for([
  { hub: {}, isTold: true },
  { hub: { HUB: 'postgres' }, isTold: true },
  { hub: { HUB: 'memory' }, isTold: false },
])('processes on one database with %j', async ({ hub, isTold }) => {
  await using database = await cloneDatabase();
  await expectTold({ DATABASE_URL: database.url, ...hub }, isTold);
});

test('without PostgreSQL the server is not ready; the log says once that the bus is away', async () => {
  await using database = await cloneDatabase();
  const url = new URL(database.url);
  await using proxy = await startProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  const { log, said, text } = logLines();
  const place = { url: url.href, drop: () => Promise.resolve() };
  await using server = await startServer({}, place, log);
  const ready = async (): Promise<unknown> => (await fetch(`${server.url}/readyz`)).json();
  await expect.poll(ready).toEqual({ status: 'ready', bus: 'connected' });
  await proxy.cut();
  await expect.poll(said).toContain(lost);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  await proxy.mend();
  await expect.poll(ready, { timeout: 15_000 }).toEqual({ status: 'ready', bus: 'connected' });
  expect(said().filter((line) => line.includes('the bus'))).toEqual([lost, back]);
  expect(text()).not.toContain(url.password || 'postgres://');
});

const withRedis = hasRedis();
const redisTitle = withRedis ? 'Redis' : 'Redis (skipped: redis-server is not installed)';

describe.skipIf(!withRedis)(`a hub in ${redisTitle}`, () => {
  test('processes hear each other, those of another database number do not', async () => {
    await using database = await cloneDatabase();
    await using redis = await redisServer();
    const env = { DATABASE_URL: database.url, HUB: 'redis', REDIS_URL: `${redis.url}/1` };
    await using other = await openNode({ ...env, REDIS_URL: `${redis.url}/2` });
    await expectTold(env, true);
    expect(other.heard).toEqual([]);
  });

  test('a Redis that is away is no reason not to be ready', async () => {
    await using database = await cloneDatabase();
    const redis = await redisServer();
    const { log, said } = logLines();
    const env = { HUB: 'redis', RATE_LIMIT_STORE: 'redis', REDIS_URL: redis.url };
    await using server = await startServer(env, { ...database, url: database.url }, log);
    const ready = async (): Promise<unknown> => (await fetch(`${server.url}/readyz`)).json();
    await expect.poll(ready).toEqual({ status: 'ready', bus: 'connected' });
    await redis.kill();
    await expect.poll(ready).toEqual({ status: 'ready', bus: 'away' });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    await using again = await startRedis(redis.port);
    expect(again).not.toBeNull();
    await expect.poll(ready, { timeout: 15_000 }).toEqual({ status: 'ready', bus: 'connected' });
    const limits = 'Redis is away; limits are counted in memory';
    expect(said().toSorted()).toEqual(['Redis is back', limits, back, lost].toSorted());
  });

  test('the start does not wait for Redis', async () => {
    await using database = await cloneDatabase();
    const env = { DATABASE_URL: database.url, HUB: 'redis', REDIS_URL: 'redis://127.0.0.1:9' };
    await using node = await openNode(env);
    await expect.poll(node.said).toEqual([lost]);
    expect(await node.container.check()).toEqual({ bus: 'away' });
  });

  test('a Redis without sharded publish and subscribe is named as such', async () => {
    await using database = await cloneDatabase();
    await using redis = await redisServer();
    const url = new URL(redis.url);
    url.username = 'old';
    url.password = 'Rd8Nc3Vb';
    const admin = createClient({ url: redis.url });
    await admin.connect();
    await admin.sendCommand(
      'ACL SETUSER old on >Rd8Nc3Vb +@all -ssubscribe allchannels allkeys'.split(' '),
    );
    const env = { DATABASE_URL: database.url, HUB: 'redis', REDIS_URL: url.href };
    await using node = await openNode(env);
    await expect
      .poll(node.said)
      .toEqual([
        lost,
        'Redis refuses SSUBSCRIBE: the hub needs Redis 7 or newer, and the right to its channels',
      ]);
    expect(await node.container.check()).toEqual({ bus: 'away' });
    admin.destroy();
  });
});
