import process from 'node:process';
import { createClient, type RedisClientType } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../database/orm.ts';
import { hasRedis, startRedis, type RedisServer } from '../testing/redis-server.ts';
import { cloneDatabase } from '../testing/test-database.ts';
import type { Limiter } from './limiter.ts';
import { createMemoryLimiter } from './memory-limiter.ts';
import { createPostgresLimiter, forgetExpiredLimits } from './postgres-limiter.ts';
import { createRedisLimiter } from './redis-limiter.ts';

/** A store under test. */
interface Store {
  limiter: Limiter;
  /** The same store as another node sees it; in memory there is no other. */
  other: Limiter;
  /** Lets `ms` pass for what has been counted. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const minute = { most: 3, seconds: 60 };
const wide = { most: 30, seconds: 60 };
const withRedis = hasRedis();
const redisTitle = withRedis ? 'Redis' : 'Redis (skipped: redis-server is not installed)';

let keys = 0;

function newKey(): string {
  keys += 1;
  return `test:${keys}`;
}

function passHere(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  return Promise.resolve();
}

function openMemory(): Promise<Store> {
  const limiter = createMemoryLimiter();
  return Promise.resolve({
    limiter,
    other: limiter,
    pass: passHere,
    close: () => Promise.resolve(),
  });
}

async function openPostgres(): Promise<Store> {
  const database = await cloneDatabase();
  const nodes = await Promise.all([openDatabase(database), openDatabase(database)]);
  return {
    limiter: createPostgresLimiter(nodes[0].pool),
    other: createPostgresLimiter(nodes[1].pool),
    pass: passHere,
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      await database.drop();
    },
  };
}

/** What must not count while Redis is there. */
const noFallback: Limiter = {
  spend: () => Promise.reject(new Error('the fallback was asked')),
  forget: () => Promise.resolve(),
};

function newClient(server: RedisServer): RedisClientType {
  const client: RedisClientType = createClient({
    url: server.url,
    socket: { reconnectStrategy: 20 },
  });
  client.on('error', () => undefined);
  return client;
}

async function connect(server: RedisServer): Promise<RedisClientType> {
  const client = newClient(server);
  await client.connect();
  return client;
}

/** What `startRedis` gives where `hasRedis` said that there is one. */
async function redisServer(port?: number): Promise<RedisServer> {
  const server = await startRedis(port);
  if (server === null) {
    throw new Error('redis-server is gone');
  }
  return server;
}

async function openRedis(): Promise<Store> {
  const server = await redisServer();
  const clients = await Promise.all([connect(server), connect(server)]);
  return {
    limiter: createRedisLimiter(clients[0], noFallback),
    other: createRedisLimiter(clients[1], noFallback),
    // Redis has a clock of its own: instead of moving it, what is left of each window is cut.
    async pass(ms) {
      const names = await clients[0].keys('*');
      for (const name of names) {
        await clients[0].pExpire(name, (await clients[0].pTTL(name)) - ms);
      }
    },
    async close() {
      clients.forEach((client) => client.destroy());
      await server.stop();
    },
  };
}

const stores = [
  { title: 'memory', missing: false, open: openMemory },
  { title: 'PostgreSQL', missing: false, open: openPostgres },
  { title: redisTitle, missing: !withRedis, open: openRedis },
];

/** The numbers of the uses that were allowed, in order. */
async function allowedCounts(uses: ReturnType<Limiter['spend']>[]): Promise<number[]> {
  const spent = await Promise.all(uses);
  return spent
    .filter(({ allowed }) => allowed)
    .map(({ count }) => count)
    .toSorted((a, b) => a - b);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

for (const { title, missing, open } of stores) {
  describe.skipIf(missing)(`limits in ${title}`, () => {
    let store: Store;

    beforeAll(async () => {
      store = await open();
    });

    afterEach(() => {
      vi.useRealTimers();
    });

    afterAll(() => store.close());

    test('a budget has room for its number of uses and not for one more', async () => {
      const key = newKey();
      for (const count of [1, 2, 3]) {
        await expect(store.limiter.spend(key, minute)).resolves.toMatchObject({
          allowed: true,
          count,
        });
      }
      for (const count of [4, 5]) {
        await expect(store.limiter.spend(key, minute)).resolves.toMatchObject({
          allowed: false,
          count,
        });
      }
    });

    test('of a hundred uses at once exactly as many are allowed as there is room for', async () => {
      const key = newKey();
      const uses = upTo(100).map(() => store.limiter.spend(key, wide));
      expect(await allowedCounts(uses)).toEqual(upTo(wide.most));
    });

    test('nodes on one store share what they count', async () => {
      const key = newKey();
      const uses = upTo(100).map((use) =>
        (use % 2 === 0 ? store.limiter : store.other).spend(key, wide),
      );
      expect(await allowedCounts(uses)).toEqual(upTo(wide.most));
      await store.other.forget(key);
      expect((await store.limiter.spend(key, wide)).count).toBe(1);
    });

    test('keys do not touch each other', async () => {
      const [key, another] = [newKey(), newKey()];
      await Promise.all(upTo(5).map(() => store.limiter.spend(key, minute)));
      await expect(store.limiter.spend(another, minute)).resolves.toMatchObject({
        allowed: true,
        count: 1,
      });
    });

    test('a window ends by itself, uses do not lengthen it', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const key = newKey();
      const budget = { most: 1, seconds: 60 };
      await store.limiter.spend(key, budget);
      await store.pass(40_000);
      expect((await store.limiter.spend(key, budget)).allowed).toBe(false);
      await store.pass(20_000);
      expect(await store.limiter.spend(key, budget)).toEqual({
        allowed: true,
        count: 1,
        retryAfterSeconds: 60,
      });
    });

    test('the end of the window is told in whole seconds, rounded up, at least one', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const key = newKey();
      expect((await store.limiter.spend(key, minute)).retryAfterSeconds).toBe(60);
      await store.pass(29_100);
      expect((await store.limiter.spend(key, minute)).retryAfterSeconds).toBe(31);
      await store.pass(30_000);
      const last = await store.limiter.spend(key, { ...minute, most: 2 });
      expect(last).toEqual({ allowed: false, count: 3, retryAfterSeconds: 1 });
    });

    test('a key that is forgotten begins anew; one that was never used may be forgotten', async () => {
      const key = newKey();
      await Promise.all(upTo(5).map(() => store.limiter.spend(key, minute)));
      await store.limiter.forget(key);
      expect((await store.limiter.spend(key, minute)).count).toBe(1);
      await expect(store.limiter.forget(newKey())).resolves.toBeUndefined();
    });

    test('another number of uses keeps what was counted', async () => {
      const key = newKey();
      await Promise.all(upTo(3).map(() => store.limiter.spend(key, minute)));
      const spent = await store.limiter.spend(key, { ...minute, most: 4 });
      expect(spent).toMatchObject({ allowed: true, count: 4 });
    });

    test.for([
      { what: 'very long', key: 'x'.repeat(10_000) },
      { what: 'just too long', key: 'x'.repeat(201) },
      { what: 'as long as may be', key: 'x'.repeat(200) },
      { what: 'empty', key: '' },
      { what: 'not ASCII', key: 'نشانی:۰۹۱۲' },
      { what: 'nothing that a database can hold', key: 'a\u0000b\ud800' },
      { what: 'a name of JavaScript', key: '__proto__' },
    ])('a key may be $what', async ({ key }) => {
      await store.limiter.spend(key, minute);
      expect((await store.limiter.spend(key, minute)).count).toBe(2);
      expect((await store.limiter.spend(`${key}!`, minute)).count).toBe(1);
      await store.limiter.forget(key);
      expect((await store.limiter.spend(key, minute)).count).toBe(1);
    });

    test('the longest window counts', async () => {
      const spent = await store.limiter.spend(newKey(), { most: 1, seconds: 2_147_483 });
      expect(spent).toEqual({ allowed: true, count: 1, retryAfterSeconds: 2_147_483 });
    });
  });
}

