import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createChaparClient, memoryTokenStore, type SocketLike } from './index.ts';

/** A socket of a network that says nothing by itself. */
class SilentSocket implements SocketLike {
  static all: SilentSocket[] = [];
  readyState = 0;
  binaryType = '';
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onerror: SocketLike['onerror'] = null;
  onclose: SocketLike['onclose'] = null;
  readonly sent: string[] = [];
  readonly url: string;

  constructor(url: string) {
    this.url = url;
    SilentSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  /** As on Android: the close event waits for the other side. */
  close(): void {
    this.readyState = 2;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  receive(data: unknown): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    this.onmessage?.({ data: text } as never);
  }

  get requestId(): unknown {
    const messages = this.sent
      .filter((text) => text.startsWith('{'))
      .map((text) => JSON.parse(text) as { id?: unknown; method: string });
    return messages.find(({ method }) => method === 'subscription')?.id;
  }

  get lastEventId(): unknown {
    const text = this.sent.find((sent) => sent.includes('"subscription"')) ?? '{}';
    const message = JSON.parse(text) as { params?: { lastEventId?: unknown } };
    return message.params?.lastEventId;
  }

  deliver(id: string, seq: number): void {
    const data = { id, data: { type: 'user.updated', streamId: 's', seq, at: '', body: {} } };
    this.receive({ id: this.requestId, result: { type: 'data', id, data: { json: data } } });
  }
}

let seen: number[] = [];
let states: string[] = [];
let client: ReturnType<typeof createChaparClient>;
let subscription: { unsubscribe(): void };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  SilentSocket.all = [];
  seen = [];
  states = [];
  client = createChaparClient({
    url: 'http://silent.test/',
    tokenStore: memoryTokenStore({ accessToken: 'a', refreshToken: 'r' }),
    WebSocket: SilentSocket,
    onConnectionChange: (state) => states.push(state),
  });
});

afterEach(async () => {
  await client.close();
  vi.useRealTimers();
});

async function listen(): Promise<SilentSocket> {
  subscription = client.stream.onEvent.subscribe(undefined, {
    onData: ({ data: event }) => {
      if ('seq' in event) {
        seen.push(event.seq);
      }
    },
  });
  await vi.advanceTimersByTimeAsync(10);
  const socket = SilentSocket.all[0]!;
  socket.open();
  await vi.advanceTimersByTimeAsync(10);
  socket.receive({ id: socket.requestId, result: { type: 'started' } });
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
  expect(states).toEqual(['connecting', 'live', 'connecting']);
  await vi.advanceTimersByTimeAsync(400);
  const next = SilentSocket.all[1]!;
  next.open();
  await vi.advanceTimersByTimeAsync(10);
  expect(next.lastEventId).toBe('7');
  socket.deliver('9', 3);
  expect(seen).toEqual([1]);
  next.deliver('8', 2);
  expect(seen).toEqual([1, 2]);
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
  client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  expect(SilentSocket.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(SilentSocket.all).toHaveLength(2);
});

test('wake finds a dead socket out within 3 s', async () => {
  const socket = await listen();
  client.wake();
  expect(socket.sent.at(-1)).toBe('PING');
  await vi.advanceTimersByTimeAsync(3_000);
  expect(states.at(-1)).toBe('connecting');
});

test('wake tries at once instead of waiting on', async () => {
  client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  for (let round = 0; round < 4; round += 1) {
    SilentSocket.all.at(-1)!.onerror?.({} as never);
    await vi.advanceTimersByTimeAsync(9_000);
  }
  expect(SilentSocket.all).toHaveLength(5);
  expect(states).toEqual(['connecting', 'offline']);
  SilentSocket.all.at(-1)!.onerror?.({} as never);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(SilentSocket.all).toHaveLength(5);
  client.wake();
  await vi.advanceTimersByTimeAsync(10);
  expect(SilentSocket.all).toHaveLength(6);
});

test('the socket is closed 10 s after the last subscription, and no timer is left', async () => {
  const socket = await listen();
  const other = client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  other.unsubscribe();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(socket.readyState).toBe(1);
  subscription.unsubscribe();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(socket.readyState).toBe(1);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(socket.readyState).toBe(2);
  expect(states.at(-1)).toBe('offline');
  expect(vi.getTimerCount()).toBe(0);
});

test('close leaves no timer', async () => {
  const socket = await listen();
  await client.close();
  expect(socket.readyState).toBe(2);
  expect(vi.getTimerCount()).toBe(0);
});

test('an attempt that waits when the client is closed leaves no timer', async () => {
  client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  SilentSocket.all.at(-1)!.onerror?.({} as never);
  await vi.advanceTimersByTimeAsync(10);
  expect(vi.getTimerCount()).toBe(1);
  const closing = client.close();
  await vi.advanceTimersByTimeAsync(5);
  await closing;
  expect(vi.getTimerCount()).toBe(0);
  expect(SilentSocket.all).toHaveLength(1);
});

test('a notice of the server that it restarts changes nothing until the socket closes', async () => {
  const socket = await listen();
  socket.receive({ id: null, method: 'reconnect' });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(SilentSocket.all).toHaveLength(1);
  socket.onclose?.({ code: 1012 } as never);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(SilentSocket.all).toHaveLength(2);
});
