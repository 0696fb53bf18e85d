import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { failure, listen, mutate, mutex, setUp, signIn } from '../test/set-up.ts';
import {
  browserTokenStore,
  createChaparClient,
  memoryTokenStore,
  type ChaparClient,
  type TokenStore,
} from './index.ts';

const kept = 'c2l4dGVlbiBieXRlcyB0d2ljZSBtYWtlIDMyIGJ5dGU';

function refuse(): never {
  throw new Error('no storage');
}

function forget(): void {
  // A storage that keeps nothing.
}

/** The key that a client with this store sends. */
async function keySent(store: TokenStore): Promise<unknown> {
  await using it = await setUp({ tokenStore: store });
  await signIn(it);
  return it.server.devices[0];
}

/** The keys that clients with these stores send when they all begin at once. */
async function keysSent(stores: TokenStore[]): Promise<Set<unknown>> {
  await using server = await new FakeServer().start();
  const clients = stores.map((tokenStore) => createChaparClient({ url: server.url, tokenStore }));
  const calls = clients.flatMap((client: ChaparClient) => [
    failure(client.user.me.query()),
    failure(client.user.update.mutate({})),
  ]);
  await Promise.all(calls);
  await Promise.all(clients.map((client) => client.close()));
  expect(server.devices.length).toBeGreaterThanOrEqual(stores.length);
  return new Set(server.devices);
}

describe('the key of the device', () => {
  test('is 32 bytes as base64url', async () => {
    const key = String(await keySent(memoryTokenStore()));
    expect(Buffer.from(key, 'base64url')).toHaveLength(32);
    expect(Buffer.from(key, 'base64url').toString('base64url')).toBe(key);
  });

  test('goes with every call and refresh, and outlives the sign-out', async () => {
    await using it = await setUp();
    await Promise.all([failure(it.client.user.me.query()), mutate(it, 'password.login')]);
    await it.client.user.me.query();
    it.server.sessions.expire();
    await it.client.user.update.mutate({});
    await it.client.session.end.mutate();
    await signIn(it);
    expect(it.server.sessions.refreshes).toHaveLength(1);
    expect(it.server.devices.length).toBeGreaterThanOrEqual(6);
    expect(new Set(it.server.devices)).toEqual(new Set([await it.store.getDevice?.()]));
  });

  test('is one for the clients of a store, also when they begin at once', async () => {
    const store = memoryTokenStore();
    expect(await keysSent([store, store])).toEqual(new Set([await store.getDevice?.()]));
    expect(await keysSent([store])).toEqual(new Set([await store.getDevice?.()]));
  });

  test('is another for another store', async () => {
    const stores = [memoryTokenStore(), memoryTokenStore()];
    expect((await keysSent(stores)).size).toBe(2);
  });

  test('that is stored is used as it is; something else in its place is replaced', async () => {
    const store = memoryTokenStore();
    await store.setDevice?.(kept);
    expect(await keySent(store)).toBe(kept);
    await store.setDevice?.(`${kept}\r\nx: y`);
    const key = await keySent(store);
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(await store.getDevice?.()).toBe(key);
  });

  test('is made under the lock of a store that others use at once', async () => {
    let stored: string | null = null;
    const alone = mutex();
    const writingFor = (ms: number): TokenStore => ({
      get: () => null,
      set: () => undefined,
      getDevice: () => stored,
      async setDevice(key) {
        await wait(ms);
        stored = key;
      },
      lock: alone,
    });
    expect(await keysSent([writingFor(5), writingFor(50), writingFor(100)])).toEqual(
      new Set([stored]),
    );
  });

  test('is made before a refresh takes the lock', async () => {
    await using it = await setUp();
    const { accessToken, refreshToken } = it.server.sessions.issue();
    it.server.sessions.expire();
    await it.store.set({ accessToken, refreshToken });
    const heard = listen(it);
    await vi.waitUntil(() => heard.events.length === 1, { timeout: 5_000 });
    expect(it.server.requests).toEqual(['session.refresh']);
    expect(it.server.devices).toEqual([await it.store.getDevice?.()]);
  });

  const breakages: Record<string, Partial<TokenStore>> = {
    'has no place for it': {},
    'cannot be read': { getDevice: () => Promise.reject(new Error('locked')), setDevice: forget },
    'cannot be written': { getDevice: () => null, setDevice: refuse },
    'throws away': { getDevice: () => null, setDevice: forget },
    'cannot lock': { getDevice: () => null, setDevice: forget, lock: refuse },
  };

  test.each(Object.entries(breakages))(
    'lives as long as the client when the store %s',
    async (_, broken) => {
      const { get, set } = memoryTokenStore();
      await using it = await setUp({ tokenStore: { get, set, ...broken } });
      await signIn(it);
      await it.client.user.me.query();
      expect(new Set(it.server.devices).size).toBe(1);
      expect(it.server.devices[0]).toMatch(/^[\w-]{43}$/);
      expect(await keySent({ get, set, ...broken })).not.toBe(it.server.devices[0]);
    },
  );

  test('is not overwritten because it could not be read', async () => {
    const write = vi.fn<(key: string) => void>();
    await keySent({ ...memoryTokenStore(), getDevice: refuse, setDevice: write });
    expect(write).not.toHaveBeenCalled();
  });

  test('is left out without a secure random source, unless one is stored', async () => {
    vi.stubGlobal('crypto', undefined);
    const store = memoryTokenStore();
    expect(await keySent(store)).toBeUndefined();
    expect(await store.getDevice?.()).toBeNull();
    await store.setDevice?.(kept);
    expect(await keySent(store)).toBe(kept);
    vi.unstubAllGlobals();
  });
});

describe('in a browser', () => {
  const items = new Map<string, string>();

  beforeEach(() => {
    items.clear();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => items.set(key, value),
      removeItem: (key: string) => items.delete(key),
    });
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each([true, false])('two tabs end with the same key (locks: %s)', async (hasLocks) => {
    const alone = mutex();
    const request = <T>(_: string, work: () => Promise<T>): Promise<T> => alone(work);
    vi.stubGlobal('navigator', hasLocks ? { locks: { request } } : {});
    const keys = await keysSent([browserTokenStore(), browserTokenStore()]);
    expect(keys).toEqual(new Set([items.get('chapar.tokens.device')]));
    expect(await keySent(browserTokenStore())).toBe(items.get('chapar.tokens.device'));
  });

  test('it has an item of its own, which the sign-out leaves alone', async () => {
    await using it = await setUp({ tokenStore: browserTokenStore('k') });
    await signIn(it);
    expect([...items.keys()].toSorted()).toEqual(['k', 'k.device']);
    await it.client.session.end.mutate();
    expect([...items]).toEqual([['k.device', it.server.devices[0]]]);
    expect(await keySent(browserTokenStore('other'))).not.toBe(it.server.devices[0]);
  });

  test('a full or forbidden storage breaks no call', async () => {
    const forbidden = { getItem: () => null, setItem: refuse, removeItem: refuse };
    vi.stubGlobal('localStorage', forbidden);
    const [key] = await keysSent([browserTokenStore()]);
    expect(key).toMatch(/^[\w-]{43}$/);
  });
});
