import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Entry } from '../test/fake-log.ts';
import { setUp, signIn, type Setup } from '../test/set-up.ts';
import { appCodeOf, createChaparClient, live, type LiveState } from './index.ts';

function entry(seq: number): Entry {
  return { cursor: 10 + seq, event: { type: 'chat.read', streamId: 's', seq, body: {} } };
}

const reset: Entry = { cursor: 10, event: { type: 'stream.reset' } };

/** Snapshots that a test answers by hand: the seqs that are in it. */
function loads() {
  const asked: { answer(state: number[]): void; fail(error: Error): void }[] = [];
  const load = (): Promise<number[]> =>
    new Promise((resolve, reject) => {
      asked.push({ answer: resolve, fail: reject });
    });
  return { asked, load };
}

/** Adds the event's seq, unless it is there. */
function apply(seqs: number[], event: object): number[] {
  const seq = 'seq' in event ? Number(event.seq) : 0;
  return seqs.includes(seq) || seq === 0 ? seqs : [...seqs, seq];
}

function follow(it: Setup) {
  const { asked, load } = loads();
  const state = live(it.client, { load, apply });
  const shown: unknown[] = [];
  state.subscribe(() => shown.push(state.get().state));
  return { asked, state, shown };
}

/** A client that is signed in, and a state whose first snapshot is asked for. */
async function setUpState() {
  const it = await setUp();
  await signIn(it);
  const followed = follow(it);
  await vi.waitUntil(() => followed.asked.length === 1);
  return { ...it, ...followed };
}

/** The same with this snapshot. */
async function setUpReady(snapshot: number[]) {
  const it = await setUpState();
  it.asked[0]!.answer(snapshot);
  await isReady(it.state);
  return it;
}

async function isReady(state: LiveState<number[]>): Promise<number[] | null> {
  await vi.waitUntil(() => state.get().phase === 'ready');
  return state.get().state;
}

// Waits are random; tests need not wait long.
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0.02);
});

test('a snapshot is read once the stream is live, and events go on top', async () => {
  await using it = await setUp();
  await signIn(it);
  const { asked, state, shown } = follow(it);
  expect(state.get()).toEqual({ state: null, phase: 'loading', error: null });
  expect(asked).toHaveLength(0);
  await vi.waitUntil(() => asked.length === 1);
  expect(it.server.log.resumes).toHaveLength(1);
  asked[0]!.answer([1]);
  expect(await isReady(state)).toEqual([1]);
  it.server.append(entry(2), entry(3));
  await vi.waitUntil(() => state.get().state?.length === 3);
  expect(shown).toEqual([[1], [1, 2], [1, 2, 3]]);
});

test('events that come while the snapshot is read wait for it, in order', async () => {
  await using it = await setUpState();
  const { asked, state, shown } = it;
  it.server.append(entry(1), entry(2), entry(3));
  await wait(50);
  expect(shown).toEqual([]);
  // The first two were committed before the snapshot was taken.
  asked[0]!.answer([1, 2]);
  expect(await isReady(state)).toEqual([1, 2, 3]);
});

test('a page that was read goes into the state, with the events on top, until a new snapshot', async () => {
  await using it = await setUpState();
  const { asked, state, shown } = it;
  const page = (seqs: number[]): number[] => [...seqs, 50];
  state.update(page);
  expect(shown).toEqual([]);
  asked[0]!.answer([1]);
  await isReady(state);
  state.update(page);
  it.server.append(entry(2));
  await vi.waitUntil(() => state.get().state?.length === 3);
  expect(shown).toEqual([[1], [1, 50], [1, 50, 2]]);
  it.server.append(reset);
  await vi.waitUntil(() => asked.length === 2);
  state.update(page);
  expect(state.get()).toMatchObject({ state: [1, 50, 2, 50], phase: 'loading' });
  asked[1]!.answer([7]);
  expect(await isReady(state)).toEqual([7]);
  state.close();
  state.update(page);
  expect(state.get()).toMatchObject({ state: [7], phase: 'over' });
});

test('a reset while the snapshot is read makes it worthless', async () => {
  await using it = await setUpState();
  const { asked, state, shown } = it;
  it.server.append(entry(1), reset, entry(5));
  await vi.waitUntil(() => asked.length === 2);
  asked[0]!.answer([0]);
  await wait(50);
  expect(shown).toEqual([]);
  asked[1]!.answer([1, 2, 3, 4]);
  expect(await isReady(state)).toEqual([1, 2, 3, 4, 5]);
});

test('two resets: the answer to the last snapshot counts, whichever comes first', async () => {
  await using it = await setUpReady([1]);
  const { asked, state, shown } = it;
  it.server.append(reset, entry(2), reset, entry(9));
  await vi.waitUntil(() => asked.length === 3);
  expect(state.get()).toEqual({ state: [1], phase: 'loading', error: null });
  asked[2]!.answer([7, 8]);
  expect(await isReady(state)).toEqual([7, 8, 9]);
  asked[1]!.answer([2]);
  await wait(50);
  expect(state.get().state).toEqual([7, 8, 9]);
  expect(shown.at(-1)).toEqual([7, 8, 9]);
});

test('a snapshot that cannot be read is tried again, and what came meanwhile is not lost', async () => {
  await using it = await setUpState();
  const { asked, state } = it;
  asked[0]!.fail(new Error('no network'));
  await vi.waitUntil(() => state.get().error !== null);
  expect(state.get()).toMatchObject({ state: null, phase: 'loading' });
  it.server.append(entry(1));
  await vi.waitUntil(() => asked.length === 2);
  it.server.append(entry(2));
  await wait(50);
  // What came before this snapshot was asked for is in it.
  asked[1]!.answer([1]);
  expect(await isReady(state)).toEqual([1, 2]);
  expect(state.get().error).toBeNull();
});

