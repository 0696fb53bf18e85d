import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { getUntypedClient } from '@trpc/client';
import { failure, listen, mutate, mutex, setUp, signIn, type Setup } from '../test/set-up.ts';
import {
  appCodeOf,
  createChaparClient,
  isChaparError,
  memoryTokenStore,
  type ChaparClientOptions,
  type Tokens,
  type TokenStore,
} from './index.ts';
import { Refresher } from './refresh.ts';
import { Session, type TokenPair } from './session.ts';
import { insideOf } from './signs.ts';

/** As on a phone: each access takes a while, one after the other. */
function slowStore(): TokenStore {
  const alone = mutex();
  let stored: Tokens | null = null;
  const taking =
    <T>(work: () => T) =>
    async (): Promise<T> => {
      await wait(10);
      return work();
    };
  return {
    get: () => alone(taking(() => stored)),
    set: (tokens) =>
      alone(
        taking(() => {
          stored = tokens;
        }),
      ),
  };
}

/** A `fetch` whose refreshes are sent when the test says so. */
function heldRefreshes() {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const held = { begun: 0, release };
  const send = async (url: string, init?: never): Promise<Response> => {
    if (url.includes('session.refresh')) {
      held.begun += 1;
      await released;
    }
    return fetch(url, init);
  };
  const options: Partial<ChaparClientOptions> = { fetch: send };
  return { held, options };
}

async function signInAs(it: Setup, userId: string): Promise<void> {
  it.server.sessions.userId = userId;
  await signIn(it);
}

// Waits are random; tests need not wait long.
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0.05);
});

