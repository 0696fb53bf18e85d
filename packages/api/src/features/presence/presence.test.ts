import { setTimeout as wait } from 'node:timers/promises';
import { TRPCError } from '@trpc/server';
import { expect, test } from 'vitest';
import { toPublicError } from '../../error-shape.ts';
import { createMemoryHub } from '../../realtime/memory-hub.ts';
import { createTestApi, expectAppError, type TestApi } from '../../testing/index.ts';
import { live, presence, watch, Watching } from './test/watching.ts';

const { flapMs } = presence;

/** Two nodes with one bus. */
async function twoNodes(changes: Partial<typeof presence> = {}): Promise<[TestApi, TestApi]> {
  const hub = createMemoryHub();
  const config = { presence: { ...presence, ...changes } };
  const api = await createTestApi({ hub, config });
  return [api, await createTestApi({ on: api, hub, config })];
}

/** The code of what a call is refused with. */
async function codeOf(call: Promise<unknown>): Promise<string | null> {
  const error: unknown = await call.then(
    () => null,
    (error_: unknown) => error_,
  );
  return error instanceof TRPCError ? toPublicError(error, 'en').appCode : null;
}

test('T18: who opens a live stream on one node is online to who watches on another', async () => {
  const [here, there] = await twoNodes();
  await using api = here;
  await using other = there;
  const [sara, reza] = await api.signUpFriends();
  const watching = await watch(reza.at(other), sara.id);
  const lastSeenAt = '2026-11-20T08:00:00.000Z';
  expect(watching.events).toEqual([
    { type: 'presence.snapshot', people: [{ userId: sara.id, isOnline: false, lastSeenAt }] },
  ]);
  const first = await live(sara);
  await watching.until(sara.id, true);
  api.clock.advance(330_000);
  await sara.api.user.me();
  first.stop();
  const gone = await watching.until(sara.id, false);
  expect(gone.lastSeenAt).toBe('2026-11-20T08:05:00.000Z');
  expect(watching.changes(sara.id)).toEqual(['online', 'offline']);
  expect(watching.ids).toEqual(['1', '2', '3']);
  watching.stop();
});

test('T18: a snapshot is of everybody who is watched, whoever watched before', async () => {
  await using api = await createTestApi({ config: { presence } });
  const [sara, reza] = await api.signUpFriends();
  const stranger = await api.signUp();
  const opened = [await live(sara), await live(reza), await live(stranger)];
  const first = await watch(reza, sara.id, reza.id);
  await first.until(sara.id, true);
  await first.until(reza.id, true);
  const nobody = api.app.deps.newId();
  const ids = [sara.id, stranger.id, nobody, reza.id];
  const second = await watch(reza, ...ids, sara.id.toUpperCase());
  expect(second.events).toEqual([
    {
      type: 'presence.snapshot',
      people: [
        { userId: sara.id, isOnline: true, lastSeenAt: null },
        { userId: stranger.id, isOnline: false, lastSeenAt: null },
        { userId: nobody, isOnline: false, lastSeenAt: null },
        { userId: reza.id, isOnline: true, lastSeenAt: null },
      ],
    },
  ]);
  for (const one of [first, second, ...opened]) {
    one.stop();
  }
});

test('T18: somebody is online while one of their streams is there, on whichever node', async () => {
  const [here, there] = await twoNodes();
  await using api = here;
  await using other = there;
  const [sara, reza] = await api.signUpFriends();
  const watching = await watch(reza, sara.id);
  const streams = [await live(sara), await live(sara), await live(sara.at(other))];
  await watching.until(sara.id, true);
  for (const stream of streams) {
    await wait(flapMs * 2);
    expect(watching.changes(sara.id)).toEqual(['online']);
    stream.stop();
  }
  await watching.until(sara.id, false);
  expect(watching.changes(sara.id)).toEqual(['online', 'offline']);
  watching.stop();
});

test('T18: a short absence is told to nobody, on the same node or on another', async () => {
  const breakMs = 1_500;
  const [here, there] = await twoNodes({ flapMs: breakMs });
  await using api = here;
  await using other = there;
  const [sara, reza] = await api.signUpFriends();
  const watching = await watch(reza, sara.id);
  let stream = await live(sara);
  await watching.until(sara.id, true);
  for (const node of [api, api, other, api, other]) {
    stream.stop();
    await wait(breakMs / 10);
    stream = await live(sara.at(node));
  }
  await wait(breakMs);
  expect(watching.changes(sara.id)).toEqual(['online']);
  const before = performance.now();
  stream.stop();
  await watching.until(sara.id, false);
  expect(performance.now() - before).toBeGreaterThanOrEqual(breakMs - 10);
  watching.stop();
});

test('T18: without a bus changes are found by looking again', async () => {
  const config = { presence: { ...presence, recheckMs: 100 } };
  await using api = await createTestApi({ config });
  await using other = await createTestApi({ on: api, config });
  const [sara, reza] = await api.signUpFriends();
  const watching = await watch(reza.at(other), sara.id);
  const stream = await live(sara);
  await watching.until(sara.id, true);
  stream.stop();
  await watching.until(sara.id, false);
  expect(watching.changes(sara.id)).toEqual(['online', 'offline']);
  watching.stop();
});

test('T18: 200 people are watched, 201 are refused, and it needs a socket with room', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const ids = Array.from({ length: 201 }, () => api.app.deps.newId());
  const watching = await watch(sara, ...ids.slice(1));
  const [snapshot] = watching.events;
  expect(snapshot?.type === 'presence.snapshot' && snapshot.people.length).toBe(200);
  watching.stop();
  for (const userIds of [ids, [], ['sara']]) {
    await expect(codeOf(Watching.begin(sara, userIds))).resolves.toBe('INPUT_INVALID');
  }
  const full = await Watching.begin(sara, [sara.id], { hasRoom: false });
  await expectAppError(full.ready(), 'STREAM_TOO_MANY');
  const withoutSocket = await sara.api.presence.onChange({ userIds: [sara.id] });
  const iterator = (withoutSocket as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  await expectAppError(iterator.next(), 'STREAM_NEEDS_SOCKET');
});

test('T18: who reads slowly is told how it is afterwards, and not what it was in between', async () => {
  await using api = await createTestApi({ config: { presence } });
  const [sara, reza] = await api.signUpFriends();
  const gate = Promise.withResolvers<boolean>();
  let reads = 0;
  const drained = (): Promise<boolean> => {
    reads += 1;
    return reads === 1 ? Promise.resolve(true) : gate.promise;
  };
  const slow = await Watching.begin(reza, [sara.id], { drained });
  await slow.ready();
  const fast = await watch(reza, sara.id);
  for (let i = 0; i < 2; i += 1) {
    const stream = await live(sara);
    await fast.until(sara.id, true);
    stream.stop();
    await fast.until(sara.id, false);
  }
  const last = await live(sara);
  await fast.until(sara.id, true);
  gate.resolve(true);
  await slow.until(sara.id, true);
  expect(fast.changes(sara.id)).toHaveLength(5);
  expect(slow.changes(sara.id)).toEqual(['online']);
  for (const one of [slow, fast, last]) {
    one.stop();
  }
});
