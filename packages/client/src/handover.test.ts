import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listen, setUp, signIn } from '../test/set-up.ts';
import { SilentSocket } from '../test/silent-socket.ts';
import { createChaparClient, memoryTokenStore, type ChaparClient } from './index.ts';

const random = Math.random;
const notice = { id: null, method: 'reconnect' };

function seqs(to: number): string[] {
  return Array.from({ length: to }, (_, index) => `s:${index + 1}`);
}

describe('a notice of the server', () => {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0.02);
  });

  test('moves the stream while events go on: none is lost, none comes twice', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await vi.waitUntil(() => heard.events.length === 1);
    let seq = 0;
    for (let round = 0; round < 300; round += 1) {
      for (let index = 0; index < 3; index += 1) {
        seq += 1;
        const event = { type: 'user.updated', streamId: 's', seq, at: '', body: {} };
        // Up to ten events share a place in the log, as they do on the real server.
        it.server.append({ cursor: 10 + Math.floor(seq / 10), event });
      }
      if (round % 60 === 30) {
        it.server.notice();
      }
      await wait(2);
    }
    await vi.waitUntil(() => heard.seqs.length >= seq);
    await vi.waitUntil(() => it.server.sockets.size === 1);
    expect(heard.seqs).toEqual(seqs(seq));
    expect(it.server.opened).toBeGreaterThanOrEqual(4);
    expect(it.server.mostOpen).toBe(2);
    expect(it.states).toEqual(['connecting', 'live']);
    expect(it.server.log.resumes.slice(1)).not.toContain(null);
    expect(it.server.log.resumes.filter((place) => !/^\d+$/.test(place ?? '0'))).toEqual([]);
    expect(heard.errors).toEqual([]);
  });

  test('moves all subscriptions of the socket', async () => {
    await using it = await setUp();
    await signIn(it);
    const all = [listen(it), listen(it), listen(it)];
    await vi.waitUntil(() => all.every(({ events }) => events.length === 1));
    it.server.notice();
    await vi.waitUntil(() => all.every(({ events }) => events.length === 2));
    await vi.waitUntil(() => it.server.sockets.size === 1);
    const event = { type: 'user.updated', streamId: 's', seq: 1, at: '', body: {} };
    it.server.append({ cursor: 10, event });
    await vi.waitUntil(() => all.every((heard) => heard.seqs.length === 1));
    expect(it.server.opened).toBe(2);
  });

  test('whose server takes no more sockets leaves the old one serving until it closes', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await vi.waitUntil(() => heard.events.length === 1);
    let tries = 0;
    it.server.faults.cutSocket = () => {
      tries += 1;
      return true;
    };
    it.server.notice();
    await vi.waitUntil(() => tries >= 3);
    const event = (seq: number) => ({ type: 'user.updated', streamId: 's', seq, at: '', body: {} });
    it.server.append({ cursor: 10, event: event(1) });
    await vi.waitUntil(() => heard.seqs.length === 1);
    expect(it.states).toEqual(['connecting', 'live']);
    expect(tries).toBeLessThan(12);
    it.server.close(1012);
    it.server.append({ cursor: 10, event: event(2) });
    await vi.waitUntil(() => it.states.length === 3);
    it.server.faults.cutSocket = () => false;
    await vi.waitUntil(() => heard.seqs.length === 2, { timeout: 5_000 });
    expect(heard.seqs).toEqual(seqs(2));
  });

  test('to a client that needs no socket any more opens none', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await vi.waitUntil(() => heard.events.length === 1);
    heard.stop();
    it.server.notice();
    await vi.waitUntil(() => it.server.sockets.size === 0);
    expect(it.server.opened).toBe(1);
    expect(it.states.at(-1)).toBe('offline');
  });
});