test.for([0, -1, 0.5, 1.5, 2_147_484, Number.NaN, Number.POSITIVE_INFINITY])(
  'a window of %d seconds is refused',
  async (seconds) => {
    const spending = createMemoryLimiter().spend('key', { most: 1, seconds });
    await expect(spending).rejects.toThrow(RangeError);
  },
);

test('expired counters are deleted, running ones stay', async () => {
  await using database = await cloneDatabase();
  const { db, pool, close } = await openDatabase(database);
  const limiter = createPostgresLimiter(pool);
  await limiter.spend('short', { most: 1, seconds: 60 });
  await limiter.spend('long', { most: 1, seconds: 600 });
  const later = new Date(Date.now() + 120_000);
  await expect(forgetExpiredLimits(db, new Date())).resolves.toBe(0);
  await expect(forgetExpiredLimits(db, later)).resolves.toBe(1);
  const left = await db.selectFrom('limits').select('key').execute();
  expect(left).toEqual([{ key: 'long' }]);
  await close();
});

test('a database that fails is no answer', async () => {
  await using database = await cloneDatabase();
  const { pool, close } = await openDatabase(database);
  const limiter = createPostgresLimiter(pool);
  await pool.query('drop table limits');
  await expect(limiter.spend('key', minute)).rejects.toThrow(/"limits" does not exist/);
  await expect(limiter.forget('key')).rejects.toThrow(/"limits" does not exist/);
  await close();
});

