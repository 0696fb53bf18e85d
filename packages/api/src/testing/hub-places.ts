import { randomBytes, randomInt } from 'node:crypto';
import process from 'node:process';
import pg from 'pg';
import { createClient, type RedisClientType } from 'redis';
import { vi } from 'vitest';
import { openDatabase } from '../database/orm.ts';
import type { BusHub } from '../realtime/bus-hub.ts';
import type { Hub } from '../realtime/hub.ts';
import { createMemoryHub } from '../realtime/memory-hub.ts';
import { createPostgresHub } from '../realtime/postgres-hub.ts';
import { createRedisHub } from '../realtime/redis-hub.ts';
import { listen, type Heard } from './hub-listening.ts';
import { hasRedis, startRedis, type RedisServer } from './redis-server.ts';
import { cloneDatabase } from './test-database.ts';

/** Where the hubs of several nodes live, with a bus that a test can take away. */
export interface HubPlace extends AsyncDisposable {
  /** A node of its own, as soon as it hears. It ends with the place. */
  node(): Promise<TestNode>;
  /** Takes the bus away from all nodes. */
  stop(): Promise<void>;
  /** Brings it back. */
  restart(): Promise<void>;
  /** The bus is there and does not answer. Ends with `restart`, or with the place. */
  freeze(): Promise<void>;
  /** Says something on every channel of the bus that no hub has written. */
  babble(texts: readonly string[]): Promise<void>;
}

export interface TestNode {
  hub: Hub & Partial<Pick<BusHub, 'waiting'>>;
  heard: Heard;
  /** Messages of warnings and errors. */
  said: string[];
}

const random = { bytes: randomBytes, integer: (below: number) => randomInt(below) };
const beats = { beatMs: 150 };

async function ready(hub: Hub, said: string[]): Promise<TestNode> {
  const heard = listen(hub);
  await vi.waitUntil(() => hub.isConnected, { timeout: 10_000, interval: 2 });
  return { hub, heard, said };
}

function logInto(said: string[]) {
  const say = (_data: object, message: string): void => {
    said.push(message);
  };
  return { warn: say, error: say };
}

function openMemory(): Promise<HubPlace> {
  const nothing = (): Promise<void> => Promise.resolve();
  const node = (): Promise<TestNode> => {
    const said: string[] = [];
    return ready(createMemoryHub(logInto(said)), said);
  };
  return Promise.resolve({
    node,
    stop: nothing,
    restart: nothing,
    freeze: nothing,
    babble: nothing,
    [Symbol.asyncDispose]: nothing,
  });
}

async function openPostgres(): Promise<HubPlace> {
  const clone = await cloneDatabase();
  const url = new URL(clone.url);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const admin = new pg.Client(url.href);
  await admin.connect();
  const closing: (() => Promise<void>)[] = [];
  let frozen: number[] = [];
  const backends = async (): Promise<number[]> => {
    const { rows } = await admin.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = $1',
      [name],
    );
    return rows.map(({ pid }) => pid);
  };
  const thaw = (): void => {
    frozen.splice(0).forEach((pid) => process.kill(pid, 'SIGCONT'));
  };
  return {
    async node() {
      const database = await openDatabase({ url: clone.url });
      const said: string[] = [];
      const hub = createPostgresHub({
        ...beats,
        pool: database.hot,
        createClient: (options) => database.createClient(options),
        random,
        log: logInto(said),
      });
      closing.push(async () => {
        await hub.close();
        await database.close();
      });
      return ready(hub, said);
    },
    async stop() {
      await admin.query(`alter database ${name} allow_connections false`);
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
        [name],
      );
    },
    async restart() {
      thaw();
      await admin.query(`alter database ${name} allow_connections true`);
    },
    async freeze() {
      await admin.query(`alter database ${name} allow_connections false`);
      frozen = await backends();
      frozen.forEach((pid) => process.kill(pid, 'SIGSTOP'));
    },
    async babble(texts) {
      const client = new pg.Client(clone.url);
      await client.connect();
      for (const text of texts) {
        await client.query('select pg_notify($1, $2)', ['chapar_hub', text]);
      }
      await client.end();
    },
    async [Symbol.asyncDispose]() {
      thaw();
      await Promise.all(closing.map((close) => close()));
      await admin.end();
      await clone.drop();
    },
  };
}

async function redisServer(port?: number): Promise<RedisServer> {
  const server = await startRedis(port);
  if (server === null) {
    throw new Error('redis-server is gone');
  }
  return server;
}

async function openRedis(): Promise<HubPlace> {
  let server = await redisServer();
  const { url, port } = server;
  const closing: (() => Promise<void>)[] = [];
  let isFrozen = false;
  const connect = (): RedisClientType => {
    const client: RedisClientType = createClient({
      url,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: 20 },
    });
    client.on('error', () => undefined);
    client.connect().catch(() => undefined);
    return client;
  };
  const thaw = (): void => {
    if (isFrozen) {
      process.kill(server.pid, 'SIGCONT');
      isFrozen = false;
    }
  };
  return {
    async node() {
      const [publisher, subscriber] = [connect(), connect()];
      const said: string[] = [];
      const hub = createRedisHub({ ...beats, publisher, subscriber, random, log: logInto(said) });
      closing.push(async () => {
        await hub.close();
        publisher.destroy();
        subscriber.destroy();
      });
      return ready(hub, said);
    },
    stop: () => server.kill(),
    async restart() {
      if (isFrozen) {
        thaw();
      } else {
        server = await redisServer(port);
      }
    },
    freeze() {
      process.kill(server.pid, 'SIGSTOP');
      isFrozen = true;
      return Promise.resolve();
    },
    async babble(texts) {
      const client = connect();
      await vi.waitUntil(() => client.isReady);
      for (const text of texts) {
        for (let shard = 0; shard < 16; shard += 1) {
          await client.sPublish(`chapar:${shard}`, text);
        }
      }
      client.destroy();
    },
    async [Symbol.asyncDispose]() {
      thaw();
      await Promise.all(closing.map((close) => close()));
      await server.kill();
    },
  };
}

interface HubKind {
  title: string;
  hasBus: boolean;
  /** Whether this machine lacks the program. */
  missing: boolean;
  open(): Promise<HubPlace>;
}

const redisTitle = hasRedis() ? 'Redis' : 'Redis (skipped: redis-server is not installed)';

/** Every kind of hub. Without a bus each node is for itself. */
export const hubPlaces: HubKind[] = [
  { title: 'memory', hasBus: false, missing: false, open: openMemory },
  { title: 'PostgreSQL', hasBus: true, missing: false, open: openPostgres },
  { title: redisTitle, hasBus: true, missing: !hasRedis(), open: openRedis },
];
