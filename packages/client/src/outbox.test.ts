import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listen, mutex, setUp, signIn, type Setup } from '../test/set-up.ts';
import {
  browserOutboxStorage,
  createChaparClient,
  createOutbox,
  memoryTokenStore,
  OutboxFullError,
  type OutboxEntry,
  type OutboxStorage,
} from './index.ts';

interface Kept extends OutboxStorage {
  entries: readonly OutboxEntry[];
  /** How many run under a lock at once, at most. */
  most: Record<string, number>;
  fails: boolean;
}

/** A storage as an app writes it: asynchronous, and for several users of it. */
function storage(): Kept {
  const locks = { list: mutex(), sender: mutex() };
  const inside: Record<string, number> = { list: 0, sender: 0 };
  const kept: Kept = {
    entries: [],
    most: { list: 0, sender: 0 },
    fails: false,
    async get() {
      await wait(1);
      if (kept.fails) {
        throw new Error('no storage');
      }
      return structuredClone(kept.entries);
    },
    async set(entries) {
      await wait(1);
      if (kept.fails) {
        throw new Error('no storage');
      }
      kept.entries = structuredClone(entries);
    },
    lock: (name, work) =>
      locks[name](async () => {
        inside[name] = (inside[name] ?? 0) + 1;
        kept.most[name] = Math.max(kept.most[name] ?? 0, inside[name]);
        try {
          return await work();
        } finally {
          inside[name] -= 1;
        }
      }),
  };
  return kept;
}

async function signInAs(it: Setup, userId: string): Promise<void> {
  it.server.sessions.userId = userId;
  await signIn(it);
}

function texts(it: Setup, conversationId?: string): string[] {
  return [...it.server.sent.values()]
    .filter((message) => conversationId === undefined || message.conversationId === conversationId)
    .map(({ text }) => text);
}

function sends(it: Setup): number {
  return it.server.requests.filter((path) => path === 'chat.send').length;
}

const inTime = { timeout: 10_000, interval: 5 };

// Waits are random; tests need not wait long.
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0.02);
});