describe('tokens', () => {
  test('are kept by the client after a login and sent with calls', async () => {
    await using it = await setUp({ language: 'fa' });
    await signIn(it);
    expect(await it.store.get()).toEqual({ accessToken: 'access-1', refreshToken: 'refresh-1' });
    const me = await it.client.user.me.query();
    expect(me.id).toBe('access-1');
    expect(me.createdAt).toEqual(new Date(0));
    expect(it.server.languages).toEqual(['fa', 'fa']);
  });

  test.each(['otp.verify', 'password.login', 'password.register'])(
    'are taken from the answer of %s',
    async (path) => {
      await using it = await setUp();
      await mutate(it, path);
      expect(await it.store.get()).toEqual({ accessToken: 'access-1', refreshToken: 'refresh-1' });
      await mutate(it, path);
      expect((await it.client.user.me.query()).id).toBe('access-2');
      expect(it.ends).toEqual([]);
    },
  );

  test('are taken from the answer of a login only, whatever else an answer looks like', async () => {
    await using it = await setUp();
    await signIn(it);
    const answer = await getUntypedClient(it.client).query('user.lookalike');
    expect(answer).toMatchObject({ accessToken: 'foreign' });
    expect(await it.store.get()).toEqual({ accessToken: 'access-1', refreshToken: 'refresh-1' });
  });

  test('calls of one moment travel in one request, at most ten of them', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.requests.length = 0;
    await Promise.all(Array.from({ length: 12 }, () => it.client.user.me.query()));
    expect(it.server.requests.map((path) => path.split(',').length)).toEqual([10, 2]);
  });

  test('an expired token is refreshed once for ten parallel calls, mutations included', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.sessions.expire();
    const calls = await Promise.all([
      ...Array.from({ length: 5 }, () => it.client.user.me.query()),
      ...Array.from({ length: 5 }, () => it.client.user.update.mutate({ firstName: 'x' })),
    ]);
    expect(new Set(calls.map(({ id }) => id))).toEqual(new Set(['access-2']));
    expect(it.server.sessions.refreshes).toHaveLength(1);
    expect(await it.store.get()).toEqual({ accessToken: 'access-2', refreshToken: 'refresh-2' });
  });

  test('a token that is about to expire is refreshed before the call', async () => {
    await using it = await setUp();
    it.server.sessions.accessExpiresIn = 0;
    await signIn(it);
    it.server.sessions.accessExpiresIn = 300;
    it.server.requests.length = 0;
    await it.client.user.me.query();
    expect(it.server.requests).toEqual(['session.refresh', 'user.me']);
    await it.client.user.me.query();
    expect(it.server.requests).toHaveLength(3);
  });

  test('the attempt id is stored before the call and used again when the answer is lost', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.sessions.expire();
    let lost = 2;
    let stored: unknown;
    it.server.faults.cutAnswer = (path) => {
      if (path !== 'session.refresh') {
        return false;
      }
      stored = it.store.get();
      return lost-- > 0;
    };
    await it.client.user.me.query();
    const attempts = it.server.sessions.refreshes.map(({ attemptId }) => attemptId);
    expect(attempts).toHaveLength(3);
    expect(new Set(attempts).size).toBe(1);
    expect(stored).toMatchObject({ refreshToken: 'refresh-1', attemptId: attempts[0] });
    expect(await it.store.get()).toEqual({ accessToken: 'access-2', refreshToken: 'refresh-2' });
  });

  test('after a restart the stored attempt id is used again', async () => {
    const attemptId = '01890a5d-ac96-774b-bcce-b302099a8057';
    const store = memoryTokenStore();
    await using it = await setUp({ tokenStore: store });
    const pair = it.server.sessions.issue();
    it.server.sessions.expire();
    await store.set({ accessToken: pair.accessToken, refreshToken: pair.refreshToken, attemptId });
    await it.client.user.me.query();
    expect(it.server.sessions.refreshes).toEqual([{ refreshToken: 'refresh-1', attemptId }]);
  });

  test('a refresh that cannot reach the server fails the call and keeps the tokens', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.sessions.expire();
    it.server.faults.cutRequest = (path) => path === 'session.refresh';
    const error = await failure(it.client.user.update.mutate({}));
    expect(isChaparError(error)).toBe(false);
    expect(it.server.requests.filter((path) => path === 'session.refresh')).toHaveLength(4);
    expect(await it.store.get()).toMatchObject({ refreshToken: 'refresh-1' });
    expect(it.ends).toEqual([]);
    it.server.faults.cutRequest = () => false;
    expect((await it.client.user.me.query()).id).toBe('access-2');
  });

  test('two clients of one store refresh once', async () => {
    await using it = await setUp();
    const other = createChaparClient({ url: it.server.url, tokenStore: it.store });
    await signIn(it);
    it.server.sessions.expire();
    await Promise.all([it.client.user.me.query(), other.user.me.query()]);
    expect(it.server.sessions.refreshes).toHaveLength(1);
    await other.close();
  });

  test('is another refresh faster, its tokens are waited for', async () => {
    const shared = memoryTokenStore();
    const store: TokenStore = { get: () => shared.get(), set: (tokens) => shared.set(tokens) };
    await using it = await setUp({ tokenStore: store });
    await signIn(it);
    it.server.sessions.expire();
    it.server.faults.refuseRefresh = () => 'SESSION_RETRY_WITH_CURRENT';
    setTimeout(() => {
      const { accessToken, refreshToken } = it.server.sessions.issue();
      void store.set({ accessToken, refreshToken });
    }, 300);
    expect((await it.client.user.me.query()).id).toBe('access-2');
    expect(it.server.sessions.refreshes).toHaveLength(1);
    expect(it.ends).toEqual([]);
  });

  test('a refresh told to use the current tokens does not end the session', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.sessions.expire();
    it.server.faults.refuseRefresh = () => 'SESSION_RETRY_WITH_CURRENT';
    const error = await failure(it.client.user.me.query());
    expect(appCodeOf(error)).toBe('SESSION_RETRY_WITH_CURRENT');
    expect(it.server.sessions.refreshes).toHaveLength(1);
    expect(await it.store.get()).not.toBeNull();
    expect(it.ends).toEqual([]);
  });
});

