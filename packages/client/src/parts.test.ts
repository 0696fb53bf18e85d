import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reconnectDelayMs } from './backoff.ts';
import { browserTokenStore } from './browser-tokens.ts';
import { Dedupe } from './dedupe.ts';
import { newId } from './id.ts';
import { Pace } from './pace.ts';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('newId', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('makes UUIDv7 that sort in the order in which they were made', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(ids.every((id) => uuidV7.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  test('keeps the order when the clock goes back, and holds the time', () => {
    const before = newId();
    vi.spyOn(Date, 'now').mockReturnValue(1);
    expect(newId().localeCompare(before)).toBe(1);
    const ms = Number.parseInt(before.replace('-', '').slice(0, 12), 16);
    expect(Math.abs(ms - performance.timeOrigin - performance.now())).toBeLessThan(60_000);
  });

  test('needs no cryptography', () => {
    vi.stubGlobal('crypto', undefined);
    expect(newId()).toMatch(uuidV7);
  });
});

describe('reconnectDelayMs', () => {
  const longest = (failures: number, code?: number): number => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    return reconnectDelayMs(failures, code === undefined ? null : { code });
  };

  test('is full jitter, doubling up to 30 s', () => {
    expect([1, 2, 3, 4, 5, 9].map((failures) => longest(failures, 1006))).toEqual([
      2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    expect(reconnectDelayMs(9, { code: 1006 })).toBe(0);
  });

  test('treats a code that nobody knows like any loss: full jitter', () => {
    for (const code of [4321, 1011, 3000]) {
      expect([0, 1, 2, 9].map((failures) => longest(failures, code))).toEqual([
        300, 2_000, 4_000, 30_000,
      ]);
      vi.spyOn(Math, 'random').mockReturnValue(0);
      expect(reconnectDelayMs(9, { code })).toBe(0);
    }
  });

  test('is short after a connection that served well', () => {
    expect(longest(0)).toBe(0);
    expect(longest(0, 1006)).toBe(300);
    expect(longest(0, 1012)).toBe(1_500);
    expect(longest(0, 4401)).toBe(300);
  });

  test('is long where the server asks to wait', () => {
    expect(longest(0, 4429)).toBe(10_000);
    expect(longest(1, 4290)).toBe(12_000);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    expect(reconnectDelayMs(0, { code: 4290 })).toBe(2_000);
  });
});

describe('Dedupe', () => {
  const event = (streamId: string, seq: number): unknown => ({
    type: 'user.updated',
    streamId,
    seq,
  });

  test('drops what is not newer in its stream', () => {
    const dedupe = new Dedupe();
    const isNew = (streamId: string, seq: number): boolean => dedupe.isNew(event(streamId, seq));
    expect([isNew('a', 1), isNew('b', 1), isNew('a', 1), isNew('a', 3), isNew('a', 2)]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  test('forgets by a reset and swallows beacons', () => {
    const dedupe = new Dedupe();
    dedupe.isNew(event('a', 5));
    expect(dedupe.isNew({ type: 'stream.beacon' })).toBe(false);
    expect(dedupe.isNew({ type: 'stream.ready' })).toBe(true);
    expect(dedupe.isNew(event('a', 5))).toBe(false);
    expect(dedupe.isNew({ type: 'stream.reset' })).toBe(true);
    expect(dedupe.isNew(event('a', 5))).toBe(true);
  });

  test('remembers a bounded number of streams, the active ones', () => {
    const dedupe = new Dedupe();
    dedupe.isNew(event('active', 1));
    for (let index = 0; index < 9_999; index += 1) {
      dedupe.isNew(event(`s${index}`, 1));
    }
    dedupe.isNew(event('active', 2));
    dedupe.isNew(event('one more', 1));
    expect(dedupe.isNew(event('active', 2))).toBe(false);
    expect(dedupe.isNew(event('s0', 1))).toBe(true);
  });
});

describe('browserTokenStore', () => {
  const items = new Map<string, string>();
  const locked: string[] = [];

  beforeEach(() => {
    items.clear();
    locked.length = 0;
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => items.set(key, value),
      removeItem: (key: string) => items.delete(key),
    });
    vi.stubGlobal('navigator', {
      locks: {
        async request<T>(name: string, work: () => Promise<T>): Promise<T> {
          locked.push(name);
          return work();
        },
      },
    });
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('keeps tokens as JSON under its key, and takes nothing else for tokens', async () => {
    const store = browserTokenStore('k');
    expect(await store.get()).toBeNull();
    await store.set({ accessToken: 'a', refreshToken: 'r', attemptId: 'i' });
    expect(await browserTokenStore('k').get()).toEqual({
      accessToken: 'a',
      refreshToken: 'r',
      attemptId: 'i',
    });
    await store.set(null);
    expect(items.size).toBe(0);
    for (const text of ['', 'null', '{', '{"accessToken":1,"refreshToken":"r"}']) {
      items.set('k', text);
      expect(await store.get()).toBeNull();
    }
  });

  test('locks across tabs where the browser can', async () => {
    expect(await browserTokenStore('k').lock?.(() => Promise.resolve(1))).toBe(1);
    expect(locked).toEqual(['k']);
    vi.stubGlobal('navigator', {});
    expect(await browserTokenStore('k').lock?.(() => Promise.resolve(2))).toBe(2);
  });

  test('keeps them in memory where there is no localStorage', async () => {
    vi.unstubAllGlobals();
    vi.stubGlobal('localStorage', undefined);
    const store = browserTokenStore();
    const tokens = { accessToken: 'a', refreshToken: 'r' };
    await store.set(tokens);
    await store.setDevice?.('d');
    expect(await store.get()).toEqual(tokens);
    await store.set(null);
    expect(await store.get()).toBeNull();
    expect(await store.getDevice?.()).toBe('d');
    expect(await browserTokenStore().getDevice?.()).toBeNull();
  });
});

describe('Pace', () => {
  beforeEach(() => {
    const Native = AbortController;
    // As React Native's abort-controller does.
    class WithoutReason extends Native {
      constructor() {
        super();
        Object.defineProperty(this.signal, 'reason', { value: undefined });
      }
    }
    vi.stubGlobal('AbortController', WithoutReason);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test('knows why a wait was cut where signals do not say it', async () => {
    const pace = new Pace();
    pace.lost(4290, 0);
    const stopped = pace.next();
    pace.cut('stop');
    expect(await stopped).toBe(false);
    pace.lost(4290, 0);
    const woken = pace.next();
    pace.cut('wake');
    expect(await woken).toBe(true);
  });

  test('has a server that asks to wait be waited for', async () => {
    const pace = new Pace();
    pace.replacing(10_000);
    let isOver = false;
    vi.mocked(Math.random).mockReturnValue(1);
    const turn = pace.next().finally(() => {
      isOver = true;
    });
    vi.mocked(Math.random).mockReturnValue(0);
    pace.lost(4290, 10_000);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(await turn).toBe(true);
  });
});