describe('an outbox', () => {
  test('takes a message at once, shows it, and lets it go when the server has it', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const shown: string[][] = [];
    const stored: string[] = [];
    const outbox = createOutbox(it.client, {
      onChange: (entries) => shown.push(entries.map(({ id, status }) => `${id} ${status}`)),
      onSent: ({ id }) => {
        expect(outbox.get().map((entry) => entry.id)).toEqual([id]);
        stored.push(id);
      },
    });
    const { id, status } = outbox.send({ conversationId: 'c', text: 'hello' });
    expect(status).toBe('pending');
    expect(outbox.get()).toEqual([
      { id, conversationId: 'c', text: 'hello', status: 'pending', appCode: null, userId: 'sara' },
    ]);
    await vi.waitUntil(() => outbox.get().length === 0);
    expect(it.server.sent.get(id)).toMatchObject({ text: 'hello', userId: 'sara' });
    expect(shown).toEqual([[`${id} pending`], []]);
    expect(stored).toEqual([id]);
    expect(sends(it)).toBe(1);
  });

  test('keeps messages while the network is away, and sends them in order, once', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client);
    it.server.faults.cutRequest = (path) => path === 'chat.send';
    for (let index = 0; index < 20; index += 1) {
      outbox.send({ conversationId: index % 2 === 0 ? 'a' : 'b', text: String(index) });
    }
    await vi.waitUntil(() => sends(it) >= 3, inTime);
    expect(it.server.sent.size).toBe(0);
    expect(outbox.get()).toHaveLength(20);
    it.server.faults.cutRequest = () => false;
    it.client.wake();
    await vi.waitUntil(() => outbox.get().length === 0, inTime);
    expect(texts(it, 'a')).toEqual(Array.from({ length: 10 }, (_, index) => String(index * 2)));
    expect(texts(it, 'b')).toEqual(Array.from({ length: 10 }, (_, index) => String(index * 2 + 1)));
  });

  test('repeats with the same id when answers are lost: the server stores each once', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client);
    let lost = 0;
    it.server.faults.cutAnswer = (path) => {
      lost += 1;
      return path === 'chat.send' && lost % 3 !== 0;
    };
    const ids = ['1', '2', '3', '4'].map((text) => outbox.send({ conversationId: 'c', text }).id);
    await vi.waitUntil(() => outbox.get().length === 0, inTime);
    expect([...it.server.sent.keys()]).toEqual(ids);
    expect(texts(it)).toEqual(['1', '2', '3', '4']);
    expect(sends(it)).toBeGreaterThan(4);
  });

  test('waits by itself, with backoff, and no longer than the server asks', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client);
    let refusals = 2;
    it.server.faults.refuseSend = () => (refusals-- > 0 ? 'UNAVAILABLE' : null);
    outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => outbox.get().length === 0, inTime);
    expect(sends(it)).toBe(3);
    let limited = 1;
    it.server.faults.refuseSend = () => (limited-- > 0 ? 'RATE_LIMITED' : null);
    const startedAt = performance.now();
    outbox.send({ conversationId: 'c', text: 'one' });
    await wait(100);
    outbox.send({ conversationId: 'c', text: 'two' });
    await vi.waitUntil(() => outbox.get().length === 0, inTime);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    expect(sends(it)).toBe(6);
  });

  test.each(['wake', 'live'])('tries at once on %s', async (sign) => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    vi.mocked(Math.random).mockReturnValue(1);
    const outbox = createOutbox(it.client);
    it.server.faults.cutRequest = (path) => path === 'chat.send';
    outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => sends(it) === 1, inTime);
    await wait(50);
    it.server.faults.cutRequest = () => false;
    if (sign === 'wake') {
      it.client.wake();
    } else {
      listen(it);
    }
    await vi.waitUntil(() => outbox.get().length === 0, { timeout: 800, interval: 5 });
    expect(sends(it)).toBe(2);
  });

  test('puts aside what the server refuses, and goes on with the next', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client);
    it.server.faults.refuseSend = (text) => (text === 'bad' ? 'CHAT_NOT_FRIENDS' : null);
    const { id } = outbox.send({ conversationId: 'c', text: 'bad' });
    outbox.send({ conversationId: 'c', text: 'good' });
    await vi.waitUntil(() => outbox.get().every(({ status }) => status === 'failed'), inTime);
    expect(outbox.get()).toMatchObject([{ id, status: 'failed', appCode: 'CHAT_NOT_FRIENDS' }]);
    expect(texts(it)).toEqual(['good']);
    await wait(100);
    expect(sends(it)).toBe(2);
    it.server.faults.refuseSend = () => null;
    outbox.retry(id);
    await vi.waitUntil(() => outbox.get().length === 0, inTime);
    expect([...it.server.sent.keys()]).toContain(id);
  });

  test('asks no more about an id that is taken; the entry can be discarded', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client);
    it.server.faults.refuseSend = () => 'CHAT_MESSAGE_ID_TAKEN';
    const { id } = outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => outbox.get()[0]?.status === 'failed', inTime);
    expect(outbox.get()[0]?.appCode).toBe('CHAT_MESSAGE_ID_TAKEN');
    await wait(100);
    expect(sends(it)).toBe(1);
    outbox.discard(id);
    expect(outbox.get()).toEqual([]);
    outbox.retry(id);
    await wait(50);
    expect(sends(it)).toBe(1);
  });

  test('lets no message at which the server stumbles hold up the others for ever', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client);
    it.server.faults.refuseSend = (text) => (text === 'odd' ? 'INTERNAL' : null);
    outbox.send({ conversationId: 'c', text: 'odd' });
    outbox.send({ conversationId: 'c', text: 'even' });
    await vi.waitUntil(() => it.server.sent.size === 1, inTime);
    await vi.waitUntil(() => outbox.get().length === 1, inTime);
    expect(outbox.get()).toMatchObject([{ text: 'odd', appCode: 'INTERNAL' }]);
    expect(sends(it)).toBe(6);
  });

  test('is bounded', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    it.server.faults.cutRequest = () => true;
    const outbox = createOutbox(it.client);
    for (let index = 0; index < 1_000; index += 1) {
      outbox.send({ conversationId: 'c', text: 'hello' });
    }
    const more = (): unknown => outbox.send({ conversationId: 'c', text: 'hello' });
    expect(more).toThrow(OutboxFullError);
    outbox.discard(outbox.get()[0]?.id ?? '');
    expect(more()).toMatchObject({ status: 'pending' });
    outbox.close();
  });

  test('stops with its client', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    it.server.faults.cutRequest = (path) => path === 'chat.send';
    const outbox = createOutbox(it.client);
    outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => sends(it) >= 1, inTime);
    await it.client.close();
    await wait(50);
    const before = sends(it);
    await wait(300);
    expect(sends(it)).toBe(before);
    expect(outbox.get()).toHaveLength(1);
  });

  test('needs a client of createChaparClient', () => {
    expect(() => createOutbox({} as never)).toThrow(TypeError);
  });
});