describe('the end of a session', () => {
  test.each([
    ['SESSION_ENDED', 'ended'],
    ['SESSION_REFRESH_INVALID', 'refresh-invalid'],
    ['USER_INACTIVE', 'inactive'],
  ] as const)('%s at a refresh ends it, once', async (code, reason) => {
    await using it = await setUp();
    await signIn(it);
    it.server.sessions.expire();
    it.server.faults.refuseRefresh = () => code;
    const errors = await Promise.all(
      Array.from({ length: 5 }, () => failure(it.client.user.me.query())),
    );
    expect(errors.map(appCodeOf)).toEqual(Array.from({ length: 5 }, () => code));
    expect(it.ends).toEqual([reason]);
    expect(await it.store.get()).toBeNull();
  });

  test('SESSION_ENDED as the answer to any call ends it, once', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.faults.refuseCall = () => 'SESSION_ENDED';
    const errors = await Promise.all(
      Array.from({ length: 5 }, () => failure(it.client.user.me.query())),
    );
    expect(errors.map(appCodeOf)).toEqual(Array.from({ length: 5 }, () => 'SESSION_ENDED'));
    expect(it.ends).toEqual(['ended']);
    it.server.faults.refuseCall = () => null;
    await signIn(it);
    expect((await it.client.user.me.query()).id).toBe('access-2');
  });

  test('a procedure that needs no token works although the old session cannot be refreshed', async () => {
    await using it = await setUp();
    it.server.sessions.accessExpiresIn = 0;
    await signIn(it);
    it.server.faults.refuseRefresh = () => 'SESSION_ENDED';
    await signIn(it);
    expect(await it.store.get()).toMatchObject({ accessToken: 'access-2' });
    expect(it.ends).toEqual(['ended']);
  });

  test.each(['session.end', 'session.removeAll', 'account.remove'])(
    '%s signs out',
    async (path) => {
      await using it = await setUp();
      await signIn(it);
      await mutate(it, path);
      expect(it.ends).toEqual(['signed-out']);
      expect(await it.store.get()).toBeNull();
      const error = await failure(it.client.user.me.query());
      expect(appCodeOf(error)).toBe('AUTH_REQUIRED');
    },
  );

  test('a sign-out that is aborted makes no sign-out of a later end', async () => {
    await using it = await setUp();
    await signIn(it);
    const abort = new AbortController();
    const leaving = failure(it.client.session.end.mutate(undefined, { signal: abort.signal }));
    abort.abort();
    await leaving;
    it.server.faults.refuseCall = () => 'SESSION_ENDED';
    await failure(it.client.user.me.query());
    expect(it.ends).toEqual(['ended']);
  });

  test.each(['user.update', 'session.removeAll', 'account.remove'])(
    'SESSION_NOT_FRESH as the answer to %s ends nothing and refreshes nothing',
    async (path) => {
      await using it = await setUp();
      await signIn(it);
      it.server.requests.length = 0;
      it.server.faults.refuseCall = () => 'SESSION_NOT_FRESH';
      const error = await failure(mutate(it, path));
      expect(appCodeOf(error)).toBe('SESSION_NOT_FRESH');
      expect(error).toMatchObject({ data: { httpStatus: 403, appData: { maxAgeSeconds: 600 } } });
      expect(it.server.requests).toEqual([path]);
      expect(await it.store.get()).toEqual({ accessToken: 'access-1', refreshToken: 'refresh-1' });
      expect(it.ends).toEqual([]);
    },
  );

  test('a session that a login on the same device takes over ends for nobody', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.faults.refuseCall = () => 'SESSION_ENDED';
    let answer = (): void => undefined;
    it.server.faults.loggedIn = () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      });
    const login = mutate(it, 'password.login');
    await vi.waitUntil(() => it.server.requests.includes('password.login'));
    const call = failure(it.client.user.me.query());
    await vi.waitUntil(() => it.server.requests.includes('user.me'));
    setTimeout(answer, 50);
    expect(appCodeOf(await call)).toBe('SESSION_ENDED');
    await login;
    expect(await it.store.get()).toEqual({ accessToken: 'access-2', refreshToken: 'refresh-2' });
    expect(it.ends).toEqual([]);
  });

  test('a login that fails or is aborted holds up no end', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.faults.cutRequest = (path) => path === 'otp.verify';
    await failure(signIn(it));
    const abort = new AbortController();
    it.server.faults.cutRequest = () => false;
    it.server.faults.loggedIn = () => wait(60_000, null, { ref: false });
    const input = { challengeId: 'c', code: '123456' };
    const login = failure(it.client.otp.verify.mutate(input, { signal: abort.signal }));
    await vi.waitUntil(() => it.server.requests.filter((path) => path === 'otp.verify').length > 2);
    abort.abort();
    await login;
    it.server.faults.refuseCall = () => 'SESSION_ENDED';
    await failure(it.client.user.me.query());
    expect(it.ends).toEqual(['ended']);
  });
});

