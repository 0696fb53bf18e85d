import fc from 'fast-check';
import { expect, test } from 'vitest';
import { transaction } from '../../database/transaction.ts';
import { defaultConfig } from '../../config.ts';
import { day, minute } from '../../kernel/duration.ts';
import type { Hub } from '../../realtime/hub.ts';
import { createMemoryHub } from '../../realtime/memory-hub.ts';
import { createTestApi, expectAppError, type Actor, type TestApi } from '../../testing/index.ts';
import type { Listener } from '../../testing/listener.ts';
import { forgetOldEvents, tell } from './index.ts';

async function startChat(api: TestApi): Promise<{ sara: Actor; reza: Actor; chat: string }> {
  const [sara, reza] = await api.signUpFriends();
  const { id: chat } = await sara.api.chat.start({ userId: reza.id });
  return { sara, reza, chat };
}

/** Seqs of a stream in the order in which they came. */
function seqsOf(listeners: readonly Listener[], streamId: string): number[] {
  return listeners
    .flatMap(({ stored }) => stored)
    .filter((event) => event.streamId === streamId)
    .map(({ seq }) => seq);
}

/** What a client has after its dedupe: repeats dropped, order kept. */
function deduped(seqs: readonly number[]): number[] {
  let last = 0;
  return seqs.filter((seq) => {
    if (seq <= last) {
      return false;
    }
    last = seq;
    return true;
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** A hub that loses what it is told to lose. */
function createLossyHub(lose: (index: number) => boolean): Hub {
  const hub = createMemoryHub();
  let count = 0;
  return {
    ...hub,
    publish: (events) => {
      hub.publish(events.filter(() => !lose((count += 1))));
    },
  };
}

test('what is missed comes after a reconnect, in order and before what is new', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const first = await (await reza.listen()).ready();
  await sara.say(chat, '1');
  await first.until(({ type }) => type === 'chat.message');
  first.stop();
  for (const text of ['2', '3', '4']) {
    await sara.say(chat, text);
  }
  const second = await (await reza.listen(first.lastEventId)).ready();
  await sara.say(chat, '5');
  await second.until((event) => event.type === 'chat.message' && event.body.text === '5');
  expect(deduped(seqsOf([first, second], chat))).toEqual(upTo(5));
  second.stop();
});

test('a transaction that commits late loses nothing, whoever was connected', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const early = await (await reza.listen()).ready();

  // Gets its transaction id first, waits, and appends to another stream after later ones.
  const gate = Promise.withResolvers<undefined>();
  const began = Promise.withResolvers<undefined>();
  const body = { id: reza.id, firstName: 'late', lastName: null };
  const call = reza.call();
  const slow = transaction(call, async (tx) => {
    await tx.db
      .updateTable('users')
      .set({ first_name: 'late' })
      .where('id', '=', reza.id)
      .execute();
    began.resolve(undefined);
    await gate.promise;
    await tell(call, tx, [{ streamId: reza.id, type: 'user.updated', body }]);
  });
  await began.promise;
  for (const text of ['1', '2', '3']) {
    await sara.say(chat, text);
  }
  await early.until((event) => event.type === 'chat.message' && event.body.text === '3');
  const cursor = early.lastEventId;
  early.stop();
  const between = await (await reza.listen(cursor)).ready();
  between.stop();

  gate.resolve(undefined);
  await slow;
  const late = await (await reza.listen(between.lastEventId)).ready();
  expect(late.stored).toContainEqual(expect.objectContaining({ type: 'user.updated', body }));
  expect(deduped(seqsOf([early, between, late], chat))).toEqual(upTo(3));
  late.stop();
});

test('within a stream the order holds although a transaction with an older id comes second', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const start = await (await reza.listen()).ready();
  start.stop();
  const gate = Promise.withResolvers<undefined>();
  const began = Promise.withResolvers<undefined>();
  const call = reza.call();
  const body = { conversationId: chat, userId: reza.id, readSeq: 1 };
  const old = transaction(call, async (tx) => {
    await tx.db.updateTable('users').set({ last_name: 'x' }).where('id', '=', reza.id).execute();
    began.resolve(undefined);
    await gate.promise;
    await tell(call, tx, [{ streamId: chat, type: 'chat.read', body }]);
  });
  await began.promise;
  await sara.say(chat, 'first');
  gate.resolve(undefined);
  await old;
  const live = await (await reza.listen(start.lastEventId)).ready();
  const ofChat = live.stored.filter(({ streamId }) => streamId === chat);
  expect(ofChat.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
    '1 chat.message',
    '2 chat.read',
  ]);
  live.stop();
});

