import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Entry } from '../test/fake-log.ts';
import { failure, listen, setUp, signIn, updated } from '../test/set-up.ts';
import { appCodeOf, SocketRefusedError } from './index.ts';

/** Events share cursors, as they do on the real server. */
function entry(seq: number, streamId = 's'): Entry {
  return updated(seq, 10 + Math.floor(seq / 2), streamId);
}

/** The event by which the server says that a session has ended. */
function ended(reason: string): Entry['event'] {
  const body = { sessionId: '01890a5d-ac96-774b-bcce-b302099a8057', reason };
  const event = { type: 'session.ended', streamId: 'u', seq: 1, at: '', body };
  return event;
}

function waitUntil(condition: () => boolean, timeout = 10_000): Promise<boolean> {
  return vi.waitUntil(condition, { timeout, interval: 5 });
}

function seqs(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `s:${from + index}`);
}

// Waits are random; tests need not wait long.
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0.02);
});

describe('the live stream', () => {
  test('begins with stream.ready, hides beacons and passes stream.reset on', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.append({ cursor: 11, event: { type: 'stream.beacon' } }, entry(1));
    it.server.append({ cursor: 12, event: { type: 'stream.reset' } }, entry(1));
    await waitUntil(() => heard.events.length === 4);
    const types = heard.events.map(({ type }) => type);
    expect(types).toEqual(['stream.ready', 'user.updated', 'stream.reset', 'user.updated']);
    expect(it.states).toEqual(['connecting', 'live']);
    expect(it.server.socketTokens).toEqual(['access-1']);
  });

  test('a socket cut in the middle resumes without loss or doubles', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    for (let round = 0; round < 3; round += 1) {
      const from = round * 20 + 1;
      it.server.append(...seqs(from, from + 9).map((_, index) => entry(from + index)));
      await waitUntil(() => heard.seqs.length > round * 20 + 3);
      it.server.cut();
      it.server.append(...seqs(from + 10, from + 19).map((_, index) => entry(from + 10 + index)));
      await waitUntil(() => heard.seqs.length === (round + 1) * 20);
    }
    expect(heard.seqs).toEqual(seqs(1, 60));
    expect(it.server.log.resumes).toHaveLength(4);
    expect(it.server.log.resumes.slice(1)).not.toContain(null);
  });

  test('continues after an event id that the app has kept', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.append(entry(1), entry(2), entry(4));
    const heard = listen(it, '11');
    await waitUntil(() => heard.events.length === 3);
    expect(it.server.log.resumes).toEqual(['11']);
    expect(heard.seqs).toEqual(['s:2', 's:4']);
    it.server.cut();
    await waitUntil(() => it.server.log.resumes.length === 2);
    expect(it.server.log.resumes).toEqual(['11', '12']);
  });

  test('two subscriptions share a socket and remember what they had on their own', async () => {
    await using it = await setUp();
    await signIn(it);
    const first = listen(it);
    await waitUntil(() => first.events.length === 1);
    it.server.append(entry(1), entry(2));
    await waitUntil(() => first.seqs.length === 2);
    const second = listen(it, '10');
    await waitUntil(() => second.seqs.length === 2);
    it.server.cut();
    it.server.append(entry(3));
    await waitUntil(() => first.seqs.length === 3 && second.seqs.length === 3);
    expect(first.seqs).toEqual(second.seqs);
    expect(it.server.opened).toBe(2);
  });

  test('passes on what is not stored, and the event of a stream that was left', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    const typing = { type: 'chat.typing', conversationId: 'c', userId: 'u', seconds: 6 };
    const left = { type: 'stream.left', streamId: 'u', seq: 1, at: '', body: { streamId: 'c' } };
    it.server.append({ cursor: 11, event: typing }, { cursor: 11, event: typing });
    it.server.append({ cursor: 12, event: left }, { cursor: 12, event: left });
    it.server.append({ cursor: 13, event: typing });
    await waitUntil(() => heard.events.length === 5);
    expect(heard.events.slice(1)).toEqual([typing, typing, left, typing]);
    const [connectionId] = it.server.sockets.keys();
    expect(heard.events[0]).toEqual({ type: 'stream.ready', connectionId });
  });

  test('with callbacks is something to unsubscribe from', async () => {
    await using it = await setUp();
    await signIn(it);
    const subscription = it.client.stream.onEvent.subscribe(undefined, { onData: () => undefined });
    expect(Object.keys(subscription)).toEqual(['unsubscribe']);
    expect(Symbol.asyncIterator in subscription).toBe(false);
    subscription.unsubscribe();
  });

  test('is an async iterator without callbacks', async () => {
    await using it = await setUp();
    await signIn(it);
    const types: string[] = [];
    for await (const { data: event } of it.client.stream.onEvent.subscribe()) {
      types.push(event.type);
      if (types.length === 1) {
        it.server.append(entry(1));
      } else {
        break;
      }
    }
    expect(types).toEqual(['stream.ready', 'user.updated']);
  });

  test('a mount, unmount and mount in one tick leaves one subscription', async () => {
    await using it = await setUp();
    await signIn(it);
    listen(it).stop();
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.append(entry(1));
    await waitUntil(() => heard.seqs.length === 1);
    expect(it.server.opened).toBe(1);
    expect(it.states).toEqual(['connecting', 'live']);
  });

  test('needs somebody to be signed in, and says so without asking the server', async () => {
    await using it = await setUp();
    const heard = listen(it);
    await waitUntil(() => heard.errors.length === 1);
    expect(appCodeOf(heard.errors[0])).toBe('AUTH_REQUIRED');
    expect(it.server.opened).toBe(0);
    await signIn(it);
    const again = listen(it);
    await waitUntil(() => again.events.length === 1);
  });

  test('goes on when the server refuses it for the moment', async () => {
    await using it = await setUp();
    await signIn(it);
    let faults = 2;
    it.server.faults.refuseCall = () => (faults-- > 0 ? 'UNAVAILABLE' : null);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    expect(heard.errors).toEqual([]);
    expect(it.server.opened).toBe(1);
  });
});