describe('a session that is over while it is refreshed', () => {
  const offsets = Array.from({ length: 31 }, (_, index) => index * 3);
  const pairOf = (userId: string, number: number): TokenPair => ({
    accessToken: `${userId}-${number}`,
    refreshToken: `${userId}-${number}`,
    accessExpiresIn: 300,
  });

  /** What is stored after `change`, so many ms after a refresh of Ali's began. */
  async function storedAfter(
    offset: number,
    change: (session: Session) => Promise<void>,
  ): Promise<Tokens | null> {
    const store = slowStore();
    const session = new Session(store, { started: () => undefined, ended: () => undefined });
    const refresher = new Refresher(session, {
      call: () => wait(20, pairOf('ali', 2)),
      closed: new AbortController().signal,
      device: () => Promise.resolve(null),
    });
    await session.start(pairOf('ali', 1), 'ali');
    const refresh = failure(refresher.renew('ali-1'));
    await wait(offset);
    await change(session);
    await refresh;
    return store.get();
  }

  test('is not written over the login of somebody else', async () => {
    const sara = { accessToken: 'sara-1', refreshToken: 'sara-1', userId: 'sara' };
    const login = (session: Session): Promise<void> => session.start(pairOf('sara', 1), 'sara');
    const stored = await Promise.all(offsets.map((offset) => storedAfter(offset, login)));
    expect(stored).toEqual(offsets.map(() => sara));
  });

  test('is not written after the sign-out', async () => {
    const signOut = (session: Session): Promise<void> =>
      session.end('signed-out', session.epoch, 'ali-1');
    const stored = await Promise.all(offsets.map((offset) => storedAfter(offset, signOut)));
    expect(stored).toEqual(offsets.map(() => null));
  });

  /** What is stored in the end when a tab does something, and another signs Sara in, so many ms later. */
  async function storedAfterTabs(
    offset: number,
    change: (tab: Session, refresher: Refresher) => Promise<unknown>,
  ): Promise<{ inStore: Tokens | null; seen: Tokens | null }> {
    const store: TokenStore = { ...slowStore(), lock: mutex() };
    const nobody = { started: () => undefined, ended: () => undefined };
    const [tab, other] = [new Session(store, nobody), new Session(store, nobody)];
    const refresher = new Refresher(tab, {
      call: () => wait(20, pairOf('ali', 2)),
      closed: new AbortController().signal,
      device: () => Promise.resolve(null),
    });
    await tab.start(pairOf('ali', 1), 'ali');
    const changed = failure(change(tab, refresher));
    await wait(offset);
    await other.start(pairOf('sara', 1), 'sara');
    await changed;
    return { inStore: await store.get(), seen: await tab.read() };
  }

  const changes: Record<string, Parameters<typeof storedAfterTabs>[1]> = {
    'a refresh': (_, refresher) => refresher.renew('ali-1'),
    'a call of session.refresh': (tab) =>
      tab.alone(() => tab.renew(pairOf('ali', 2), tab.epoch, 'ali-1')),
    'a sign-out': (tab) => tab.end('signed-out', tab.epoch, 'ali-1'),
    'the news of its end': (tab) =>
      tab.endOf({ epoch: tab.epoch, accessToken: 'ali-1', userId: 'ali' }),
    'what it learns of its user': (tab) => tab.learnUser('ali', tab.epoch),
  };

  test.each(Object.keys(changes))(
    'in one tab: %s is not written over the login of somebody else in another',
    async (name) => {
      const sara = { accessToken: 'sara-1', refreshToken: 'sara-1', userId: 'sara' };
      const ends = await Promise.all(
        offsets.map((offset) => storedAfterTabs(offset, changes[name]!)),
      );
      expect(ends.map(({ inStore }) => inStore)).toEqual(offsets.map(() => sara));
      expect(ends.map(({ seen }) => seen)).toEqual(offsets.map(() => sara));
    },
  );

  test('holds up no login of its own tab while the refresh waits for an answer', async () => {
    const { held, options } = heldRefreshes();
    await using it = await setUp(options);
    await signInAs(it, 'ali');
    it.server.sessions.expire();
    const call = failure(it.client.user.me.query());
    await vi.waitUntil(() => held.begun === 1);
    await insideOf(it.client).session.start(it.server.sessions.issue('sara'), 'sara');
    expect(await it.store.get()).toMatchObject({ userId: 'sara' });
    held.release();
    await call;
    expect(await it.store.get()).toMatchObject({ userId: 'sara' });
  });

  test('is not written over the tokens that another tab has got, when it is noticed late', async () => {
    const { held, options } = heldRefreshes();
    await using it = await setUp(options);
    await signInAs(it, 'ali');
    const input = { refreshToken: 'refresh-1', attemptId: it.client.newId() };
    const call = failure(it.client.session.refresh.mutate(input));
    await vi.waitUntil(() => held.begun === 1);
    const others = { accessToken: 'x', refreshToken: 'y', userId: 'ali' };
    await it.store.set(others);
    held.release();
    await call;
    expect(await it.store.get()).toEqual(others);
  });

  test('is not written by a call of session.refresh either', async () => {
    const { held, options } = heldRefreshes();
    await using it = await setUp(options);
    await signInAs(it, 'ali');
    const input = { refreshToken: 'refresh-1', attemptId: it.client.newId() };
    const call = failure(it.client.session.refresh.mutate(input));
    await vi.waitUntil(() => held.begun === 1);
    const { session } = insideOf(it.client);
    await session.end('signed-out', session.epoch, 'access-1');
    held.release();
    await call;
    expect(it.server.sessions.refreshes).toHaveLength(1);
    expect(await it.store.get()).toBeNull();
  });
});