test('however a hub loses messages, every reader gets all of them', async () => {
  await using api = await createTestApi({ hub: createLossyHub((index) => index % 3 !== 0) });
  const { sara, reza, chat } = await startChat(api);
  const live = await (await reza.listen()).ready();
  for (const text of upTo(20)) {
    await sara.say(chat, `${text}`);
  }
  await live.until((event) => event.type === 'chat.message' && event.seq === 20);
  expect(seqsOf([live], chat)).toEqual(upTo(20));
  live.stop();
});

test('without any bus a node still finds the events, also of a conversation that is new', async () => {
  await using api = await createTestApi();
  await using other = await createTestApi({ on: api, hub: createLossyHub(() => true) });
  const [sara, reza] = await api.signUpFriends();
  const live = await (await reza.at(other).listen()).ready();
  const { id: chat } = await sara.api.chat.start({ userId: reza.id });
  await sara.say(chat, 'hello');
  await live.until(({ type }) => type === 'chat.message');
  expect(live.stored.map(({ type }) => type)).toEqual([
    'stream.joined',
    'chat.started',
    'chat.message',
  ]);
  live.stop();
});

test('two nodes with one bus deliver to each other', async () => {
  const hub = createMemoryHub();
  await using api = await createTestApi({ hub });
  await using other = await createTestApi({ on: api, hub });
  const { sara, reza, chat } = await startChat(api);
  const [here, there] = [
    await (await reza.listen()).ready(),
    await (await reza.at(other).listen()).ready(),
  ];
  await sara.at(other).say(chat, 'hello');
  await Promise.all([here, there].map((live) => live.until(({ type }) => type === 'chat.message')));
  expect(seqsOf([here, there], chat)).toEqual([1, 1]);
  here.stop();
  there.stop();
});

test('all devices of both people get every message', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const all = await Promise.all(
    [sara, sara, reza, reza].map(async (who) => (await who.listen()).ready()),
  );
  await Promise.all(upTo(30).map((text) => (text % 2 ? sara : reza).say(chat, `${text}`)));
  await Promise.all(
    all.map((live) => live.until((event) => event.type === 'chat.message' && event.seq === 30)),
  );
  for (const live of all) {
    expect(seqsOf([live], chat)).toEqual(upTo(30));
    live.stop();
  }
});

test('others get nothing of a conversation', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const stranger = await api.signUp();
  const spy = await (await stranger.listen()).ready();
  const replay = await (await stranger.listen('1')).ready();
  const live = await (await reza.listen()).ready();
  await sara.say(chat, 'secret');
  await live.until(({ type }) => type === 'chat.message');
  await spy.until(({ type }) => type === 'stream.beacon');
  for (const listener of [spy, replay]) {
    expect(listener.stored.filter(({ streamId }) => streamId !== stranger.id)).toEqual([]);
    listener.stop();
  }
  live.stop();
});

