import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { connectRedis } from '../src/redis.ts';

const password = 'Rd8Nc3VbQy';

/** As much of Redis as a client needs to be ready: it says the same to every command (RESP3). */
async function startRedis(answer: string, port = 0) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const commands = chunk.toString().match(/\*\d+\r\n(?=\$)/g) ?? [];
      socket.write(`${answer}\r\n`.repeat(commands.length));
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
      await once(server, 'close');
    },
  };
}

function connect(port: number, consequence: string | null = 'limits are counted in memory') {
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
  const redis = connectRedis(`redis://chapar:${password}@127.0.0.1:${port}`, log, consequence);
  return {
    client: redis.client,
    /** Messages at warn and above, with their reasons. */
    said: () =>
      lines
        .map((line) => JSON.parse(line) as { level: number; msg: string; reason?: string })
        .filter(({ level }) => level >= 40)
        .map(({ msg, reason }) => (reason === undefined ? msg : `${msg}: ${reason}`)),
    text: () => lines.join(''),
    [Symbol.dispose]: redis.close,
  };
}

test('a Redis that is away is waited for in the background, and the log says so once', async () => {
  const place = await startRedis('+OK');
  await place[Symbol.asyncDispose]();
  using redis = connect(place.port);
  const tried: number[] = [];
  redis.client.on('error', () => tried.push(1));
  await expect.poll(() => tried.length).toBeGreaterThan(3);
  await expect(redis.client.get('x')).rejects.toThrow('offline');
  expect(redis.said()).toEqual(['Redis is away; limits are counted in memory: ECONNREFUSED']);

  await using back = await startRedis('+OK', place.port);
  await expect.poll(() => redis.client.isReady, { timeout: 10_000 }).toBe(true);
  expect(await redis.client.get('x')).toBe('OK');
  expect(redis.said().slice(1)).toEqual(['Redis is back']);
  await back[Symbol.asyncDispose]();
  await expect
    .poll(() => redis.said().slice(2))
    .toEqual(['Redis is away; limits are counted in memory: SocketClosedUnexpectedlyError']);
  expect(redis.text()).not.toContain(password);
});

test('a password that Redis refuses is in no log line', async () => {
  await using place = await startRedis('-WRONGPASS invalid username-password pair');
  using redis = connect(place.port);
  await expect
    .poll(() => redis.said())
    .toEqual(['Redis is away; limits are counted in memory: WRONGPASS']);
  expect(redis.client.isReady).toBe(false);
  expect(redis.text()).not.toContain(password);
});

test('the log says nothing where somebody else does', async () => {
  const place = await startRedis('+OK');
  await place[Symbol.asyncDispose]();
  using redis = connect(place.port, null);
  const tried: number[] = [];
  redis.client.on('error', () => tried.push(1));
  await expect.poll(() => tried.length).toBeGreaterThan(1);
  await using back = await startRedis('+OK', place.port);
  await expect.poll(() => redis.client.isReady, { timeout: 10_000 }).toBe(true);
  expect(back.port).toBe(place.port);
  expect(redis.said()).toEqual([]);
});

test('closing ends the waiting', async () => {
  const place = await startRedis('+OK');
  await place[Symbol.asyncDispose]();
  const redis = connect(place.port);
  await expect.poll(() => redis.said().length).toBe(1);
  redis[Symbol.dispose]();
  redis[Symbol.dispose]();
  expect(redis.client.isOpen).toBe(false);
});
