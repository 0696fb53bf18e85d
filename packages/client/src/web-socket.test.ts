import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { opened, SilentClient, stopTime } from '../test/silent-client.ts';
import { SilentSocket } from '../test/silent-socket.ts';

let it: SilentClient;
let subscription: { unsubscribe(): void };

beforeEach(() => {
  stopTime();
  it = new SilentClient();
});

afterEach(async () => {
  await it.client.close();
  vi.useRealTimers();
});

async function listen(): Promise<SilentSocket> {
  subscription = it.follow();
  const socket = await opened(0);
  socket.start();
  return socket;
}

test('the address and the token go the way that the server expects', async () => {
  const socket = await listen();
  expect(socket.url).toBe('ws://silent.test/trpc?connectionParams=1');
  expect(JSON.parse(socket.sent[0]!)).toEqual({
    method: 'connectionParams',
    data: { token: 'a' },
  });
});

test('a socket without a pong for 8 s is left at once, and heard no more', async () => {
  const socket = await listen();
  socket.deliver('7', 1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(socket.sent.at(-1)).toBe('PING');
  await vi.advanceTimersByTimeAsync(7_900);
  expect(SilentSocket.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(it.states).toEqual(['connecting', 'live', 'connecting']);
  await vi.advanceTimersByTimeAsync(400);
  const next = SilentSocket.all[1]!;
  next.open();
  await vi.advanceTimersByTimeAsync(10);
  expect(next.lastEventId).toBe('7');
  socket.deliver('9', 3);
  expect(it.seen).toEqual([1]);
  next.deliver('8', 2);
  expect(it.seen).toEqual([1, 2]);
});

test('a pong in time keeps the socket', async () => {
  const socket = await listen();
  for (let round = 0; round < 5; round += 1) {
    await vi.advanceTimersByTimeAsync(20_000);
    expect(socket.sent.at(-1)).toBe('PING');
    socket.receive('PONG');
  }
  expect(SilentSocket.all).toHaveLength(1);
});

test('a socket that does not open within 10 s is given up', async () => {
  it.client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  expect(SilentSocket.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(SilentSocket.all).toHaveLength(2);
});

test('a socket that is closed before it opens is tried again, whether or not it says why', async () => {
  it.client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  SilentSocket.all[0]!.closed(1006);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(SilentSocket.all).toHaveLength(2);
});

test('wake finds a dead socket out within 3 s', async () => {
  const socket = await listen();
  it.client.wake();
  expect(socket.sent.at(-1)).toBe('PING');
  await vi.advanceTimersByTimeAsync(3_000);
  expect(it.states.at(-1)).toBe('connecting');
});

test('wake tries at once instead of waiting on', async () => {
  it.client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  for (let round = 0; round < 4; round += 1) {
    SilentSocket.all.at(-1)!.onerror?.({} as never);
    await vi.advanceTimersByTimeAsync(9_000);
  }
  expect(SilentSocket.all).toHaveLength(5);
  expect(it.states).toEqual(['connecting', 'offline']);
  SilentSocket.all.at(-1)!.onerror?.({} as never);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(SilentSocket.all).toHaveLength(5);
  it.client.wake();
  await vi.advanceTimersByTimeAsync(10);
  expect(SilentSocket.all).toHaveLength(6);
});

test('the socket is closed 10 s after the last subscription, and no timer is left', async () => {
  const socket = await listen();
  const other = it.client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  other.unsubscribe();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(socket.readyState).toBe(1);
  subscription.unsubscribe();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(socket.readyState).toBe(1);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(socket.readyState).toBe(2);
  expect(it.states.at(-1)).toBe('offline');
  expect(vi.getTimerCount()).toBe(0);
});

test('close leaves no timer', async () => {
  const socket = await listen();
  await it.client.close();
  expect(socket.readyState).toBe(2);
  expect(vi.getTimerCount()).toBe(0);
});

test('an attempt that waits when the client is closed leaves no timer', async () => {
  it.client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  SilentSocket.all.at(-1)!.onerror?.({} as never);
  await vi.advanceTimersByTimeAsync(10);
  expect(vi.getTimerCount()).toBe(1);
  const closing = it.client.close();
  await vi.advanceTimersByTimeAsync(5);
  await closing;
  expect(vi.getTimerCount()).toBe(0);
  expect(SilentSocket.all).toHaveLength(1);
});

test('late events of a socket that was given up are not heard', async () => {
  const socket = await listen();
  const { onopen, onmessage, onerror, onclose } = socket;
  socket.deliver('7', 1);
  it.client.wake();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(it.states.at(-1)).toBe('connecting');
  await vi.advanceTimersByTimeAsync(1_100);
  const next = SilentSocket.all[1]!;
  next.open();
  await vi.advanceTimersByTimeAsync(10);
  next.start();
  // What a platform had queued for the old socket, and what it says a minute later.
  const data = JSON.stringify({ id: null, method: 'reconnect' });
  onmessage?.({ data } as never);
  onopen?.({} as never);
  onerror?.({} as never);
  onclose?.({ code: 4403 } as never);
  await vi.advanceTimersByTimeAsync(5_000);
  next.deliver('8', 2);
  expect(SilentSocket.all).toHaveLength(2);
  expect(it.seen).toEqual([1, 2]);
  expect(it.states).toEqual(['connecting', 'live', 'connecting', 'live']);
});

test('a half-open connection is given up within 28 s of the last sign of life', async () => {
  const socket = await listen();
  await vi.advanceTimersByTimeAsync(13_000);
  socket.deliver('7', 1);
  const silentSince = performance.now();
  await vi.waitFor(
    async () => {
      await vi.advanceTimersByTimeAsync(100);
      expect(SilentSocket.all).toHaveLength(2);
    },
    { timeout: 5_000, interval: 1 },
  );
  const next = SilentSocket.all[1]!;
  expect(next.openedAt - silentSince).toBeLessThanOrEqual(28_300);
  expect(next.openedAt - silentSince).toBeGreaterThan(27_000);
  expect(socket.readyState).toBe(2);
});

test('wake leaves a socket alone that answers, and one that is being opened', async () => {
  it.client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  it.client.wake();
  await vi.advanceTimersByTimeAsync(5_000);
  const socket = SilentSocket.all[0]!;
  socket.open();
  await vi.advanceTimersByTimeAsync(10);
  it.client.wake();
  await vi.advanceTimersByTimeAsync(2_900);
  socket.receive('PONG');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(SilentSocket.all).toHaveLength(1);
});