describe('a call of one person never goes with the token of another', () => {
  test.each([
    ['was refused', 300],
    ['is about to expire', 0],
  ])('when the token %s', async (_, accessExpiresIn) => {
    const { held, options } = heldRefreshes();
    await using it = await setUp(options);
    it.server.sessions.accessExpiresIn = accessExpiresIn;
    await signInAs(it, 'ali');
    it.server.sessions.accessExpiresIn = 300;
    it.server.sessions.expire();
    const call = it.client.user.update.mutate({ firstName: 'Ali' }).then(
      ({ id }) => `done with ${id}`,
      (error: unknown) => appCodeOf(error),
    );
    await vi.waitUntil(() => held.begun === 1);
    it.server.sessions.userId = 'sara';
    const { accessToken, refreshToken, accessExpiresIn: ms } = it.server.sessions.issue();
    const pair = { accessToken, refreshToken, accessExpiresIn: ms };
    await insideOf(it.client).session.start(pair, 'sara');
    held.release();
    expect(await call).toMatch(/^AUTH_/);
    expect((await it.client.user.me.query()).id).toBe('sara');
  });

  test.each([0, 1, 2, 4, 6, 8, 10, 12, 16, 20])(
    'when it is made %i turns before the login and sent at the same moment',
    async (turns) => {
      await using it = await setUp();
      await signInAs(it, 'ali');
      await it.client.user.me.query();
      const sara = it.server.sessions.issue('sara');
      const first = it.client.user.me.query().then(({ id }) => id, appCodeOf);
      for (let turn = 0; turn < turns; turn += 1) {
        await Promise.resolve();
      }
      const login = insideOf(it.client).session.start(sara, 'sara');
      const second = login.then(() => it.client.user.me.query());
      expect(['AUTH_REQUIRED', 'ali']).toContain(await first);
      expect((await second).id).toBe('sara');
    },
  );
});

test('a login as somebody else in another tab is noticed', async () => {
  await using it = await setUp();
  await signInAs(it, 'ali');
  const heard = listen(it);
  await vi.waitUntil(() => heard.events.length === 1);
  const other = createChaparClient({ url: it.server.url, tokenStore: it.store });
  it.server.sessions.userId = 'sara';
  await other.otp.verify.mutate({ challengeId: 'c', code: '123456' });
  const { session } = insideOf(it.client);
  const before = session.epoch;
  // Whoever made this call is not signed in any more.
  const change = failure(it.client.user.update.mutate({ firstName: 'Ali' }));
  expect(appCodeOf(await change)).toBe('AUTH_REQUIRED');
  expect((await it.client.user.me.query()).id).toBe('sara');
  expect(session).toMatchObject({ epoch: before + 1, userId: 'sara' });
  await vi.waitUntil(() => it.server.socketTokens.length === 2);
  expect(it.server.socketTokens).toEqual(['access-1', 'access-2']);
  expect(it.ends).toEqual([]);
  it.server.sessions.userId = 'sara';
  await other.otp.verify.mutate({ challengeId: 'c', code: '123456' });
  await it.client.user.me.query();
  expect(session.epoch).toBe(before + 1);
  await other.close();
});

