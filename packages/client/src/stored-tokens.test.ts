import { beforeEach, describe, expect, test, vi } from 'vitest';
import { failure, setUp, signIn, type Setup } from '../test/set-up.ts';
import {
  appCodeOf,
  createChaparClient,
  memoryTokenStore,
  type ChaparClient,
  type TokenStore,
} from './index.ts';

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0.05);
});

/** A storage that can be full, and locked besides. */
function faultyStore() {
  const inner = memoryTokenStore();
  const faults = { isFull: false, isLocked: false };
  const store: TokenStore = {
    ...inner,
    get() {
      if (faults.isLocked) {
        throw new Error('the key chain is locked');
      }
      return inner.get();
    },
    set(tokens) {
      if (faults.isFull) {
        throw new Error('the storage is full');
      }
      return inner.set(tokens);
    },
  };
  return { inner, faults, store };
}

async function signInAs(it: Setup, userId: string): Promise<void> {
  it.server.sessions.userId = userId;
  await signIn(it);
}

describe('a storage that takes nothing any more', () => {
  test('breaks no login, no refresh and no sign-out', async () => {
    const { inner, faults, store } = faultyStore();
    await using it = await setUp({ tokenStore: store });
    faults.isFull = true;
    await signInAs(it, 'ali');
    expect((await it.client.user.me.query()).id).toBe('ali');
    it.server.sessions.expire();
    expect((await it.client.user.me.query()).id).toBe('ali');
    it.server.sessions.expire();
    expect((await it.client.user.me.query()).id).toBe('ali');
    expect(it.server.sessions.refreshes.map(({ refreshToken }) => refreshToken)).toEqual([
      'refresh-1',
      'refresh-2',
    ]);
    expect(await inner.get()).toBeNull();
    await it.client.session.end.mutate();
    expect(it.ends).toEqual(['signed-out']);
    expect(appCodeOf(await failure(it.client.user.me.query()))).toBe('AUTH_REQUIRED');
  });

  test('is not believed after a sign-out that it has not kept', async () => {
    const { inner, faults, store } = faultyStore();
    await using it = await setUp({ tokenStore: store });
    await signInAs(it, 'ali');
    faults.isFull = true;
    await it.client.session.end.mutate();
    expect(it.ends).toEqual(['signed-out']);
    expect(await inner.get()).not.toBeNull();
    it.server.requests.length = 0;
    expect(appCodeOf(await failure(it.client.user.me.query()))).toBe('AUTH_REQUIRED');
    expect(it.server.requests).toEqual(['user.me']);
  });

  test('and then cannot be read either breaks nothing', async () => {
    const { inner, faults, store } = faultyStore();
    await using it = await setUp({ tokenStore: store });
    await signInAs(it, 'ali');
    faults.isFull = true;
    it.server.sessions.expire();
    await it.client.user.me.query();
    faults.isLocked = true;
    it.server.sessions.expire();
    expect((await it.client.user.me.query()).id).toBe('ali');
    faults.isLocked = false;
    expect((await it.client.user.me.query()).id).toBe('ali');
    expect(await inner.get()).toMatchObject({ refreshToken: 'refresh-1' });
    expect(it.server.sessions.refreshes).toHaveLength(2);
  });

  test('has the next tokens when it works again', async () => {
    const { inner, faults, store } = faultyStore();
    await using it = await setUp({ tokenStore: store });
    await signInAs(it, 'ali');
    faults.isFull = true;
    it.server.sessions.expire();
    await it.client.user.me.query();
    faults.isFull = false;
    it.server.sessions.expire();
    await it.client.user.me.query();
    const tokens = { accessToken: 'access-3', refreshToken: 'refresh-3', userId: 'ali' };
    expect(await inner.get()).toEqual(tokens);
  });

  test('still says what another tab has done', async () => {
    const { inner, faults, store } = faultyStore();
    await using it = await setUp({ tokenStore: store });
    await signInAs(it, 'ali');
    faults.isFull = true;
    it.server.sessions.expire();
    await it.client.user.me.query();
    const { accessToken, refreshToken } = it.server.sessions.issue('sara');
    await inner.set({ accessToken, refreshToken, userId: 'sara' });
    await failure(it.client.user.me.query());
    expect((await it.client.user.me.query()).id).toBe('sara');
    await inner.set(null);
    expect(appCodeOf(await failure(it.client.user.me.query()))).toBe('AUTH_REQUIRED');
    expect(it.ends).toEqual(['ended']);
  });
});

describe('a sign-out that is answered late', () => {
  /** Signs out in another tab, and has something happen before the answer. */
  async function signOutSlowly(
    it: Setup,
    meanwhile: (tab: ChaparClient) => Promise<unknown>,
  ): Promise<void> {
    let isAnswered = false;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using tab = createChaparClient({
      url: it.server.url,
      tokenStore: it.store,
      async fetch(url, init) {
        const answer = await fetch(url, init);
        if (url.includes('session.end')) {
          isAnswered = true;
          await released;
        }
        return answer;
      },
    });
    const leaving = tab.session.end.mutate();
    await vi.waitUntil(() => isAnswered);
    await meanwhile(tab);
    release();
    await leaving;
  }

  test('removes nothing of a newer login of the same person', async () => {
    await using it = await setUp();
    await signInAs(it, 'ali');
    await signOutSlowly(it, () => signInAs(it, 'ali'));
    expect(await it.store.get()).toMatchObject({ accessToken: 'access-2', userId: 'ali' });
    expect((await it.client.user.me.query()).id).toBe('ali');
    expect(it.ends).toEqual([]);
  });

  test('removes what nobody has changed', async () => {
    await using it = await setUp();
    await signInAs(it, 'ali');
    await signOutSlowly(it, () => Promise.resolve());
    expect(await it.store.get()).toBeNull();
  });

  test('removes tokens of another tab that it was repeated with', async () => {
    const store = memoryTokenStore();
    await using it = await setUp({
      tokenStore: store,
      async fetch(url, init) {
        if (url.includes('session.end') && it.server.requests.length === 1) {
          it.server.sessions.expire();
          const { accessToken, refreshToken } = it.server.sessions.issue();
          await store.set({ accessToken, refreshToken, userId: 'ali' });
        }
        return fetch(url, init);
      },
    });
    await signInAs(it, 'ali');
    await it.client.session.end.mutate();
    expect(it.server.requests).toEqual(['otp.verify', 'session.end', 'session.end']);
    expect(it.server.sessions.refreshes).toEqual([]);
    expect(await store.get()).toBeNull();
    expect(it.ends).toEqual(['signed-out']);
  });

  test('removes the tokens of a refresh of its own tab', async () => {
    await using it = await setUp();
    await signInAs(it, 'ali');
    await signOutSlowly(it, async (tab) => {
      await tab.session.refresh.mutate({ refreshToken: 'refresh-1', attemptId: tab.newId() });
      expect(await it.store.get()).toMatchObject({ accessToken: 'access-2' });
    });
    expect(await it.store.get()).toBeNull();
  });
});