describe('a stream that the server ends on a socket that stays', () => {
  test.each(['test.end', 'test.fail'])(
    'by %s is begun again after the last event',
    async (type) => {
      await using it = await setUp();
      await signIn(it);
      const heard = listen(it);
      await waitUntil(() => heard.events.length === 1);
      it.server.append(entry(1), entry(2), { cursor: 11, event: { type } }, entry(3), entry(4));
      await waitUntil(() => heard.seqs.length === 4);
      expect(heard.seqs).toEqual(seqs(1, 4));
      expect(it.server.log.resumes).toEqual([null, '11']);
      expect(it.server.opened).toBe(1);
      expect(heard.errors).toEqual([]);
      expect(heard.completed).toBe(0);
    },
  );

  test('because its token has expired is begun again on a new socket', async () => {
    await using it = await setUp();
    await signIn(it);
    let faults = 1;
    it.server.faults.refuseCall = () => (faults-- > 0 ? 'AUTH_TOKEN_EXPIRED' : null);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    expect(it.server.socketTokens).toEqual(['access-1', 'access-2']);
    expect(it.server.sessions.refreshes).toHaveLength(1);
  });

  test('because the session has ended is over', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.faults.refuseCall = () => 'SESSION_ENDED';
    const heard = listen(it);
    await waitUntil(() => it.ends.length === 1);
    expect(heard.errors.map(appCodeOf)).toEqual(['SESSION_ENDED']);
    expect(it.ends).toEqual(['ended']);
  });

  test('because it cannot be served is over', async () => {
    await using it = await setUp();
    await signIn(it);
    it.server.faults.refuseCall = () => 'STREAM_TOO_MANY';
    const heard = listen(it);
    await waitUntil(() => heard.errors.length === 1);
    expect(heard.errors.map(appCodeOf)).toEqual(['STREAM_TOO_MANY']);
    expect(it.ends).toEqual([]);
  });
});

test('a callback that throws at the end of the session keeps no other subscription', async () => {
  const thrown: unknown[] = [];
  const errors: unknown[] = [];
  vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((work) => {
    void Promise.resolve()
      .then(work)
      .catch((error: unknown) => thrown.push(error));
  });
  await using it = await setUp();
  await signIn(it);
  let ready = 0;
  const onData = (): void => {
    ready += 1;
  };
  it.client.stream.onEvent.subscribe(undefined, {
    onData,
    onError() {
      throw new Error('of the app');
    },
  });
  it.client.stream.onEvent.subscribe(undefined, { onData, onError: (error) => errors.push(error) });
  await waitUntil(() => ready === 2);
  it.server.faults.refuseCall = () => 'SESSION_ENDED';
  expect(appCodeOf(await failure(it.client.user.update.mutate({})))).toBe('SESSION_ENDED');
  await waitUntil(() => it.states.at(-1) === 'offline', 2_000);
  expect(errors.map(appCodeOf)).toEqual(['SESSION_ENDED']);
  expect(thrown).toEqual([new Error('of the app')]);
  await waitUntil(() => it.server.sockets.size === 0, 2_000);
});

test('a new login moves the stream to a socket of its own', async () => {
  await using it = await setUp();
  await signIn(it);
  const heard = listen(it);
  await waitUntil(() => heard.events.length === 1);
  await signIn(it);
  await waitUntil(() => heard.events.length === 2);
  expect(it.server.socketTokens).toEqual(['access-1', 'access-2']);
  expect(it.ends).toEqual([]);
});