test('tokens that another tab removes end the session here', async () => {
  await using it = await setUp();
  await signIn(it);
  await it.client.user.me.query();
  await it.store.set(null);
  expect(appCodeOf(await failure(it.client.user.me.query()))).toBe('AUTH_REQUIRED');
  expect(it.ends).toEqual(['ended']);
});

describe('retries', () => {
  test('queries are tried again after network failures and UNAVAILABLE', async () => {
    await using it = await setUp();
    await signIn(it);
    let faults = 2;
    it.server.faults.cutRequest = (path) => path === 'user.me' && faults-- > 0;
    expect((await it.client.user.me.query()).id).toBe('access-1');
    faults = 2;
    it.server.faults.refuseCall = () => (faults-- > 0 ? 'UNAVAILABLE' : null);
    expect((await it.client.user.me.query()).id).toBe('access-1');
  });

  test('mutations are not, as nobody knows whether they were done', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.requests.length = 0;
    it.server.faults.cutAnswer = (path) => path === 'user.update';
    await expect(it.client.user.update.mutate({})).rejects.toThrow(/fetch failed/);
    expect(it.server.requests).toEqual(['user.update']);
  });

  test('chat.send is, with the same id, also while the server is down', async () => {
    await using it = await setUp();
    await signIn(it);
    let lost = 2;
    it.server.faults.cutAnswer = (path) => path === 'chat.send' && lost-- > 0;
    const id = it.client.newId();
    const message = { conversationId: 'c', id, text: 'hello' };
    expect(await it.client.chat.send.mutate(message)).toMatchObject({ id });
    expect([...it.server.sent.values()]).toEqual([{ ...message, userId: null }]);
  });

  test('stop at once when the call is aborted or the client closed', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.faults.cutRequest = () => true;
    const abort = new AbortController();
    const message = { conversationId: 'c', id: it.client.newId(), text: 'hello' };
    const aborted = it.client.chat.send.mutate(message, { signal: abort.signal });
    const pending = it.client.chat.send.mutate(message);
    const failures = Promise.allSettled([aborted, pending]);
    await vi.waitUntil(() => it.server.requests.length > 3);
    const started = performance.now();
    abort.abort();
    await it.client.close();
    await failures;
    expect(performance.now() - started).toBeLessThan(500);
    await expect(it.client.user.me.query()).rejects.toThrow('closed');
  });

  test('no refresh is sent that is needed only after the close', async () => {
    const store = memoryTokenStore({ accessToken: 'a', refreshToken: 'r' });
    const session = new Session(store, { started: () => undefined, ended: () => undefined });
    const call = vi.fn<() => Promise<TokenPair>>();
    const closed = AbortSignal.abort();
    const refresher = new Refresher(session, { call, closed, device: () => Promise.resolve(null) });
    await expect(refresher.renew('a')).rejects.toThrow('closed');
    expect(call).not.toHaveBeenCalled();
  });

  test.each(['user.me', 'session.refresh'])('close ends a call that hangs in %s', async (path) => {
    let isHanging = false;
    const send = (url: string, init?: { signal?: AbortSignal }): Promise<Response> => {
      if (!isHanging || !url.includes(path)) {
        return fetch(url, init);
      }
      it.server.requests.push('hanging');
      return new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    };
    await using it = await setUp({ fetch: send });
    await signIn(it);
    isHanging = true;
    if (path === 'session.refresh') {
      it.server.sessions.expire();
    }
    const call = failure(it.client.user.me.query());
    const change = failure(it.client.user.update.mutate({}));
    await vi.waitUntil(() => it.server.requests.includes('hanging'));
    await it.client.close();
    const late = wait(500, 'late', { ref: false });
    expect(await Promise.race([call, late])).toMatchObject({ message: 'the client is closed' });
    if (path === 'session.refresh') {
      expect(await Promise.race([change, late])).toBeInstanceOf(Error);
    }
  });
});
