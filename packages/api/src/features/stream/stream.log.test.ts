import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { transaction } from '../../database/transaction.ts';
import { day } from '../../kernel/duration.ts';
import { createTestApi, hearStatements, type Actor, type TestApi } from '../../testing/index.ts';
import type { Listener } from '../../testing/listener.ts';
import {
  forgetOldEvents,
  joinSharedStream,
  leaveSharedStream,
  openSharedStream,
  preparePartitions,
  tell,
} from './index.ts';
import { findPartitions } from './stream.partitions.ts';

/** A stream of a room that has no feature yet. */
async function openRoom(api: TestApi, people: readonly Actor[]): Promise<string> {
  const room = api.app.deps.newId();
  const [owner] = people;
  const call = owner?.call();
  if (!call) {
    throw new Error('a room needs somebody');
  }
  await transaction(call, async (tx) => {
    const ids = people.map(({ id }) => id);
    await tell(call, tx, await openSharedStream(tx, room, ids));
  });
  return room;
}

/** Something happens in a room. */
function happen(by: Actor, room: string, readSeq: number): Promise<void> {
  const call = by.call();
  const body = { conversationId: room, userId: by.id, readSeq };
  return transaction(call, (tx) => tell(call, tx, [{ streamId: room, type: 'chat.read', body }]));
}

/** What came of a room, in the order in which it came. */
function marksIn(listener: Listener, room: string): number[] {
  return listener.stored.flatMap((event) =>
    event.type === 'chat.read' && event.streamId === room ? [event.body.readSeq] : [],
  );
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('who joins a stream gets what comes from then on, whatever happens at that moment', async () => {
  await using api = await createTestApi();
  await using other = await createTestApi({ on: api });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const room = await openRoom(api, [sara]);
  const here = await (await reza.listen()).ready();
  const there = await (await reza.at(other).listen()).ready();
  const away = await (await reza.listen()).ready();
  away.stop();
  await Promise.all([
    ...upTo(30).map((mark) => happen(sara, room, mark)),
    (async () => {
      const call = reza.call();
      await transaction(call, async (tx) =>
        tell(call, tx, await joinSharedStream(tx, room, [reza.id])),
      );
    })(),
  ]);
  await happen(sara, room, 31);
  const back = await (await reza.listen(away.lastEventId)).ready();
  const joined = back.stored.find(({ type }) => type === 'stream.joined');
  const afterSeq = joined?.type === 'stream.joined' ? joined.body.afterSeq : -1;
  const log = await api.app.db
    .selectFrom('stream_events')
    .select(['seq', 'body'])
    .where('stream_id', '=', room)
    .where('seq', '>', BigInt(afterSeq))
    .orderBy('seq')
    .execute();
  const due = log.map(({ body }) => (body as { readSeq: number }).readSeq);
  expect(due.at(-1)).toBe(31);
  for (const listener of [here, there, back]) {
    await expect.poll(() => marksIn(listener, room)).toEqual(due);
    listener.stop();
  }
});

test('who leaves a stream gets nothing after the event that says so, on no device and no node', async () => {
  await using api = await createTestApi();
  await using other = await createTestApi({ on: api });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const room = await openRoom(api, [sara, reza]);
  const here = await (await reza.listen()).ready();
  const there = await (await reza.at(other).listen()).ready();
  const stays = await (await sara.listen()).ready();
  const away = await (await reza.listen()).ready();
  away.stop();
  await happen(sara, room, 1);
  const call = sara.call();
  await transaction(call, async (tx) => {
    const left = await leaveSharedStream(tx, room, reza.id);
    await tell(call, tx, left);
    const body = { conversationId: room, userId: sara.id, readSeq: 2 };
    await tell(call, tx, [{ streamId: room, type: 'chat.read', body }]);
  });
  await happen(sara, room, 3);
  await expect.poll(() => marksIn(stays, room)).toEqual([1, 2, 3]);
  for (const listener of [here, there]) {
    await listener.until((event) => event.type === 'stream.left' && event.streamId === reza.id);
    await listener.until(({ type }) => type === 'stream.beacon');
    expect(marksIn(listener, room)).toEqual([1]);
    expect(listener.stored.findLast(({ streamId }) => streamId === room)?.type).toBe('stream.left');
    listener.stop();
  }
  const back = await (await reza.listen(away.lastEventId)).ready();
  expect(back.stored.map(({ type }) => type)).toContain('stream.left');
  expect(marksIn(back, room)).toEqual([]);
  back.stop();
  stays.stop();
});

test('leaving twice at once tells it once', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const room = await openRoom(api, [sara, reza]);
  const told = await Promise.all(
    upTo(10).map(() => {
      const call = reza.call();
      return transaction(call, (tx) => leaveSharedStream(tx, room, reza.id));
    }),
  );
  expect(told.filter((events) => events.length > 0)).toHaveLength(1);
});