describe('a socket that is closed', () => {
  test('with 4401 is opened again with a new token, after the last event', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.append(entry(1), entry(2));
    await waitUntil(() => heard.seqs.length === 2);
    it.server.sessions.expire();
    it.server.close(4401);
    it.server.append(entry(3));
    await waitUntil(() => heard.seqs.length === 3);
    expect(heard.seqs).toEqual(seqs(1, 3));
    expect(it.server.socketTokens).toEqual(['access-1', 'access-2']);
    expect(it.server.sessions.refreshes).toHaveLength(1);
    expect(it.server.log.resumes).toEqual([null, '11']);
    expect(it.states).toEqual(['connecting', 'live', 'connecting', 'live']);
  });

  test('because of a token that was refused is opened with the one that another call got', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.sessions.expire();
    await it.client.user.me.query();
    it.server.close(4401);
    await waitUntil(() => heard.events.length === 2);
    expect(it.server.sessions.refreshes).toHaveLength(1);
  });

  test('with 4403 ends the session', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.close(4403);
    await waitUntil(() => it.ends.length === 1);
    expect(it.ends).toEqual(['ended']);
    expect(heard.errors.map(appCodeOf)).toEqual(['SESSION_ENDED']);
    expect(await it.store.get()).toBeNull();
    expect(it.states.at(-1)).toBe('offline');
    await wait(500);
    expect(it.server.opened).toBe(1);
  });

  test.each([
    'replaced',
    'password-changed',
    'phone-changed',
    'deactivated',
    'account-removed',
    'a reason of a newer server',
  ])('with 4403 after the event of the reason %s ends the session', async (reason) => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    const event = ended(reason);
    it.server.append({ cursor: 11, event });
    await waitUntil(() => heard.events.length === 2);
    it.server.close(4403);
    await waitUntil(() => it.ends.length === 1);
    expect(heard.events[1]).toEqual(event);
    expect(it.ends).toEqual(['ended']);
    expect(heard.errors.map(appCodeOf)).toEqual(['SESSION_ENDED']);
    expect(await it.store.get()).toBeNull();
  });

  test('with 4403 by a login on the same device goes on as the new session', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.faults.loggedIn = async () => {
      it.server.append({ cursor: 11, event: ended('replaced') });
      it.server.close(4403);
      await wait(300);
    };
    await signIn(it);
    await waitUntil(() => heard.events.length > 2);
    expect(heard.errors).toEqual([]);
    expect(it.ends).toEqual([]);
    expect(it.server.socketTokens).toEqual(['access-1', 'access-2']);
  });

  test('with 4403 ends the session also when the token has been refreshed since', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.sessions.expire();
    await it.client.user.me.query();
    it.server.close(4403);
    await waitUntil(() => it.ends.length === 1);
    expect(it.server.opened).toBe(1);
  });

  test('with 4403 does not end the session that another tab has begun', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    const { accessToken, refreshToken } = it.server.sessions.issue();
    await it.store.set({ accessToken, refreshToken });
    it.server.close(4403);
    await waitUntil(() => heard.events.length === 2);
    expect(it.ends).toEqual([]);
    expect(it.server.socketTokens).toEqual(['access-1', 'access-2']);
  });

  test('by session.end is a sign-out, whichever answer comes first', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    await it.client.session.end.mutate();
    await waitUntil(() => heard.completed === 1);
    expect(it.ends).toEqual(['signed-out']);
    expect(heard.errors).toEqual([]);
  });

  test.each([4400, 4409])('with %i is not opened again', async (code) => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.close(code);
    await waitUntil(() => heard.errors.length === 1);
    const [error] = heard.errors as Error[];
    expect(error?.cause).toBeInstanceOf(SocketRefusedError);
    expect(error?.cause).toMatchObject({ closeCode: code });
    expect(it.states).toEqual(['connecting', 'live', 'offline']);
    await wait(500);
    expect(it.server.opened).toBe(1);
    expect(it.ends).toEqual([]);
  });

  test.each([1012, 4321])('with %i is opened again', async (code) => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.close(code);
    it.server.append(entry(1));
    await waitUntil(() => heard.seqs.length === 1);
    expect(it.server.opened).toBe(2);
  });

  test.each([4401, 4403, 1012, 1011])('always, with %i, is no reconnect storm', async (code) => {
    vi.mocked(Math.random).mockReturnValue(0.4);
    await using it = await setUp();
    await signIn(it);
    it.server.faults.closeSocket = () => code;
    it.server.faults.refuseCall = () => null;
    const heard = listen(it);
    await wait(3_000);
    expect(it.server.opened).toBeGreaterThan(0);
    expect(it.server.opened).toBeLessThanOrEqual(4);
    expect(it.server.sessions.refreshes.length).toBeLessThanOrEqual(4);
    expect(heard.events).toEqual([]);
  });

  test('by a server that stays away for a while is found again', async () => {
    await using it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    it.server.append(entry(1));
    await waitUntil(() => heard.seqs.length === 1);
    const port = Number(new URL(it.server.url).port);
    await it.server.stop();
    await wait(1_000);
    it.server.append(entry(2));
    await it.server.start(port);
    it.client.wake();
    await waitUntil(() => heard.seqs.length === 2);
    expect(heard.seqs).toEqual(seqs(1, 2));
  });
});

describe('close', () => {
  test('ends subscriptions and timers, and may be called twice', async () => {
    const it = await setUp();
    await signIn(it);
    const heard = listen(it);
    await waitUntil(() => heard.events.length === 1);
    await it.server.stop();
    await wait(300);
    const started = performance.now();
    await it.client.close();
    await it.client.close();
    expect(performance.now() - started).toBeLessThan(200);
    expect(heard.completed).toBe(1);
    expect(heard.errors).toEqual([]);
    expect(it.states.at(-1)).toBe('offline');
  });
});
