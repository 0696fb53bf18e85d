import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { day } from '../../kernel/duration.ts';
import { createTestApi, type Actor, type TestApi } from '../../testing/index.ts';
import { forgetOldEvents, preparePartitions } from './index.ts';
import { findPartitions } from './stream.partitions.ts';

/** The clock of a test stands here. */
const days = ['20261120', '20261121', '20261122', '20261123'].map((at) => `stream_events_${at}`);
/** How long a sweep waits for one lock, and what a busy machine takes. */
const lockMs = 250;
const slackMs = 350;

/** The log as it is where no sweep has run for long: everything goes to the default partition. */
async function dropPartitions(api: TestApi): Promise<void> {
  await api.app.db.deleteFrom('stream_events').execute();
  for (const { name } of await findPartitions(api.app.db)) {
    await sql`drop table ${sql.table(name)}`.execute(api.app.db);
  }
}

/** Holds a lock in a transaction of its own until it is told to let go. */
async function hold(api: TestApi, statement: string): Promise<() => Promise<void>> {
  const client = api.database.createClient();
  await client.connect();
  await client.query('begin');
  await client.query(statement);
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}

/** What happens over and over until `stop`, which gives the longest time that it took once. */
function repeat(work: () => Promise<unknown>): { stop: () => Promise<number> } {
  const over = new AbortController();
  let longest = 0;
  const done = (async () => {
    while (!over.signal.aborted) {
      const started = performance.now();
      await work();
      longest = Math.max(longest, performance.now() - started);
    }
  })();
  return {
    async stop() {
      over.abort();
      await done;
      return longest;
    },
  };
}

/** Names of the tables that hold what was said in a conversation, in the order of its events. */
async function placesOf(api: TestApi, chat: string): Promise<string[]> {
  const { rows } = await sql<{ place: string }>`
    select tableoid::regclass::text as place from stream_events
    where stream_id = ${chat} and type = 'chat.message' order by seq`.execute(api.app.db);
  return rows.map(({ place }) => place);
}

async function textsSince(reader: Actor, lastEventId: string): Promise<string[]> {
  const back = await (await reader.listen(lastEventId)).ready();
  back.stop();
  expect(back.events.map(({ type }) => type)).not.toContain('stream.reset');
  return back.stored.flatMap((event) => (event.type === 'chat.message' ? [event.body.text] : []));
}

test.for([
  // A transaction that has read the log, and everything that reads it passes by here.
  ['a long read', 'select count(*) from stream_events', true],
  [
    'a vacuum, or a change of the table that lets others go on',
    'lock table stream_events in share update exclusive mode',
    true,
  ],
  [
    'a change of the table that stops everybody',
    'lock table stream_events in access exclusive mode',
    false,
  ],
] as const)(
  'behind %s a sweep does not wait for long, and lets nobody wait; the next one makes the partitions',
  async ([, statement, passes]) => {
    await using api = await createTestApi();
    const [sara, reza] = await api.signUpFriends();
    const { id: chat } = await sara.api.chat.start({ userId: reza.id });
    await dropPartitions(api);
    const away = await (await reza.listen()).ready();
    away.stop();
    const letGo = await hold(api, statement);
    const others = passes
      ? [
          repeat(() => sara.say(chat, 'meanwhile')),
          repeat(async () => (await (await reza.listen(away.lastEventId)).ready()).stop()),
        ]
      : [];
    const started = performance.now();
    await expect(preparePartitions(api.app)).resolves.toEqual([]);
    expect(performance.now() - started).toBeLessThan(days.length * (lockMs + slackMs));
    for (const other of others) {
      expect(await other.stop()).toBeLessThan(lockMs + slackMs);
    }
    await letGo();
    const before = await placesOf(api, chat);
    expect(new Set(before)).toEqual(new Set(passes ? ['stream_events_default'] : []));

    // What lies in the default partition keeps its own day from being made, and no other.
    const made = await preparePartitions(api.app);
    expect(made).toEqual(passes ? days.slice(1) : days);
    await sara.say(chat, 'today');
    api.clock.advance(day);
    await sara.say(chat, 'tomorrow');
    const today = passes ? 'stream_events_default' : days[0];
    await expect(placesOf(api, chat)).resolves.toEqual([...before, today, days[1]]);
    const texts = [...before.map(() => 'meanwhile'), 'today', 'tomorrow'];
    await expect(textsSince(reza, away.lastEventId)).resolves.toEqual(texts);

    // And is forgotten when its time has come, as if it had its own.
    api.clock.advance(7 * day);
    await forgetOldEvents(api.app);
    await expect(placesOf(api, chat)).resolves.toEqual([days[1]]);
  },
);

test('a day that is over is not dropped behind a long read, and everybody else goes on', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: chat } = await sara.api.chat.start({ userId: reza.id });
  await dropPartitions(api);
  await preparePartitions(api.app);
  await sara.say(chat, 'old');
  api.clock.advance(9 * day);
  await preparePartitions(api.app);
  const letGo = await hold(api, 'select count(*) from stream_events');
  const writing = repeat(() => sara.say(chat, 'new'));
  await expect(forgetOldEvents(api.app)).resolves.toBe(0);
  expect(await writing.stop()).toBeLessThan(lockMs + slackMs);
  await expect(placesOf(api, chat)).resolves.toContain(days[0]);
  await letGo();
  await expect(forgetOldEvents(api.app)).resolves.toBe(2);
  await expect(placesOf(api, chat)).resolves.not.toContain(days[0]);
});