describe('an outbox with a storage', () => {
  test('goes on after a restart in the middle, and doubles nothing', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const kept = storage();
    const first = createOutbox(it.client, { storage: kept });
    let answers = 0;
    it.server.faults.cutAnswer = (path) => {
      answers += path === 'chat.send' ? 1 : 0;
      return path === 'chat.send' && answers > 2;
    };
    const ids = ['1', '2', '3', '4'].map((text) => first.send({ conversationId: 'c', text }).id);
    // The third is stored by the server, but the app does not get to know.
    await vi.waitUntil(() => it.server.sent.size === 3, inTime);
    await it.client.close();
    await wait(50);
    it.server.faults.cutAnswer = () => false;
    const client = createChaparClient({ url: it.server.url, tokenStore: it.store });
    const second = createOutbox(client, { storage: kept });
    await vi.waitUntil(() => it.server.sent.size === 4 && kept.entries.length === 0, inTime);
    expect([...it.server.sent.keys()]).toEqual(ids);
    expect(second.get()).toEqual([]);
    await client.close();
  });

  test('two of them on one storage: one sends at a time, all is sent once and in order', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const kept = storage();
    const other = createChaparClient({ url: it.server.url, tokenStore: it.store });
    const [one, two] = [it.client, other].map((client) => createOutbox(client, { storage: kept }));
    it.server.faults.sending = () => wait(5);
    let lost = 0;
    it.server.faults.cutAnswer = (path) => path === 'chat.send' && (lost += 1) % 4 === 0;
    const ids: string[] = [];
    for (let index = 0; index < 15; index += 1) {
      ids.push(one!.send({ conversationId: 'a', text: `a${index}` }).id);
      ids.push(two!.send({ conversationId: 'b', text: `b${index}` }).id);
      await wait(10);
    }
    await vi.waitUntil(() => it.server.sent.size === 30 && kept.entries.length === 0, inTime);
    await vi.waitUntil(() => one!.get().length === 0 && two!.get().length === 0, inTime);
    expect(texts(it, 'a')).toEqual(Array.from({ length: 15 }, (_, index) => `a${index}`));
    expect(texts(it, 'b')).toEqual(Array.from({ length: 15 }, (_, index) => `b${index}`));
    expect(new Set(it.server.sent.keys())).toEqual(new Set(ids));
    expect(kept.most).toEqual({ list: 1, sender: 1 });
    await other.close();
  });

  test('whose storage fails sends nevertheless, and stores when it can', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const kept = storage();
    kept.fails = true;
    const outbox = createOutbox(it.client, { storage: kept });
    outbox.send({ conversationId: 'c', text: 'one' });
    await vi.waitUntil(() => it.server.sent.size === 1, inTime);
    it.server.faults.cutRequest = (path) => path === 'chat.send';
    outbox.send({ conversationId: 'c', text: 'two' });
    await wait(50);
    kept.fails = false;
    await vi.waitUntil(() => kept.entries.length === 1, inTime);
    expect(kept.entries).toMatchObject([{ text: 'two' }]);
    expect(outbox.get()).toHaveLength(1);
  });

  test('that has stored what it says it has not doubles nothing', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    it.server.faults.cutRequest = (path) => path === 'chat.send';
    let stored: readonly OutboxEntry[] = [];
    let failures = 1;
    const outbox = createOutbox(it.client, {
      storage: {
        get: () => stored,
        set(entries) {
          stored = entries;
          if (failures-- > 0) {
            throw new Error('no storage');
          }
        },
      },
    });
    outbox.send({ conversationId: 'c', text: 'one' });
    await vi.waitUntil(() => sends(it) >= 3, inTime);
    expect(stored).toHaveLength(1);
    expect(outbox.get()).toHaveLength(1);
  });

  test.each([{}, 'text', 0])('that gives %j counts as empty', async (odd) => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    let stored: unknown = odd;
    const outbox = createOutbox(it.client, {
      storage: {
        get: () => stored as never,
        set(entries) {
          stored = entries;
        },
      },
    });
    outbox.send({ conversationId: 'c', text: 'one' });
    await vi.waitUntil(() => it.server.sent.size === 1, inTime);
    await vi.waitUntil(() => outbox.get().length === 0, inTime);
    expect(stored).toEqual([]);
  });

  test('of a browser goes on in memory without localStorage', async () => {
    vi.stubGlobal('localStorage', undefined);
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client, { storage: browserOutboxStorage() });
    outbox.send({ conversationId: 'c', text: 'one' });
    outbox.send({ conversationId: 'c', text: 'two' });
    await vi.waitUntil(() => outbox.get().length === 0, inTime);
    expect(texts(it)).toEqual(['one', 'two']);
    vi.unstubAllGlobals();
  });

  test('of a browser is in localStorage, under Web Locks', async () => {
    const items = new Map<string, string>();
    const locked = new Set<string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => items.set(key, value),
    });
    vi.stubGlobal('navigator', {
      locks: {
        request<T>(name: string, work: () => Promise<T>): Promise<T> {
          locked.add(name);
          return work();
        },
      },
    });
    await using it = await setUp();
    await signInAs(it, 'sara');
    it.server.faults.cutRequest = (path) => path === 'chat.send';
    const outbox = createOutbox(it.client, { storage: browserOutboxStorage() });
    outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => items.get('chapar.outbox')?.includes('hello') === true, inTime);
    expect(locked).toEqual(new Set(['chapar.outbox.list', 'chapar.outbox.sender']));
    items.set('chapar.outbox', '[{"id":1},null]');
    expect(await browserOutboxStorage().get()).toEqual([]);
    items.set('chapar.outbox', '{');
    expect(await browserOutboxStorage().get()).toBeNull();
    await it.client.close();
    vi.unstubAllGlobals();
  });
});