test('what was missed comes in pages, whole and in order, while more happens', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const rooms = [await openRoom(api, [sara, reza]), await openRoom(api, [sara, reza])];
  const away = await (await reza.listen()).ready();
  away.stop();
  const count = 800;
  for (const room of rooms) {
    const call = sara.call();
    await transaction(call, (tx) =>
      tell(
        call,
        tx,
        upTo(count).map((readSeq) => {
          const body = { conversationId: room, userId: sara.id, readSeq };
          return { streamId: room, type: 'chat.read', body };
        }),
      ),
    );
    await happen(sara, room, count + 1);
  }
  const live = await reza.listen(away.lastEventId);
  await Promise.all(
    rooms.map(async (room) => {
      for (const more of upTo(20)) {
        await happen(sara, room, count + 1 + more);
      }
    }),
  );
  for (const room of rooms) {
    await expect.poll(() => marksIn(live, room), { timeout: 5_000 }).toEqual(upTo(count + 21));
  }
  expect(live.events.filter(({ type }) => type === 'stream.reset')).toEqual([]);
  live.stop();
});

test('a resume is one read of the log, whatever the number of streams', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const rooms = await Promise.all(upTo(25).map(() => openRoom(api, [sara, reza])));
  const away = await (await reza.listen()).ready();
  away.stop();
  await Promise.all(rooms.map((room) => happen(sara, room, 1)));
  const names = hearStatements(api.app.hot);
  const back = await (await reza.listen(away.lastEventId)).ready();
  expect(rooms.flatMap((room) => marksIn(back, room))).toHaveLength(rooms.length);
  // Who asks is looked up beside it, together with everybody else who asks; the audit goes its own pace.
  const resume = names.filter((name) => name.startsWith('stream-') && name !== 'stream-since');
  expect(resume).toEqual(['stream-opening']);
  back.stop();
});

test('a read of a resume touches no table from end to end', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  await sql`
    insert into streams (id, head_seq, head_pos)
      select gen_random_uuid(), 20, 5 from generate_series(1, 2000)`.execute(api.app.db);
  await sql`
    insert into stream_events (stream_id, seq, pos, type, at, body)
      select id, n, 5, 'chat.read', ${api.clock.now()}, '{}' from streams, generate_series(1, 20) n
      where head_seq = 20`.execute(api.app.db);
  await sql`
    insert into stream_members (user_id, stream_id, after_seq)
      select ${sara.id}, id, 0 from streams where head_seq = 20 limit 50`.execute(api.app.db);
  await sql`
    insert into stream_members (user_id, stream_id, after_seq)
      select gen_random_uuid(), id, 0 from streams, generate_series(1, 3) where head_seq = 20
  `.execute(api.app.db);
  await sql`analyze streams, stream_events, stream_members`.execute(api.app.db);
  await (await sara.listen('1')).ready();
  const plan = await explainPrepared(api, 'stream-opening', [sara.id, sara.sessionId, '4', '500']);
  expect(plan).toMatch(/Index.* using stream_events_\w+/);
  expect(plan).not.toMatch(/Seq Scan on (stream_events|streams|stream_members)/);
});