describe('while a socket is replaced', () => {
  const clients: ChaparClient[] = [];
  let seen: number[] = [];
  let errors: unknown[] = [];
  let states: string[] = [];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    SilentSocket.all = [];
    [seen, errors, states] = [[], [], []];
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    clients.length = 0;
    vi.useRealTimers();
  });

  function follow(): void {
    const client = createChaparClient({
      url: 'http://silent.test/',
      tokenStore: memoryTokenStore({ accessToken: 'a', refreshToken: 'r' }),
      WebSocket: SilentSocket,
      onConnectionChange: (state) => states.push(state),
    });
    clients.push(client);
    client.stream.onEvent.subscribe(undefined, {
      onData: ({ data: event }) => 'seq' in event && seen.push(event.seq),
      onError: (error) => errors.push(error),
    });
  }

  /** A socket that has served well and was asked to be replaced; the other is open. */
  async function replace(): Promise<[SilentSocket, SilentSocket]> {
    follow();
    await vi.advanceTimersByTimeAsync(10);
    const old = SilentSocket.all[0]!;
    old.open();
    await vi.advanceTimersByTimeAsync(10);
    old.start();
    old.deliver('10', 1);
    await vi.advanceTimersByTimeAsync(6_000);
    old.receive(notice);
    await vi.advanceTimersByTimeAsync(760);
    const next = SilentSocket.all[1]!;
    next.open();
    await vi.advanceTimersByTimeAsync(10);
    return [old, next];
  }

  test('events that share a place with one that came over the old socket are not dropped', async () => {
    const [old, next] = await replace();
    expect(next.lastEventId).toBe('10');
    old.deliver('10', 2);
    next.start();
    next.deliver('10', 3);
    next.deliver('10', 2);
    old.deliver('10', 4);
    next.deliver('10', 4);
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(states).toEqual(['connecting', 'live']);
  });

  test('it is let go once the new one serves, and its end is no loss', async () => {
    const [old, next] = await replace();
    expect(old.readyState).toBe(1);
    next.start();
    expect(old.sent.slice(-2).map((text) => text.slice(0, 5))).toEqual(['{"id"', 'PING']);
    old.receive('PONG');
    await vi.advanceTimersByTimeAsync(10);
    expect(old.readyState).toBe(2);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(SilentSocket.all).toHaveLength(2);
    expect(states).toEqual(['connecting', 'live']);
  });

  test('4409 is for it when it has to make room for the new one', async () => {
    const [old, next] = await replace();
    old.closed(4409);
    await vi.advanceTimersByTimeAsync(10);
    next.start();
    next.deliver('11', 2);
    expect(seen).toEqual([1, 2]);
    expect(errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(SilentSocket.all).toHaveLength(2);
  });

  test('a new one that is closed before it serves changes nothing, and is tried again', async () => {
    const [old, next] = await replace();
    next.closed(1012);
    old.deliver('11', 2);
    expect(seen).toEqual([1, 2]);
    expect(states).toEqual(['connecting', 'live']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(SilentSocket.all).toHaveLength(3);
    const third = SilentSocket.all[2]!;
    third.open();
    await vi.advanceTimersByTimeAsync(10);
    expect(third.lastEventId).toBe('11');
    third.start();
    third.deliver('12', 3);
    expect(seen).toEqual([1, 2, 3]);
    expect(states).toEqual(['connecting', 'live']);
  });

  test('a new one that is lost after it has served gives the stream to the next', async () => {
    const [old, next] = await replace();
    next.start();
    next.deliver('11', 2);
    old.receive('PONG');
    next.closed(1006);
    await vi.advanceTimersByTimeAsync(2_000);
    const third = SilentSocket.all[2]!;
    third.open();
    await vi.advanceTimersByTimeAsync(10);
    expect(third.lastEventId).toBe('11');
    third.start();
    third.deliver('12', 3);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('the end of the old one shortens the wait of a client that could not replace it', async () => {
    const [old, next] = await replace();
    next.closed(1006);
    for (let round = 0; round < 12; round += 1) {
      await vi.advanceTimersByTimeAsync(5_000);
      old.receive('PONG');
      const failing = SilentSocket.all.filter(({ readyState }) => readyState === 0);
      failing.forEach((socket) => socket.closed(1006));
    }
    const tries = SilentSocket.all.length;
    expect(states).toEqual(['connecting', 'live']);
    old.closed(1012);
    await vi.advanceTimersByTimeAsync(760);
    expect(SilentSocket.all).toHaveLength(tries + 1);
    expect(states).toEqual(['connecting', 'live', 'connecting']);
  });

  test('200 clients that are told at once spread over a second and a half', async () => {
    vi.mocked(Math.random).mockImplementation(random);
    for (let index = 0; index < 200; index += 1) {
      follow();
    }
    await vi.advanceTimersByTimeAsync(10);
    const olds = [...SilentSocket.all];
    for (const old of olds) {
      old.open();
    }
    await vi.advanceTimersByTimeAsync(10);
    for (const old of olds) {
      old.start();
    }
    await vi.advanceTimersByTimeAsync(6_000);
    const toldAt = performance.now();
    for (const old of olds) {
      old.receive(notice);
    }
    await vi.advanceTimersByTimeAsync(1_600);
    const delays = SilentSocket.all.slice(200).map(({ openedAt }) => openedAt - toldAt);
    expect(delays).toHaveLength(200);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_510);
    expect(Math.max(...delays)).toBeGreaterThan(1_300);
    const tenths = Array.from({ length: 15 }, (_, index) =>
      delays.filter((delay) => Math.floor(delay / 100) === index),
    );
    expect(Math.max(...tenths.map(({ length }) => length))).toBeLessThan(40);
  });
});