describe('whose messages they are', () => {
  let kept: Kept;

  beforeEach(() => {
    kept = storage();
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('a session that is ended pauses, and the same user goes on', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client, { storage: kept });
    it.server.faults.refuseCall = () => 'SESSION_ENDED';
    outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => it.ends.length === 1, inTime);
    await wait(100);
    expect(outbox.get()).toEqual([]);
    expect(kept.entries).toMatchObject([{ text: 'hello', status: 'pending', userId: 'sara' }]);
    it.server.faults.refuseCall = () => null;
    await signInAs(it, 'reza');
    await wait(100);
    expect(outbox.get()).toEqual([]);
    expect(it.server.sent.size).toBe(0);
    await signInAs(it, 'sara');
    await vi.waitUntil(() => it.server.sent.size === 1, inTime);
    expect([...it.server.sent.values()]).toMatchObject([{ text: 'hello', userId: 'sara' }]);
  });

  test('a sign-out drops them', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client, { storage: kept });
    it.server.faults.cutRequest = (path) => path === 'chat.send';
    outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => kept.entries.length === 1, inTime);
    await it.client.session.end.mutate();
    await vi.waitUntil(() => kept.entries.length === 0, inTime);
    expect(outbox.get()).toEqual([]);
  });

  test('what one user wrote never goes with the token of another', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client, { storage: kept });
    await vi.waitUntil(() => outbox.get().length === 0);
    for (let round = 0; round < 10; round += 1) {
      const [from, to] =
        round % 2 === 0 ? (['sara', 'reza'] as const) : (['reza', 'sara'] as const);
      outbox.send({ conversationId: 'c', text: `${from} ${round}` });
      it.server.sessions.userId = to;
      const login = signIn(it);
      outbox.send({ conversationId: 'c', text: `${from} ${round}, too` });
      await wait(round);
      await login;
      outbox.send({ conversationId: 'c', text: `${to} ${round}` });
    }
    await wait(300);
    for (const { text, userId } of it.server.sent.values()) {
      expect(text.split(' ')[0]).toBe(userId);
    }
    expect(kept.entries.every(({ text, userId }) => text.startsWith(String(userId)))).toBe(true);
    const ids = [...it.server.sent.keys(), ...kept.entries.map(({ id }) => id)];
    expect(new Set(ids).size).toBe(30);
  });

  test('nor when another tab signs somebody else in', async () => {
    await using it = await setUp();
    await signInAs(it, 'sara');
    const outbox = createOutbox(it.client, { storage: kept });
    const { accessToken, refreshToken } = it.server.sessions.issue('reza');
    const { send } = it.client.chat;
    await it.store.set({ accessToken, refreshToken, userId: 'reza' });
    outbox.send({ conversationId: 'c', text: 'of sara' });
    await wait(200);
    expect(it.server.sent.size).toBe(0);
    expect(kept.entries).toMatchObject([{ userId: 'sara' }]);
    await send.mutate({ conversationId: 'c', id: 'x', text: 'of reza' });
    expect(texts(it)).toEqual(['of reza']);
  });

  test('tokens that do not say whose they are are asked about', async () => {
    const store = memoryTokenStore();
    await using it = await setUp({ tokenStore: store });
    const { accessToken, refreshToken } = it.server.sessions.issue('sara');
    await store.set({ accessToken, refreshToken });
    const outbox = createOutbox(it.client, { storage: kept });
    outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => it.server.sent.size === 1, inTime);
    expect(await store.get()).toEqual({ accessToken, refreshToken, userId: 'sara' });
    it.server.sessions.expire();
    await it.client.user.me.query();
    expect(await store.get()).toMatchObject({ refreshToken: 'refresh-2', userId: 'sara' });
  });

  test('what is written when nobody is signed in fails, and may be tried again', async () => {
    await using it = await setUp();
    const outbox = createOutbox(it.client, { storage: kept });
    const { id } = outbox.send({ conversationId: 'c', text: 'hello' });
    await vi.waitUntil(() => outbox.get()[0]?.status === 'failed', inTime);
    expect(outbox.get()).toMatchObject([{ id, appCode: 'AUTH_REQUIRED' }]);
    await signInAs(it, 'sara');
    await wait(50);
    expect(sends(it)).toBe(0);
    outbox.retry(id);
    await vi.waitUntil(() => it.server.sent.get(id)?.userId === 'sara', inTime);
  });

  test.each(['with', 'without'])(
    'what somebody unknown wrote is not for the next person (%s an end)',
    async (end) => {
      await using it = await setUp();
      const { accessToken, refreshToken } = it.server.sessions.issue('sara');
      await it.store.set({ accessToken, refreshToken });
      it.server.faults.cutRequest = (path) => path === 'user.me';
      const outbox = createOutbox(it.client, { storage: kept });
      outbox.send({ conversationId: 'c', text: 'of sara' });
      await vi.waitUntil(() => it.server.requests.includes('user.me'), inTime);
      expect(outbox.get()).toMatchObject([{ userId: null }]);
      if (end === 'with') {
        it.server.faults.refuseCall = () => 'SESSION_ENDED';
        await it.client.user.update.mutate({}).catch(() => undefined);
        await vi.waitUntil(() => it.ends.length === 1, inTime);
        await wait(20);
        expect(outbox.get()).toEqual([]);
        it.server.faults.refuseCall = () => null;
      }
      await signInAs(it, 'reza');
      await wait(20);
      expect(outbox.get()).toEqual([]);
      it.server.faults.cutRequest = () => false;
      await wait(300);
      expect(outbox.get()).toEqual([]);
      expect(kept.entries).toEqual([]);
      expect(it.server.sent.size).toBe(0);
    },
  );
});