describe.skipIf(!withRedis)(`${redisTitle}: counting`, () => {
  const budget = { most: 2, seconds: 600 };

  async function connectHere(server: RedisServer): Promise<RedisClientType> {
    const client = await connect(server);
    onTestFinished(() => client.destroy());
    return client;
  }

  /** Spends; fails when that takes two seconds. */
  async function spendSoon(limiter: Limiter, key: string): Promise<number> {
    const started = performance.now();
    const { count } = await limiter.spend(key, budget);
    expect(performance.now() - started).toBeLessThan(2_000);
    return count;
  }

  test('ends a window by the clock of Redis', async () => {
    await using server = await redisServer();
    const limiter = createRedisLimiter(await connectHere(server), noFallback);
    const second = { most: 1, seconds: 1 };
    const uses = [limiter.spend('key', second), limiter.spend('key', second)];
    expect(await allowedCounts(uses)).toEqual([1]);
    await expect
      .poll(() => limiter.spend('key', second), { timeout: 5_000, interval: 100 })
      .toEqual({ allowed: true, count: 1, retryAfterSeconds: 1 });
  });

  test('goes on in the fallback when Redis dies, and in Redis when it is back', async () => {
    await using server = await redisServer();
    const client = await connectHere(server);
    const fallback = createMemoryLimiter();
    const limiter = createRedisLimiter(client, fallback);
    await limiter.spend('key', budget);

    await server.kill();
    for (const count of [1, 2, 3]) {
      expect(await spendSoon(limiter, 'key')).toBe(count);
    }
    await expect(limiter.spend('key', budget)).resolves.toMatchObject({ allowed: false, count: 4 });
    await limiter.forget('key');
    expect(await spendSoon(limiter, 'key')).toBe(1);

    await using again = await redisServer(server.port);
    await expect.poll(() => client.isReady, { timeout: 5_000 }).toBe(true);
    await limiter.spend('new', budget);
    const other = createRedisLimiter(await connectHere(again), noFallback);
    expect(await spendSoon(other, 'new')).toBe(2);
    expect(await spendSoon(fallback, 'new')).toBe(1);
  });

  test('loses no use that is on its way when Redis dies', async () => {
    await using server = await redisServer();
    const limiter = createRedisLimiter(await connectHere(server), createMemoryLimiter());
    process.kill(server.pid, 'SIGSTOP');
    const uses = upTo(20).map(() => spendSoon(limiter, 'key'));
    await server.kill();
    expect((await Promise.all(uses)).toSorted((a, b) => a - b)).toEqual(upTo(20));
  });

  test('does not wait for a Redis that hangs', async () => {
    await using server = await redisServer();
    const limiter = createRedisLimiter(await connectHere(server), createMemoryLimiter());
    await limiter.spend('key', budget);
    process.kill(server.pid, 'SIGSTOP');
    const counts = await Promise.all(upTo(20).map(() => spendSoon(limiter, 'key')));
    expect(counts.toSorted((a, b) => a - b)).toEqual(upTo(20));
    await limiter.forget('key');
    expect(await spendSoon(limiter, 'key')).toBe(1);
  });

  test('is not undone later by what was forgotten while Redis was out of reach', async () => {
    await using server = await redisServer();
    const other = createRedisLimiter(await connectHere(server), noFallback);
    await other.spend('key', budget);
    process.kill(server.pid, 'SIGSTOP');
    const client = newClient(server);
    onTestFinished(() => client.destroy());
    const connected = client.connect();
    await createRedisLimiter(client, createMemoryLimiter()).forget('key');
    process.kill(server.pid, 'SIGCONT');
    await connected;
    expect(await spendSoon(other, 'key')).toBe(2);
  });

  test('begins in the fallback when Redis was never reached', async () => {
    const limiter = createRedisLimiter(createClient(), createMemoryLimiter());
    expect(await spendSoon(limiter, 'key')).toBe(1);
    expect(await spendSoon(limiter, 'key')).toBe(2);
    await limiter.forget('key');
    expect(await spendSoon(limiter, 'key')).toBe(1);
  });

  test('goes on in the fallback while Redis answers by errors', async () => {
    await using server = await redisServer();
    const client = await connectHere(server);
    const limiter = createRedisLimiter(client, createMemoryLimiter());
    await client.set('limit:key', 'no number');
    expect(await spendSoon(limiter, 'key')).toBe(1);
    await client.set('limit:key', 5);
    expect(await spendSoon(limiter, 'key')).toBe(6);
  });
});
