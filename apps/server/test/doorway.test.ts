import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { cloneDatabase } from '@chapar/api/testing';
import { expect, test, vi } from 'vitest';
import { Doorway } from '../src/transports/doorway.ts';
import { startProcess } from './server-process.ts';

const crowd = 600;
const mostWaiting = 10_000;

/** Asks for a socket, from an address of its own. */
function ask(url: string, index: number): Socket {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  socket.on('error', () => undefined);
  socket.write(
    [
      'GET /trpc?connectionParams=1 HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `X-Forwarded-For: 10.0.${index >> 8}.${index & 255}`,
      '\r\n',
    ].join('\r\n'),
  );
  return socket;
}

async function statusOf(socket: Socket): Promise<string> {
  const [head] = (await once(socket, 'data')) as [Buffer];
  return head.toString('latin1', 9, 12);
}

test('who calls over a new connection does not stand behind sockets that came before', async () => {
  await using database = await cloneDatabase();
  await using server = await startProcess({
    DATABASE_URL: database.url,
    TRUST_PROXY: 'loopback',
  });
  const sockets = Array.from({ length: crowd }, (_, index) => ask(server.url, index));
  let letIn = 0;
  const asked = sockets.map(async (socket) => {
    const status = await statusOf(socket);
    letIn += 1;
    return status;
  });
  const call = request(`${server.url}/healthz`, { agent: false }).end();
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(200);
  expect(letIn).toBeLessThan(crowd / 2);
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['101']));
  sockets.forEach((socket) => socket.destroy());
});

test('sockets that still wait when the server ends are refused, and keep it from nothing', async () => {
  await using database = await cloneDatabase();
  await using server = await startProcess({
    DATABASE_URL: database.url,
    TRUST_PROXY: 'loopback',
  });
  const sockets = Array.from({ length: crowd }, (_, index) => ask(server.url, index));
  const asked = sockets.map(statusOf);
  await Promise.race(asked);
  const ended = server.stop('SIGTERM');
  const statuses = await Promise.all(
    sockets.map((socket, index) =>
      Promise.race([asked[index], once(socket, 'close').then(() => 'none')]),
    ),
  );
  expect(statuses.filter((one) => !['101', '503', 'none'].includes(one ?? ''))).toEqual([]);
  await expect(ended).resolves.toBe(0);
});

test('those who wait are let in as they came, and are counted by their addresses', () => {
  const doorway = new Doorway();
  const order: number[] = [];
  for (let n = 0; n < mostWaiting; n += 1) {
    expect(doorway.isFull).toBe(false);
    doorway.wait(n % 2 === 0 ? 'even' : 'odd', () => order.push(n));
  }
  expect(doorway.isFull).toBe(true);
  expect([doorway.waiting('even'), doorway.waiting('odd')]).toEqual([5_000, 5_000]);
  doorway.clear();
  expect(order).toEqual(Array.from({ length: mostWaiting }, (_, n) => n));
  expect([doorway.isFull, doorway.waiting('even'), doorway.waiting('odd')]).toEqual([false, 0, 0]);
});

test('only so many are on their way at once, and who takes their time lets others past', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const doorway = new Doorway();
    const inside: (() => void)[] = [];
    for (let n = 0; n < 70; n += 1) {
      doorway.wait('one', (served) => inside.push(served));
    }
    await turns(100);
    expect(inside).toHaveLength(64);
    inside[0]?.();
    inside[0]?.();
    await turns(100);
    expect(inside).toHaveLength(65);
    vi.advanceTimersByTime(100);
    await turns(100);
    expect(inside).toHaveLength(70);
  } finally {
    vi.useRealTimers();
  }
});

/** So many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await setImmediate();
  }
}
