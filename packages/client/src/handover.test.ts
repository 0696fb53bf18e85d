import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listen, setUp, setUpListening, signIn, updated } from '../test/set-up.ts';
import { opened, SilentClient, stopTime } from '../test/silent-client.ts';
import { SilentSocket } from '../test/silent-socket.ts';

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
    await using it = await setUpListening();
    const { heard } = it;
    let seq = 0;
    for (let round = 0; round < 300; round += 1) {
      for (let index = 0; index < 3; index += 1) {
        seq += 1;
        // Up to ten events share a place in the log, as they do on the real server.
        it.server.append(updated(seq, 10 + Math.floor(seq / 10)));
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
    it.server.append(updated(1));
    await vi.waitUntil(() => all.every((heard) => heard.seqs.length === 1));
    expect(it.server.opened).toBe(2);
  });

  test('whose server takes no more sockets leaves the old one serving until it closes', async () => {
    await using it = await setUpListening();
    const { heard } = it;
    let tries = 0;
    it.server.faults.cutSocket = () => {
      tries += 1;
      return true;
    };
    it.server.notice();
    await vi.waitUntil(() => tries >= 3);
    it.server.append(updated(1));
    await vi.waitUntil(() => heard.seqs.length === 1);
    expect(it.states).toEqual(['connecting', 'live']);
    expect(tries).toBeLessThan(12);
    it.server.close(1012);
    it.server.append(updated(2));
    await vi.waitUntil(() => it.states.length === 3);
    it.server.faults.cutSocket = () => false;
    await vi.waitUntil(() => heard.seqs.length === 2, { timeout: 5_000 });
    expect(heard.seqs).toEqual(seqs(2));
  });

  test('to a client that needs no socket any more opens none', async () => {
    await using it = await setUpListening();
    const { heard } = it;
    heard.stop();
    it.server.notice();
    await vi.waitUntil(() => it.server.sockets.size === 0);
    expect(it.server.opened).toBe(1);
    expect(it.states.at(-1)).toBe('offline');
  });
});

describe('while a socket is replaced', () => {
  let it: SilentClient;

  beforeEach(() => {
    stopTime();
    it = new SilentClient();
  });

  afterEach(async () => {
    await it.client.close();
    vi.useRealTimers();
  });

  /** A socket that has served well and was asked to be replaced; the other is open. */
  async function replace(): Promise<[SilentSocket, SilentSocket]> {
    it.follow();
    const old = await opened(0);
    old.start();
    old.deliver('10', 1);
    await vi.advanceTimersByTimeAsync(6_000);
    old.receive(notice);
    await vi.advanceTimersByTimeAsync(750);
    return [old, await opened(1)];
  }

  /** A third socket takes the stream over. @returns where it goes on */
  async function goOn(): Promise<unknown> {
    const third = await opened(2);
    third.start();
    third.deliver('12', 3);
    return third.lastEventId;
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
    expect(it.seen).toEqual([1, 2, 3, 4]);
    expect(it.states).toEqual(['connecting', 'live']);
  });

  const params = ({ sent }: SilentSocket): unknown => JSON.parse(sent[0] ?? '');

  test('the new one says which it replaces, as the server calls it', async () => {
    it.follow();
    const old = await opened(0);
    expect(params(old)).toMatchObject({ data: { token: 'a' } });
    old.start();
    old.say('10', { type: 'stream.ready', connectionId: 'first' });
    old.receive(notice);
    await vi.advanceTimersByTimeAsync(1_000);
    const next = await opened(1);
    expect(params(next)).toMatchObject({ data: { token: 'a', replaces: 'first' } });
    next.start();
    next.say('10', { type: 'stream.ready', connectionId: 'second' });
    // The server need not have noticed yet that it is lost.
    next.closed(1006);
    old.closed(1006);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(params(await opened(2))).toMatchObject({ data: { token: 'a', replaces: 'second' } });
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
    expect(it.states).toEqual(['connecting', 'live']);
  });

  test('4409 is for it when it has to make room for the new one', async () => {
    const [old, next] = await replace();
    old.closed(4409);
    await vi.advanceTimersByTimeAsync(10);
    next.start();
    next.deliver('11', 2);
    expect(it.seen).toEqual([1, 2]);
    expect(it.errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(SilentSocket.all).toHaveLength(2);
  });

  test('a new one that is closed before it serves changes nothing, and is tried again', async () => {
    const [old, next] = await replace();
    next.closed(1012);
    old.deliver('11', 2);
    expect(it.seen).toEqual([1, 2]);
    expect(it.states).toEqual(['connecting', 'live']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(SilentSocket.all).toHaveLength(3);
    expect(await goOn()).toBe('11');
    expect(it.seen).toEqual([1, 2, 3]);
    expect(it.states).toEqual(['connecting', 'live']);
  });

  test('a new one that is lost after it has served gives the stream to the next', async () => {
    const [old, next] = await replace();
    next.start();
    next.deliver('11', 2);
    old.receive('PONG');
    next.closed(1006);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await goOn()).toBe('11');
    expect(it.seen).toEqual([1, 2, 3]);
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
    expect(it.states).toEqual(['connecting', 'live']);
    old.closed(1012);
    await vi.advanceTimersByTimeAsync(760);
    expect(SilentSocket.all).toHaveLength(tries + 1);
    expect(it.states).toEqual(['connecting', 'live', 'connecting']);
  });

  test('200 clients that are told at once spread over a second and a half', async () => {
    vi.mocked(Math.random).mockImplementation(random);
    const all = Array.from({ length: 200 }, () => new SilentClient());
    all.forEach((one) => one.follow());
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
    await Promise.all(all.map(({ client }) => client.close()));
  });
});