test('a cursor of what was forgotten, of the future or of too long ago is a reset, never a part', async () => {
  const stream = {
    ...defaultConfig.stream,
    auditMs: 50,
    beaconMs: 200,
    cursorLagMs: 0,
    replayLimit: 50,
  };
  await using api = await createTestApi({ config: { stream } });
  const { sara, reza, chat } = await startChat(api);
  const first = await (await reza.listen()).ready();
  first.stop();
  for (const text of upTo(5)) {
    await sara.say(chat, `${text}`);
  }
  const whole = await (await reza.listen(first.lastEventId)).ready();
  expect(seqsOf([whole], chat)).toEqual(upTo(5));
  whole.stop();
  await Promise.all(upTo(50).map((text) => sara.say(chat, `more ${text}`)));
  const tooMuch = await (await reza.listen(first.lastEventId)).ready();
  expect(tooMuch.events.map(({ type }) => type)).toEqual(['stream.reset', 'stream.ready']);
  tooMuch.stop();

  const future = await (await reza.listen('9999999999999999999')).ready();
  expect(future.events[0]).toEqual({ type: 'stream.reset' });
  future.stop();

  api.clock.advance(8 * day);
  await expect(forgetOldEvents(api.app)).resolves.toBeGreaterThan(55);
  const reza2 = api.anonymous();
  await reza2.signIn(reza.phone);
  const forgotten = await (await reza2.listen(first.lastEventId)).ready();
  expect(forgotten.events[0]).toEqual({ type: 'stream.reset' });
  forgotten.stop();
  for (const lastEventId of ['-1', 'x', '1'.repeat(20)]) {
    await expect(reza2.listen(lastEventId)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
});

test('after a move to another cluster every old cursor is a reset, and the log goes on', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const before = await (await reza.listen()).ready();
  before.stop();
  await sara.say(chat, '1');
  // Somebody else's transaction holds the horizon back all the while.
  const held = await api.database.pool.connect();
  await held.query('begin; select pg_current_xact_id()');
  // A dump keeps the positions; the new cluster's transaction ids begin far below them.
  const far = 10n ** 15n;
  await api.app.db.updateTable('stream_events').set({ pos: far }).execute();
  await api.app.db.updateTable('streams').set({ head_pos: far }).execute();
  await using moved = await createTestApi({ on: api });
  const old = await (await reza.at(moved).listen(before.lastEventId)).ready();
  expect(old.events.map(({ type }) => type)).toEqual(['stream.reset', 'stream.ready']);
  old.stop();
  await sara.at(moved).say(chat, '2');
  const next = await (await reza.at(moved).listen(old.lastEventId)).ready();
  expect(seqsOf([next], chat)).toEqual([2]);
  next.stop();
  await using again = await createTestApi({ on: moved });
  const kept = await (await reza.at(again).listen(old.lastEventId)).ready();
  expect(seqsOf([kept], chat)).toEqual([2]);
  kept.stop();
  await held.query('rollback');
  held.release();
});

test.for(['ids that do not fit', 'another name'])(
  'a cursor from before a move stays a reset when the new ids have grown past it: %s',
  async (sign) => {
    await using api = await createTestApi();
    const { sara, reza, chat } = await startChat(api);
    await sara.say(chat, '1');
    const nextId = async (): Promise<bigint> => {
      const { rows } = await api.database.pool.query<{ next: bigint }>(
        'select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next',
      );
      return rows[0]?.next ?? 0n;
    };
    const far = (await nextId()) + 3_000n;
    if (sign === 'another name') {
      await api.app.db.updateTable('stream_floor').set({ cluster: 1n }).execute();
    } else {
      await api.app.db.updateTable('stream_events').set({ pos: far }).execute();
      await api.app.db.updateTable('streams').set({ head_pos: far }).execute();
    }
    await using moved = await createTestApi({ on: api });
    await sara.at(moved).say(chat, '2');
    const cursors = [far, far + 1_000n, far - 2_000n];
    const resume = async (cursor: bigint): Promise<string[]> => {
      const back = await (await reza.at(moved).listen(`${cursor}`)).ready();
      back.stop();
      return back.events.map(({ type }) => type);
    };
    for (const cursor of cursors) {
      await expect(resume(cursor)).resolves.toEqual(['stream.reset', 'stream.ready']);
    }
    await api.database.pool.query(
      'do $$ begin for i in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$',
    );
    expect(await nextId()).toBeGreaterThan(far + 1_000n);
    for (const cursor of cursors) {
      await expect(resume(cursor)).resolves.toEqual(['stream.reset', 'stream.ready']);
    }
    // A second move of the same old copy, in the same hour, has other cursors again.
    const first = await (await reza.at(moved).listen()).ready();
    first.stop();
    await api.app.db.updateTable('stream_floor').set({ cluster: 2n }).execute();
    await using again = await createTestApi({ on: moved });
    const late = await (await reza.at(again).listen(first.lastEventId)).ready();
    expect(late.events.map(({ type }) => type)).toEqual(['stream.reset', 'stream.ready']);
    late.stop();
  },
);

test('a stream that the database cannot open now is put off, as any other call', async () => {
  await using api = await createTestApi();
  const { reza } = await startChat(api);
  const holder = await api.database.pool.connect();
  await holder.query('begin; lock table stream_members');
  const opening = await reza.listen();
  await expectAppError(opening.ready(), 'UNAVAILABLE');
  await holder.query('rollback');
  holder.release();
});

test('a log that had been forgotten before the move gives old cursors a reset too, whoever starts first', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const before = await (await reza.listen()).ready();
  before.stop();
  await api.app.db.deleteFrom('stream_events').execute();
  await api.app.db
    .updateTable('streams')
    .set({ head_pos: 10n ** 15n })
    .execute();
  await api.app.db
    .updateTable('stream_floor')
    .set({ pos: 10n ** 15n + 1n })
    .execute();
  const nodes = await Promise.all([1, 2, 3].map(() => createTestApi({ on: api })));
  await using closing = new AsyncDisposableStack();
  nodes.forEach((node) => closing.use(node));
  const [first] = nodes;
  const node = first ?? api;
  await sara.at(node).say(chat, 'after');
  const old = await (await reza.at(node).listen(before.lastEventId)).ready();
  expect(old.events.map(({ type }) => type)).toEqual(['stream.reset', 'stream.ready']);
  old.stop();
  const moves = api.warnings.filter(
    (warning) => 'message' in warning && String(warning.message).includes('cluster'),
  );
  expect(moves).toHaveLength(1);
});

