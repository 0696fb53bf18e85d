import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { TestClock, createLossyHub, createTestApi, type TestApi } from '../../testing/index.ts';
import { hour, minute } from '../../kernel/duration.ts';
import { createMemoryHub } from '../../realtime/memory-hub.ts';
import { insertEvents } from './stream.repository.ts';

const isFull = process.env['FAULTS'] === 'full';
const [writers, messages, readerCount] = isFull ? [50, 200, 20] : [50, 10, 20];
const patience = 120_000;

/** Lets people read a conversation's stream: a room of more than two. */
async function letIn(api: TestApi, streamId: string, userIds: readonly string[]): Promise<void> {
  await api.app.db
    .insertInto('stream_members')
    .values(userIds.map((id) => ({ user_id: id, stream_id: streamId, after_seq: 0n })))
    .onConflict((oc) => oc.doNothing())
    .execute();
}

test(
  'a bus that loses, repeats, delays and reorders: every reader has what the table has',
  { timeout: patience },
  async () => {
    const bus = createMemoryHub();
    const faulty = (seed: number) =>
      createLossyHub(bus, { lose: 0.2, repeat: 0.2, delay: 30, seed });
    await using api = await createTestApi({ hub: faulty(1) });
    await using second = await createTestApi({ on: api, hub: faulty(2) });
    await using third = await createTestApi({ on: api, hub: faulty(3) });
    const nodes = [api, second, third];
    const [sara, reza] = await api.signUpFriends();
    const others = [await api.signUp(), await api.signUp()];
    const { id: chat } = await sara.api.chat.start({ userId: reza.id });
    await letIn(
      api,
      chat,
      others.map(({ id }) => id),
    );
    const over = new AbortController();
    const people = [sara, reza, ...others];
    const readers = await Promise.all(
      Array.from({ length: readerCount }, async (_, index) => {
        const person = people[index % people.length] ?? sara;
        return { person, last: await (await person.listen()).ready() };
      }),
    );
    const reading = readers.map(async ({ person, last }) => {
      const got: string[] = [];
      let [listener, newest] = [last, 0];
      const leave = (): string => {
        listener.stop();
        for (const event of listener.stored) {
          // As a client drops repeats: what would come out of order is lost.
          if (event.streamId === chat && event.type === 'chat.message' && event.seq > newest) {
            newest = event.seq;
            got.push(`${event.body.seq} ${event.body.id}`);
          }
        }
        return listener.lastEventId;
      };
      while (!over.signal.aborted) {
        const node = nodes[Math.floor(Math.random() * nodes.length)] ?? api;
        listener = await (await person.at(node).listen(leave())).ready();
        expect(listener.events.some(({ type }) => type === 'stream.reset')).toBe(false);
        await new Promise((resolve) => {
          setTimeout(resolve, Math.random() * 300);
        });
      }
      listener = await (await person.at(api).listen(leave())).ready();
      leave();
      return got;
    });
    await Promise.all(
      Array.from({ length: writers }, async (_, index) => {
        const node = nodes[index % nodes.length] ?? api;
        const writer = (index % 2 === 0 ? sara : reza).at(node);
        for (let n = 1; n <= messages; n += 1) {
          await writer.say(chat, `${index}: ${n}`);
        }
      }),
    );
    over.abort();
    const readings = await Promise.all(reading);
    const table = await api.app.db
      .selectFrom('messages')
      .select(['seq', 'id'])
      .where('conversation_id', '=', chat)
      .orderBy('seq')
      .execute();
    expect(table).toHaveLength(writers * messages);
    for (const got of readings) {
      expect(got).toEqual(table.map(({ seq, id }) => `${seq} ${id}`));
    }
  },
);