/** The plan of a statement on the connection that has prepared it. */
async function explainPrepared(
  api: TestApi,
  name: string,
  values: readonly string[],
): Promise<string> {
  const client = await api.app.hot.connect();
  try {
    const { rows: known } = await client.query(
      'select from pg_prepared_statements where name = $1',
      [name],
    );
    if (known.length === 0) {
      return await explainPrepared(api, name, values);
    }
    const list = values.map((value) => `'${value}'`).join(', ');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain execute "${name}" (${list})`,
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  } finally {
    client.release();
  }
}

test('a day of the log is a table of its own, and is dropped whole', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const room = await openRoom(api, [sara, reza]);
  await api.app.db.deleteFrom('stream_events').execute();
  for (const { name } of await findPartitions(api.app.db)) {
    await sql`drop table ${sql.table(name)}`.execute(api.app.db);
  }
  const made = await Promise.all([preparePartitions(api.app), preparePartitions(api.app)]);
  expect(made.flat().toSorted()).toEqual([
    'stream_events_20261120',
    'stream_events_20261121',
    'stream_events_20261122',
    'stream_events_20261123',
  ]);
  const first = await (await reza.listen()).ready();
  first.stop();
  await happen(sara, room, 1);
  await expect(placesOf(api)).resolves.toEqual(['stream_events_20261120']);
  const second = await (await reza.listen()).ready();
  second.stop();

  // Nothing of the sixth day ago is forgotten, and a day without a table costs nothing.
  api.clock.advance(6 * day);
  await happen(sara, room, 2);
  await expect(placesOf(api)).resolves.toEqual(['stream_events_20261120', 'stream_events_default']);
  await expect(forgetOldEvents(api.app)).resolves.toBe(0);
  const whole = await (await reza.listen(first.lastEventId)).ready();
  expect(marksIn(whole, room)).toEqual([1, 2]);
  // Its cursor passes them when no older transaction runs, whoever's.
  const { newest } = await api.app.db
    .selectFrom('stream_events')
    .select((eb) => eb.fn.max<bigint>('pos').as('newest'))
    .executeTakeFirstOrThrow();
  await expect.poll(() => BigInt(whole.lastEventId), { timeout: 10_000 }).toBeGreaterThan(newest);
  whole.stop();

  api.clock.advance(2 * day);
  await expect(forgetOldEvents(api.app)).resolves.toBe(1);
  await expect(placesOf(api)).resolves.toEqual(['stream_events_default']);
  const reset = await (await reza.listen(first.lastEventId)).ready();
  expect(reset.events.map(({ type }) => type)).toEqual(['stream.reset', 'stream.ready']);
  reset.stop();
  const still = await (await reza.listen(whole.lastEventId)).ready();
  expect(still.events[0]?.type).toBe('stream.ready');
  still.stop();
});

test('an event that is on its way while its day gets a table is written into that table', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: chat } = await sara.api.chat.start({ userId: reza.id });
  await api.app.db.deleteFrom('stream_events').execute();
  for (const { name } of await findPartitions(api.app.db)) {
    await sql`drop table ${sql.table(name)}`.execute(api.app.db);
  }
  const holder = await api.database.pool.connect();
  const waiting = async (): Promise<number> => {
    // Without the audit, which waits too.
    const { rows } = await sql`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
        and query like '%update streams%'`.execute(api.app.db);
    return rows.length;
  };
  await holder.query(`begin;
    create table stream_events_20261120 (like stream_events including all);
    alter table stream_events attach partition stream_events_20261120
      for values from ('2026-11-20T00:00:00Z') to ('2026-11-21T00:00:00Z');`);
  const writing = Promise.all([happen(sara, chat, 1), happen(reza, reza.id, 1)]);
  await expect.poll(waiting).toBe(2);
  await holder.query('commit');
  holder.release();
  await writing;
  await expect(placesOf(api)).resolves.toEqual(['stream_events_20261120']);
});

/** Names of the tables that hold events. */
async function placesOf(api: TestApi): Promise<string[]> {
  const { rows } = await sql<{ place: string }>`
    select distinct tableoid::regclass::text as place from stream_events order by 1`.execute(
    api.app.db,
  );
  return rows.map(({ place }) => place);
}
