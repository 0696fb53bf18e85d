import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listen, setUp, signIn, updated } from '../test/set-up.ts';
import { memoryTokenStore } from './index.ts';
import { Refresher } from './refresh.ts';
import { Renewer } from './renewal.ts';
import { Session } from './session.ts';

describe('a live socket', () => {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0.02);
  });

  test('outlives its tokens without a call of the app', async () => {
    await using it = await setUp();
    it.server.sessions.accessExpiresIn = 2;
    it.server.graceMs = 300;
    await signIn(it);
    const heard = listen(it);
    await wait(6_000);
    it.server.append(updated(1));
    await vi.waitUntil(() => heard.seqs.length === 1);
    expect(it.server.opened).toBe(1);
    expect(it.states).toEqual(['connecting', 'live']);
    const { renewals, sessions } = it.server;
    expect(renewals.length).toBeGreaterThanOrEqual(4);
    expect(renewals[0]).toEqual({
      connectionId: [...it.server.sockets.keys()][0],
      token: 'access-2',
    });
    expect(sessions.refreshes).toHaveLength(renewals.length);
  });

  test('that was opened with a stored token of unknown age is renewed as well', async () => {
    await using it = await setUp();
    it.server.sessions.accessExpiresIn = 2;
    it.server.graceMs = 300;
    const { accessToken, refreshToken } = it.server.sessions.issue();
    await it.store.set({ accessToken, refreshToken });
    listen(it);
    await wait(4_000);
    expect(it.server.renewals.length).toBeGreaterThanOrEqual(2);
    expect(it.server.opened).toBe(1);
  });

  test('whose renewal is refused is replaced while it serves', async () => {
    await using it = await setUp();
    it.server.sessions.accessExpiresIn = 2;
    it.server.graceMs = 300;
    it.server.faults.refuseCall = (path) => (path === 'stream.renew' ? 'INTERNAL' : null);
    await signIn(it);
    const heard = listen(it);
    await vi.waitUntil(() => heard.events.length === 1);
    for (let seq = 1; seq <= 40; seq += 1) {
      it.server.append(updated(seq, 10 + Math.floor(seq / 10)));
      await wait(100);
    }
    await vi.waitUntil(() => heard.seqs.length === 40);
    expect(heard.seqs).toEqual(Array.from({ length: 40 }, (_, index) => `s:${index + 1}`));
    expect(it.server.opened).toBeGreaterThanOrEqual(3);
    expect(it.server.closed).not.toContain(4401);
    expect(it.states).toEqual(['connecting', 'live']);
    expect(heard.errors).toEqual([]);
    expect(it.ends).toEqual([]);
  });

  test('whose renewal is lost among the servers comes back after 4401', async () => {
    await using it = await setUp();
    it.server.sessions.accessExpiresIn = 2;
    it.server.graceMs = 300;
    await signIn(it);
    it.server.renew = () => ({ expiresAt: new Date(Date.now() + 300_000).toISOString() });
    const heard = listen(it);
    await vi.waitUntil(() => it.server.closed.length === 1, { timeout: 5_000 });
    it.server.append(updated(1));
    await vi.waitUntil(() => heard.seqs.length === 1, { timeout: 5_000 });
    expect(it.server.closed).toEqual([4401]);
    expect(it.states).toEqual(['connecting', 'live', 'connecting', 'live']);
    expect(it.server.socketTokens).toHaveLength(2);
    expect(heard.errors).toEqual([]);
    expect(it.ends).toEqual([]);
  });

  test('that nobody needs is not renewed', async () => {
    await using it = await setUp();
    it.server.sessions.accessExpiresIn = 2;
    await signIn(it);
    const heard = listen(it);
    await vi.waitUntil(() => heard.events.length === 1);
    heard.stop();
    await wait(3_000);
    expect(it.server.renewals).toEqual([]);
    expect(it.server.sessions.refreshes).toEqual([]);
  });
});

describe('Renewer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  /** A server whose tokens live for 300 s, and its sockets with them. */
  function start(stored = false) {
    const store = memoryTokenStore({ accessToken: 'token-0', refreshToken: 'r' });
    const nobody = { started: () => undefined, ended: () => undefined };
    const session = new Session(store, nobody);
    const calls: string[] = [];
    const ends = new Map([['token-0', performance.now() + 300_000]]);
    let issued = 0;
    const issue = () => {
      issued += 1;
      ends.set(`token-${issued}`, performance.now() + 300_000);
      return { accessToken: `token-${issued}`, refreshToken: 'r', accessExpiresIn: 300 };
    };
    const refresher = new Refresher(session, {
      call: () => {
        calls.push(`refresh ${seconds()}`);
        return Promise.resolve(issue());
      },
      closed: new AbortController().signal,
      device: () => Promise.resolve(null),
    });
    const startedAt = performance.now();
    const seconds = () => Math.round((performance.now() - startedAt) / 1_000);
    const renewer = new Renewer({
      session,
      refresher,
      async call() {
        const token = (await store.get())?.accessToken ?? '';
        calls.push(`renew ${token} ${seconds()}`);
        // The server's clock is wrong by a day.
        const left = (ends.get(token) ?? 0) - performance.now();
        return { expiresAt: new Date(Date.now() - 86_400_000 + left).toISOString() };
      },
    });
    let failed = 0;
    const keep = (accessToken: string) =>
      renewer.keep({
        accessToken,
        connectionId: () => 'c',
        isNeeded: () => true,
        failed() {
          failed += 1;
        },
      });
    if (!stored) {
      void session.start(issue(), null);
    }
    return { store, session, calls, keep, issue, failures: () => failed };
  }

  test.each([
    [0, ['refresh 270', 'renew token-2 270', 'refresh 540', 'renew token-3 540']],
    [1, ['refresh 260', 'renew token-2 260', 'refresh 520', 'renew token-3 520']],
  ])('renews half a minute before the end, with jitter %d', async (random, expected) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    const { calls, keep } = start();
    const stop = keep('token-1');
    await vi.advanceTimersByTimeAsync(600_000);
    stop();
    expect(calls).toEqual(expected);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(calls).toHaveLength(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('takes the token that a call of the app has got meanwhile', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { calls, keep, session, issue } = start();
    const stop = keep('token-1');
    await vi.advanceTimersByTimeAsync(100_000);
    await session.renew(issue(), session.epoch, 'r');
    await vi.advanceTimersByTimeAsync(300_000);
    stop();
    expect(calls).toEqual(['renew token-2 270', 'refresh 370', 'renew token-3 370']);
  });

  test('of several tabs one refreshes, and the others know its tokens by the time', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { calls, keep, store, issue } = start();
    const stop = keep('token-1');
    await vi.advanceTimersByTimeAsync(280_000);
    const stranger = issue();
    await store.set(stranger);
    await vi.advanceTimersByTimeAsync(500_000);
    stop();
    expect(calls).toEqual([
      'refresh 270',
      'renew token-2 270',
      // At 540 the token of the other tab is found, which ends at 580.
      'renew token-3 540',
      'refresh 550',
      'renew token-4 550',
    ]);
  });

  test('changes a token of unknown age for a new one soon', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { calls, keep } = start(true);
    const stop = keep('token-0');
    await vi.advanceTimersByTimeAsync(200_000);
    stop();
    expect(calls).toEqual(['refresh 6', 'renew token-1 6']);
  });
});