test('an event whose node dies between commit and publish comes by way of the others', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const live = await (await sara.listen()).ready();
  const body = JSON.stringify({ id: sara.id, firstName: 'unsaid', lastName: null });
  const event = { streamId: sara.id, type: 'user.updated', body };
  await insertEvents(api.app.db, [event], api.clock.now());
  const heard = await live.until(({ type }) => type === 'user.updated');
  expect(heard).toMatchObject({ body: { firstName: 'unsaid' } });
  live.stop();
});

test('senders, readers and their marks at once never stand in each other’s way', async () => {
  await using api = await createTestApi();
  await using other = await createTestApi({ on: api });
  const [sara, reza] = await api.signUpFriends();
  const [omid, mina] = await api.signUpFriends();
  const rooms = [
    { id: (await sara.api.chat.start({ userId: reza.id })).id, people: [sara, reza] },
    { id: (await omid.api.chat.start({ userId: mina.id })).id, people: [omid, mina] },
  ];
  const rounds = isFull ? 100 : 15;
  await Promise.all(
    rooms.flatMap(({ id, people }) =>
      [api, other].flatMap((node) =>
        people.flatMap((person) => {
          const here = person.at(node);
          return Array.from({ length: rounds }, async (_, seq) => {
            await here.say(id, `${seq}`);
            await here.api.chat.markRead({ conversationId: id, seq: seq + 1 });
            await here.api.user.update({ firstName: seq % 2 === 0 ? 'Sara' : 'Reza' });
          });
        }),
      ),
    ),
  );
  for (const { id } of rooms) {
    const { items } = await api.app.db
      .selectFrom('stream_events')
      .select((eb) => eb.fn.countAll<bigint>().as('items'))
      .where('stream_id', '=', id)
      .executeTakeFirstOrThrow();
    const { head_seq: head } = await api.app.db
      .selectFrom('streams')
      .select('head_seq')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(items).toBe(head);
  }
});

test('a database that takes no writes refuses sends by a code, and reads go on', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: chat } = await sara.api.chat.start({ userId: reza.id });
  await sara.say(chat, 'before');
  const name = new URL(api.databaseUrl).pathname.slice(1);
  const readOnly = async (state: 'on' | 'off'): Promise<void> => {
    await sql`set default_transaction_read_only = off`.execute(api.app.db);
    await sql`alter database ${sql.id(name)} set default_transaction_read_only = ${sql.lit(state)}`.execute(
      api.app.db,
    );
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = ${name} and pid <> pg_backend_pid()`.execute(api.app.db);
    await sql`set default_transaction_read_only = ${sql.lit(state)}`.execute(api.app.db);
  };
  await readOnly('on');
  const refused = async (): Promise<unknown> =>
    sara.say(chat, 'refused').then(
      () => 'sent',
      (error: unknown) => (error as { appCode?: string }).appCode,
    );
  // The first call may find a connection that was ended.
  await expect.poll(refused).toBe('UNAVAILABLE');
  await expect
    .poll(async () => (await sara.api.chat.listMessages({ conversationId: chat })).items)
    .toHaveLength(1);
  await readOnly('off');
  await expect.poll(async () => sara.say(chat, 'after').then(({ seq }) => seq)).toBe(2);
});

test('nodes whose clocks are far apart keep the order of the conversation', async () => {
  await using api = await createTestApi();
  const clock = new TestClock();
  await using ahead = await createTestApi({ on: api, clock });
  const [sara, reza] = await api.signUpFriends();
  const { id: chat } = await sara.api.chat.start({ userId: reza.id });
  clock.advance(5 * minute);
  const live = await (await reza.listen()).ready();
  await sara.at(ahead).say(chat, '1');
  api.clock.advance(-hour);
  await reza.say(chat, '2');
  await sara.at(ahead).say(chat, '3');
  await live.until((event) => event.type === 'chat.message' && event.body.text === '3');
  const texts = live.stored.flatMap((event) =>
    event.type === 'chat.message' ? [event.body.text] : [],
  );
  expect(texts).toEqual(['1', '2', '3']);
  live.stop();
});