test('a reader that does not read is cut off and comes back where it was', async () => {
  const stream = {
    ...defaultConfig.stream,
    auditMs: 50,
    beaconMs: 200,
    cursorLagMs: 0,
    queueLimit: 10,
  };
  await using api = await createTestApi({ config: { stream } });
  const { sara, reza, chat } = await startChat(api);
  let drained = Promise.resolve(true);
  const stuck = await (await reza.listen(undefined, () => drained)).ready();
  const gate = Promise.withResolvers<boolean>();
  drained = gate.promise;
  for (const text of upTo(15)) {
    await sara.say(chat, `${text}`);
  }
  // At once, although it does not ask for anything.
  await expect.poll(() => stuck.closeCode).toBe(4290);
  gate.resolve(true);
  const back = await (await reza.listen(stuck.lastEventId)).ready();
  expect(deduped(seqsOf([stuck, back], chat))).toEqual(upTo(15));
  back.stop();
});

test('a stream ends with the session that it belongs to', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  api.clock.advance(10 * minute);
  const other = api.anonymous();
  await other.signIn(sara.phone);
  const [mine, others] = [
    await (await sara.listen()).ready(),
    await (await other.listen()).ready(),
  ];
  await other.api.session.remove({ sessionId: sara.sessionId });
  await expect.poll(() => mine.closeCode).toBe(4403);
  await others.until(({ type }) => type === 'session.ended');
  expect(others.closeCode).toBeNull();
  others.stop();
});

test('a session that ends while its stream is being opened gets no stream', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const live = await sara.listen(undefined, undefined, () => sara.api.session.end());
  await expect.poll(() => live.error).toMatchObject({ appCode: 'SESSION_ENDED' });
  expect(live.events).toEqual([]);
});

test('a silent stream says that it is alive and moves the cursor', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const live = await (await reza.listen()).ready();
  const before = BigInt(live.lastEventId);
  const unrelated = await api.signUp();
  await unrelated.api.user.update({ firstName: 'Ali' });
  await expect.poll(() => BigInt(live.lastEventId), { timeout: 5_000 }).toBeGreaterThan(before);
  const cursor = live.lastEventId;
  live.stop();
  await sara.say(chat, 'after');
  const back = await (await reza.listen(cursor)).ready();
  expect(seqsOf([back], chat)).toEqual([1]);
  back.stop();
});

test('wherever connections are cut, a client ends with every event once and in order', async () => {
  await using api = await createTestApi({ hub: createLossyHub((index) => index % 7 === 0) });
  const { sara, reza, chat } = await startChat(api);
  let sent = 0;
  const listeners: Listener[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ burst: fc.integer({ min: 0, max: 6 }), while: fc.integer({ min: 0, max: 6 }) }),
        { minLength: 1, maxLength: 5 },
      ),
      async (cuts) => {
        const start = await (await reza.listen()).ready();
        listeners.push(start);
        let cursor = start.lastEventId;
        for (const cut of cuts) {
          const live = await reza.listen(cursor);
          listeners.push(live);
          const say = (count: number) =>
            Promise.all(upTo(count).map(() => sara.say(chat, `${(sent += 1)}`)));
          await say(cut.burst);
          live.stop();
          cursor = live.lastEventId || cursor;
          await say(cut.while);
        }
        start.stop();
        const last = await (await reza.listen(cursor)).ready();
        listeners.push(last);
        last.stop();
        expect(deduped(seqsOf(listeners, chat))).toEqual(upTo(sent));
      },
    ),
    { numRuns: 12 },
  );
});