test('wake ends the wait for the next try', async () => {
  await using it = await setUpState();
  const { asked } = it;
  vi.mocked(Math.random).mockReturnValue(1);
  asked[0]!.fail(new Error('no network'));
  await wait(100);
  expect(asked).toHaveLength(1);
  it.client.wake();
  await vi.waitUntil(() => asked.length === 2, { timeout: 500 });
});

test('a cut connection reads no new snapshot: the stream resumes', async () => {
  await using it = await setUpReady([]);
  const { asked, state } = it;
  it.server.append(entry(1));
  await vi.waitUntil(() => state.get().state?.length === 1);
  it.server.cut();
  it.server.append(entry(2));
  await vi.waitUntil(() => state.get().state?.length === 2);
  expect(asked).toHaveLength(1);
});

test('an event that cannot be applied is answered by a new snapshot', async () => {
  await using it = await setUp();
  await signIn(it);
  let asked = 0;
  const state = live(it.client, {
    load: () => {
      asked += 1;
      return Promise.resolve(asked);
    },
    apply() {
      throw new Error('no way');
    },
  });
  await vi.waitUntil(() => state.get().phase === 'ready');
  it.server.append(entry(1));
  await vi.waitUntil(() => state.get().state === 2);
  expect(state.get()).toEqual({ state: 2, phase: 'ready', error: null });
});

test('too many events in wait are given up for a newer snapshot', async () => {
  await using it = await setUpState();
  const { asked, state } = it;
  it.server.append(...Array.from({ length: 1_001 }, (_, index) => entry(index + 1)));
  await vi.waitUntil(() => asked.length === 2);
  it.server.append(entry(1_002));
  await wait(50);
  asked[1]!.answer([0]);
  expect(await isReady(state)).toEqual([0, 1_002]);
});

test('is over when the session ends, and when it is closed', async () => {
  await using it = await setUp();
  await signIn(it);
  const [first, second, third] = [follow(it), follow(it), follow(it)];
  await vi.waitUntil(() => first.asked.length === 1 && third.asked.length === 1);
  second.state.close();
  second.state.close();
  expect(second.state.get().phase).toBe('over');
  second.asked[0]?.answer([1]);
  third.asked[0]!.answer([1]);
  await isReady(third.state);
  it.server.close(4403);
  await vi.waitUntil(() => first.state.get().phase === 'over');
  expect(appCodeOf(first.state.get().error)).toBe('SESSION_ENDED');
  expect(third.state.get()).toMatchObject({ state: [1], phase: 'over' });
  first.asked[0]!.answer([5]);
  await wait(20);
  expect(first.state.get().state).toBeNull();
  expect(second.state.get()).toEqual({ state: null, phase: 'over', error: null });
  expect(second.shown).toHaveLength(1);
});

test('a new login begins with nothing of the one before', async () => {
  await using it = await setUpReady([1]);
  const { asked, state, shown } = it;
  await signIn(it);
  await vi.waitUntil(() => asked.length === 2);
  expect(state.get()).toEqual({ state: null, phase: 'loading', error: null });
  asked[1]!.answer([2]);
  expect(await isReady(state)).toEqual([2]);
  expect(shown).toEqual([[1], null, [2]]);
});

test('a listener that throws holds nothing up', async () => {
  const thrown: unknown[] = [];
  const later = queueMicrotask;
  vi.stubGlobal('queueMicrotask', (work: () => void) => {
    later(() => {
      try {
        work();
      } catch (error) {
        thrown.push(error);
      }
    });
  });
  await using it = await setUpReady([1]);
  const { asked, state } = it;
  state.subscribe(() => {
    throw new Error('of a listener');
  });
  const heard = vi.fn<() => void>();
  state.subscribe(heard);
  it.server.append(reset);
  await vi.waitUntil(() => asked.length === 2, { timeout: 2_000 });
  asked[1]!.answer([2]);
  expect(await isReady(state)).toEqual([2]);
  it.server.append(entry(3));
  await vi.waitUntil(() => state.get().state?.length === 2);
  expect(heard).toHaveBeenCalledTimes(3);
  expect(thrown).toHaveLength(3);
  state.close();
  await wait(0);
  vi.unstubAllGlobals();
});

test('a state may be null', async () => {
  await using it = await setUp();
  await signIn(it);
  const state = live<number | null>(it.client, {
    load: () => Promise.resolve(null),
    apply: (count) => (count ?? 0) + 1,
  });
  await vi.waitUntil(() => state.get().phase === 'ready');
  expect(state.get().state).toBeNull();
  it.server.append(entry(1));
  await vi.waitUntil(() => state.get().state === 1, { timeout: 2_000 });
});

test('a login as somebody else in another tab loads anew', async () => {
  await using it = await setUp();
  it.server.sessions.userId = 'ali';
  await signIn(it);
  const { asked, state } = follow(it);
  await vi.waitUntil(() => asked.length === 1);
  asked[0]!.answer([1]);
  await isReady(state);
  const other = createChaparClient({ url: it.server.url, tokenStore: it.store });
  it.server.sessions.userId = 'sara';
  await other.otp.verify.mutate({ challengeId: 'c', code: '123456' });
  await it.client.user.me.query().catch(() => undefined);
  await vi.waitUntil(() => asked.length === 2, { timeout: 2_000 });
  expect(state.get()).toEqual({ state: null, phase: 'loading', error: null });
  await other.close();
});

test('without a WebSocket it is over at once, and says why', async () => {
  vi.stubGlobal('WebSocket', undefined);
  await using it = await setUp();
  const { state } = follow(it);
  vi.unstubAllGlobals();
  await vi.waitUntil(() => state.get().phase === 'over');
  expect(String(state.get().error)).toContain('WebSocket');
});
