import type { StoredStreamEvent } from '@chapar/contract';
import { afterEach, expect, test } from 'vitest';
import { Audit } from './audit.ts';
import { Feeds } from './feeds.ts';
import { createLiveEvent, type LiveEvent } from './live-event.ts';
import { createMemoryHub } from './memory-hub.ts';
import { Reader, type ReaderEnd } from './reader.ts';
import type { StreamLog } from './stream-log.ts';

const at = '2026-11-20T08:00:00.000Z';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const limit = 100;

/** A log in memory that fails and waits when the test says so. */
class FaultyLog implements StreamLog {
  readonly #events = new Map<string, LiveEvent[]>();
  #position = 1n;
  /** Awaited by every read of events; rejects to fail it. */
  gate: Promise<unknown> = Promise.resolve();

  append(streamId: string, event: Pick<StoredStreamEvent, 'type' | 'body'>): LiveEvent {
    const stream = this.#events.get(streamId) ?? [];
    this.#events.set(streamId, stream);
    const { type, body } = event;
    const seq = stream.length + 1;
    const stored = createLiveEvent({ type, streamId, seq, at, body: JSON.stringify(body) });
    stream.push(stored);
    this.#position += 1n;
    return stored;
  }

  heads(streamIds: readonly string[]): Promise<Map<string, number>> {
    return Promise.resolve(new Map(streamIds.map((id) => [id, this.#events.get(id)?.length ?? 0])));
  }

  async between(streamId: string, afterSeq: number, toSeq: number): Promise<LiveEvent[]> {
    await this.gate;
    return this.#events.get(streamId)?.slice(afterSeq, toSeq) ?? [];
  }

  async since(): Promise<{ heads: Map<string, number>; horizon: bigint }> {
    return { heads: await this.heads([...this.#events.keys()]), horizon: this.#position };
  }

  horizon(): Promise<bigint> {
    return Promise.resolve(this.#position);
  }
}

const open: Feeds[] = [];

afterEach(() => {
  for (const feeds of open.splice(0)) {
    feeds.close();
  }
});

function setUp() {
  const [log, hub] = [new FaultyLog(), createMemoryHub()];
  const feeds = new Feeds({ log, hub, report: quiet });
  const audit = new Audit({
    feeds,
    log,
    report: quiet,
    auditMs: 60_000,
    beaconMs: 60_000,
    cursorLagMs: 0,
  });
  open.push(feeds);
  const cuts: ReaderEnd[] = [];
  const reader = new Reader('sara', limit, (end) => cuts.push(end));
  const joined = { type: 'stream.joined', body: { streamId: 'chat', afterSeq: 0 } } as const;
  const named = (firstName: string) =>
    ({ type: 'user.updated', body: { id: 'x', firstName, lastName: null } }) as const;
  const seen = (of: Reader = reader) =>
    of.take().map(({ event }) => (event ? `${event.streamId} ${event.seq}` : 'no event'));
  /** Attaches at the present heads, as an opening of the log says them. */
  const attach = async (who: Reader, ...ids: string[]) => feeds.attach(who, await log.heads(ids));
  return { log, hub, feeds, audit, attach, reader, cuts, joined, named, seen };
}

test('what follows goes straight through; a hole is filled, a repeat dropped', async () => {
  const { log, hub, audit, attach, reader, named, seen } = setUp();
  await attach(reader, 'line');
  const [one, , three] = ['a', 'b', 'c'].map((name) => log.append('line', named(name)));
  hub.publish([one, three, one, three].filter((event) => event !== undefined));
  const got: string[] = [];
  await expect
    .poll(() => {
      got.push(...seen());
      return got;
    })
    .toEqual(['line 1', 'line 2', 'line 3']);
  await audit.run();
  expect(seen()).toEqual([]);
});

test('a join that fails cuts the reader off, so that it comes back by its cursor', async () => {
  const { log, hub, attach, reader, cuts, joined, named } = setUp();
  await attach(reader, 'line');
  log.append('chat', named('before'));
  log.gate = Promise.reject(new Error('no database'));
  log.gate.catch(() => undefined);
  hub.publish([log.append('line', joined)]);
  await expect.poll(() => cuts).toEqual(['broken']);
});

test('a hole that cannot be filled cuts its readers off, and the next one starts afresh', async () => {
  const { log, hub, feeds, attach, reader, cuts, named, seen } = setUp();
  await attach(reader, 'line');
  log.append('line', named('lost'));
  log.gate = Promise.reject(new Error('no database'));
  log.gate.catch(() => undefined);
  hub.publish([log.append('line', named('seen'))]);
  await expect.poll(() => cuts).toEqual(['broken']);
  log.gate = Promise.resolve();
  feeds.detach(reader);
  const next = new Reader('sara', limit);
  await attach(next, 'line');
  hub.publish([log.append('line', named('new'))]);
  await expect.poll(() => seen(next)).toEqual(['line 3']);
});

test('a reader that leaves in the middle of a join gets nothing any more', async () => {
  const { log, hub, feeds, audit, attach, reader, joined, named } = setUp();
  await attach(reader, 'line');
  log.append('chat', named('before'));
  const gate = Promise.withResolvers<undefined>();
  log.gate = gate.promise;
  hub.publish([log.append('line', joined)]);
  feeds.detach(reader);
  gate.resolve(undefined);
  await audit.run();
  hub.publish([log.append('chat', named('after'))]);
  expect(reader.take()).toEqual([]);
  expect(feeds.size).toBe(0);
});

test('the audit opens and fills what one of its own events leads to before the cursor moves', async () => {
  const { log, feeds, audit, attach, reader, joined, named, seen } = setUp();
  await attach(reader, 'line');
  log.append('line', joined);
  log.append('chat', named('a'));
  log.append('chat', named('b'));
  expect(feeds.safe).toBe(0n);
  await audit.run();
  expect(seen()).toEqual(['line 1', 'chat 1', 'chat 2']);
  expect(feeds.safe).toBe(await log.horizon());
});

test('the cursor waits for a reader on its way into a stream that others have read already', async () => {
  const { log, hub, feeds, audit, attach, reader, joined, named, seen } = setUp();
  const other = new Reader('reza', limit);
  await attach(reader, 'line');
  hub.publish([log.append('chat', named('a'))]);
  await attach(other, 'chat');
  const gate = Promise.withResolvers<undefined>();
  log.gate = gate.promise;
  hub.publish([log.append('line', joined)]);
  const running = audit.run();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  expect(feeds.safe).toBe(0n);
  gate.resolve(undefined);
  await running;
  expect(seen()).toEqual(['line 1', 'chat 1']);
  expect(feeds.safe).toBe(await log.horizon());
});

const left = (streamId: string) =>
  ({ type: 'stream.left', body: { streamId, userId: 'sara' } }) as const;

test('who has left between the snapshot and the feed is not let in, and gets nothing later', async () => {
  const { log, hub, feeds, reader, named, seen } = setUp();
  const other = new Reader('reza', limit);
  log.append('chat', named('a'));
  await feeds.attach(other, new Map([['chat', 1]]));
  hub.publish([log.append('chat', left('chat')), log.append('chat', named('b'))]);
  await feeds.attach(reader, new Map([['chat', 1]]));
  hub.publish([log.append('chat', named('c'))]);
  expect(seen()).toEqual(['chat 2']);
  expect(seen(other)).toEqual(['chat 2', 'chat 3', 'chat 4']);
});

test('who comes back at once stays, although the news of it overtakes that of having left', async () => {
  const { log, hub, feeds, audit, attach, reader, named, seen } = setUp();
  await attach(reader, 'line', 'chat');
  const leaving = log.append('chat', left('chat'));
  const between = log.append('chat', named('while away'));
  hub.publish([
    log.append('line', { type: 'stream.joined', body: { streamId: 'chat', afterSeq: 2 } }),
  ]);
  hub.publish([leaving, between]);
  hub.publish([log.append('chat', named('back'))]);
  await audit.run();
  expect(seen()).toEqual(['line 1', 'chat 1', 'chat 3']);
  expect(feeds.size).toBe(2);
});

test('a reader that is gone before its new stream is looked up leaves nothing behind', async () => {
  const { log, hub, feeds, audit, attach, reader, joined } = setUp();
  await attach(reader, 'line');
  hub.publish([log.append('line', joined)]);
  feeds.detach(reader);
  await audit.run();
  expect(feeds.size).toBe(0);
});

test('a busy feed reads everything that has come meanwhile at once', async () => {
  const { log, hub, attach, reader, named, seen } = setUp();
  await attach(reader, 'line');
  log.append('line', named('lost'));
  let reads = 0;
  const between = log.between.bind(log);
  log.between = async (...range) => {
    reads += 1;
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    return between(...range);
  };
  const count = 80;
  const got: string[] = [];
  for (let n = 0; n < count; n += 1) {
    hub.publish([log.append('line', named('more'))]);
  }
  await expect
    .poll(() => {
      got.push(...seen());
      return got.length;
    })
    .toBe(count + 1);
  expect(reads).toBeLessThan(5);
});

test('a seq that nobody has written stops no stream', async () => {
  const { log, hub, audit, attach, reader, named, seen } = setUp();
  await attach(reader, 'line');
  hub.publish([{ ...log.append('line', named('real')), seq: 999_999 }]);
  await audit.run();
  hub.publish([log.append('line', named('next'))]);
  await audit.run();
  expect(seen()).toEqual(['line 1', 'line 2']);
});

test('a feed that its last reader has left is given up', async () => {
  const { log, hub, feeds, attach, reader } = setUp();
  await attach(reader, 'chat');
  hub.publish([log.append('chat', left('chat'))]);
  expect(feeds.size).toBe(0);
});
