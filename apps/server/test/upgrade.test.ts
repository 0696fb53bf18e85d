import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startServer, type TestServer } from './harness.ts';
import { startProcess } from './server-process.ts';
import { cloneDatabase } from '@chapar/api/testing';

const upgrade = (target: string, host = 'localhost'): string =>
  [
    `GET ${target} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
    '',
  ].join('\r\n');

async function open(url: string, allowHalfOpen = false): Promise<Socket> {
  const port = Number(new URL(url).port);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

test('upgrades that are refused, reset or nonsense end no process', async () => {
  await using database = await cloneDatabase();
  await using server = await startProcess({ DATABASE_URL: database.url });
  const asked = [
    upgrade('/nope'),
    upgrade('/trpc?connectionParams=1', 'a b'),
    upgrade('/trpc', '['),
    upgrade('/trpc', '%%%'),
    upgrade('/trpc', 'x:99999'),
    upgrade('/trpc', ''),
  ];
  for (const text of asked) {
    for (const pauseMs of [0, 5, 20]) {
      const socket = await open(server.url);
      socket.write(text);
      await wait(pauseMs);
      socket.resetAndDestroy();
    }
  }
  await wait(200);
  expect(server.child.exitCode).toBeNull();
  const alive = await fetch(`${server.url}/healthz`);
  expect(alive.status).toBe(200);
  expect(server.output()).not.toContain('unexpected error');
});

test('a host that is none is a bad request', async () => {
  await using server = await startServer();
  const socket = await open(server.url);
  socket.write(upgrade('/trpc?connectionParams=1', 'a b'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
});

/** What is still open when the server is told to end. */
const lingering: Record<string, (server: TestServer) => Promise<Socket>> = {
  'a refused upgrade whose peer does not hang up': async ({ url }) => {
    const socket = await open(url, true);
    socket.write(upgrade('/nope'));
    await once(socket, 'data');
    return socket;
  },
  'a request that was begun and never finished': async ({ url }) => {
    const socket = await open(url);
    socket.write('GET /trpc/user.me HTTP/1.1\r\nHost: x\r\n');
    return socket;
  },
};

test.for(Object.keys(lingering))('%s keeps no server from ending', async (name) => {
  const server = await startServer();
  const socket = await lingering[name]?.(server);
  const closed = server.close().then(() => 'closed');
  await expect(Promise.race([closed, wait(8_000).then(() => 'hangs')])).resolves.toBe('closed');
  socket?.destroy();
});
