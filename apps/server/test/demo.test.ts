import { openDatabase, type Database } from '@chapar/api';
import { cloneDatabase } from '@chapar/api/testing';
import { afterEach, expect, test } from 'vitest';
import { fillDemo } from '../src/demo/fill.ts';
import { readDemoOptions } from '../src/demo/options.ts';
import { describe as describeProgress, Progress } from '../src/demo/progress.ts';
import { DemoError } from '../src/demo/refusal.ts';
import { startServer } from './harness.ts';

const now = new Date('2026-11-20T10:00:00.000Z');
const opened: AsyncDisposableStack[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) {
    await one.disposeAsync();
  }
});

async function openEmpty(): Promise<{ url: string; database: Database }> {
  const stack = new AsyncDisposableStack();
  opened.push(stack);
  const { url } = stack.use(await cloneDatabase());
  const database = await openDatabase({ url, statementMs: 0 });
  stack.defer(() => database.close());
  return { url, database };
}

function options(...more: string[]) {
  return readDemoOptions(['--messages', '2000', ...more], now);
}

function fill(
  database: Database,
  { size, isForced } = options(),
  stopAfter = Number.POSITIVE_INFINITY,
): ReturnType<typeof fillDemo> {
  const abort = new AbortController();
  return fillDemo(database, {
    size,
    isForced,
    signal: abort.signal,
    messagesPerBatch: 300,
    onProgress(messages) {
      if (messages >= stopAfter) {
        abort.abort(new DemoError('Ended.'));
      }
    },
  });
}

const tables = [
  'users',
  'friendships',
  'organizations',
  'organization_members',
  'conversations',
  'conversation_members',
  'streams',
  'stream_members',
  'messages',
  'message_edits',
  'message_hides',
  'message_mentions',
  'message_pins',
  'message_reactions',
  'message_search',
];

/** What is in each table, as one short text. */
async function digest({ pool }: Database): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const table of tables) {
    const { rows } = await pool.query<{ sum: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, e'\\n' order by t::text)), '') as sum from ${table} t`,
    );
    sums[table] = rows[0]?.sum ?? '';
  }
  return sums;
}

test('the product reads the demo data: list, history, unread, mentions and receipts', async () => {
  const { url, database } = await openEmpty();
  const { first } = await fill(database);
  await using server = await startServer(
    { SMS_COUNTRIES: 'IR,US' },
    { url, drop: () => Promise.resolve() },
  );
  const client = await server.signIn(first.phone);
  expect(await client.user.me.query()).toMatchObject({ id: first.id, firstName: first.firstName });

  const { items: rooms } = await client.chat.list.query({ limit: 50 });
  expect(new Set(rooms.map(({ kind }) => kind))).toEqual(new Set(['direct', 'group', 'channel']));
  const { rows } = await database.pool.query<{ id: string; count: number; last: number }>(
    `select conversation_id as id, count(*)::int as count, max(seq) as last from messages group by 1`,
  );
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(2_000);
  // Without holes.
  expect(rows.filter(({ count, last }) => count !== last)).toEqual([]);
  for (const room of rooms) {
    const table = rows.find(({ id }) => id === room.id);
    expect(room.headSeq).toBe(table?.count);
    expect(room.readSeq).toBeLessThanOrEqual(room.headSeq);
    expect(room.readSeq).toBeGreaterThan(0);
    expect(room.lastMessage).not.toBeNull();
    for (const seq of room.mentionSeqs) {
      expect(seq).toBeGreaterThan(room.readSeq);
    }
    const page = await client.chat.listMessages.query({ conversationId: room.id, limit: 100 });
    const seqs = page.items.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
    const times = page.items.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(times.every((at) => at < now.toISOString() && at > '2026-08-20')).toBe(true);
  }
  const { rows: facts } = await database.pool.query<Record<string, boolean>>(
    `select count(*) filter (where extra ? 'replyToSeq') > 0 as replies,
       count(*) filter (where extra ? 'mentions') > 0 as mentions,
       count(*) filter (where reactions is not null) > 0 as reactions,
       count(*) filter (where edited_at is not null) > 0 as edits,
       count(*) filter (where text ~ '[آ-ی]') > 200 as persian,
       count(*) filter (where text ~ '[A-Za-z]{3}') > 100 as english,
       count(distinct text) > 800 as varied
     from messages`,
  );
  expect(Object.values(facts[0] ?? {})).toEqual(Array.from({ length: 7 }, () => true));

  const open = rooms.find(
    ({ kind, status, slowModeSeconds }) =>
      kind === 'group' && status === 'open' && slowModeSeconds === 0,
  );
  const conversationId = open?.id ?? '';
  const sent = await client.chat.send.mutate({ conversationId, id: client.newId(), text: 'سلام' });
  expect(sent.seq).toBe((open?.headSeq ?? 0) + 1);
  const found = await client.chat.search.query({ query: 'سلام' });
  expect(found.items[0]?.seq).toBe(sent.seq);
  expect(found.items.length).toBeGreaterThan(1);
  const receipts = await client.chat.getReceipts.query({ conversationId, seq: 1 });
  expect(receipts.readCount).toBeGreaterThan(0);
});

test('marks, counts and reactions agree with each other', async () => {
  const { database } = await openEmpty();
  await fill(database);
  const { rows } = await database.pool.query<{ what: string; wrong: string }>(`
    select 'heads' as what, count(*)::text as wrong from conversations c join streams s on s.id = c.id
      where (s.message_seq, s.message_at) is distinct from
        (select (max(m.seq), max(m.created_at)) from messages m where m.conversation_id = c.id)
    union all select 'members', count(*)::text from conversations c
      where member_count <> (select count(*) from conversation_members m where m.conversation_id = c.id)
    union all select 'readers of streams', count(*)::text from conversation_members m
      where not exists (select from stream_members r where r.user_id = m.user_id and r.stream_id = m.conversation_id)
    union all select 'marks', count(*)::text from conversation_members m join streams s on s.id = m.conversation_id
      where not (m.read_seq <= m.delivered_seq and m.delivered_seq <= s.message_seq)
    union all select 'own messages unread', count(*)::text from conversation_members m
      where m.read_seq < (select max(seq) from messages o
        where o.conversation_id = m.conversation_id and o.sender_id = m.user_id)
    union all select 'senders', count(*)::text from messages m where not exists (
      select from conversation_members o where o.conversation_id = m.conversation_id and o.user_id = m.sender_id)
    union all select 'reactions', count(*)::text from messages m
      where m.reactions is distinct from (select jsonb_object_agg(emoji, n) from (
        select emoji, count(*) as n from message_reactions r
        where r.conversation_id = m.conversation_id and r.seq = m.seq group by emoji) q)
    union all select 'not to be found', count(*)::text from messages m where (m.deleted_at is null and not coalesce(m.extra ? 'system', false))
      <> exists (select from message_search f where f.conversation_id = m.conversation_id and f.seq = m.seq)
    union all select 'rooms not indexed', count(*)::text from conversations c join streams s on s.id = c.id
      where c.search_seq <> s.message_seq
    union all select 'replies', count(*)::text from messages m where (extra->>'replyToSeq')::int not between 1 and seq - 1
    union all select 'strangers who could write', count(*)::text from conversations c join streams s on s.id = c.id
      where c.kind = 'direct' and s.message_open <> exists (select from friendships f
        where c.direct_key = least(f.user_id, f.friend_id) || ':' || greatest(f.user_id, f.friend_id))
    union all select 'organizations', count(*)::text from conversation_members m join conversations c on c.id = m.conversation_id
      where c.organization_id is not null and not exists (select from organization_members o
        where o.organization_id = c.organization_id and o.user_id = m.user_id)`);
  expect(rows.filter(({ wrong }) => wrong !== '0')).toEqual([]);
});

test('a fill that was ended goes on where it was, and comes to the same data', async () => {
  const whole = await openEmpty();
  await fill(whole.database);
  const broken = await openEmpty();
  await expect(fill(broken.database, options(), 700)).rejects.toThrow('Ended.');
  const { rows } = await broken.database.pool.query<{ count: number }>(
    'select count(*)::int as count from messages',
  );
  expect(rows[0]?.count).toBeGreaterThan(0);
  expect(rows[0]?.count).toBeLessThan(2_000);
  expect((await fill(broken.database)).isNew).toBe(true);
  const filled = await digest(whole.database);
  expect(await digest(broken.database)).toEqual(filled);

  expect((await fill(whole.database)).isNew).toBe(false);
  expect(await digest(whole.database)).toEqual(filled);

  const other = await openEmpty();
  await fill(other.database, options('--seed', 'another'));
  expect((await digest(other.database))['messages']).not.toBe(filled['messages']);
});

test('a day later it goes on with the days it began with', async () => {
  const whole = await openEmpty();
  await fill(whole.database);
  const broken = await openEmpty();
  await expect(fill(broken.database, options(), 700)).rejects.toThrow('Ended.');
  await fill(
    broken.database,
    readDemoOptions(['--messages', '2000'], new Date('2026-11-21T10:00:00.000Z')),
  );
  expect(await digest(broken.database)).toEqual(await digest(whole.database));
});

test('people who are there already are let be, unless it is said that they are known', async () => {
  const { url, database } = await openEmpty();
  await using server = await startServer({}, { url, drop: () => Promise.resolve() });
  const client = await server.signIn('+989121234567');
  await expect(fill(database)).rejects.toThrow(/has people in it.*--force/);
  const { rows } = await database.pool.query(
    `select from information_schema.schemata where schema_name = 'demo'`,
  );
  expect(rows).toEqual([]);
  await fill(database, options('--force'));
  expect((await client.chat.list.query({})).items).toEqual([]);
  await expect(fill(database, options('--seed', 'another', '--force'))).rejects.toThrow(
    /has the demo data of --messages 2000 --people 20 --seed chapar/,
  );
});

test('two fills at once: one of them is told', async () => {
  const { database } = await openEmpty();
  const results = await Promise.allSettled([fill(database), fill(database)]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const { rows } = await database.pool.query<{ count: number }>(
    'select count(*)::int as count from messages',
  );
  expect(rows[0]?.count).toBe(2_000);
});

test('what is asked for on the command line', () => {
  const usual = readDemoOptions([], now).size;
  expect(usual).toMatchObject({ messages: 100_000, people: 240, seed: 'chapar' });
  expect(usual.endsAt.toISOString()).toBe('2026-11-20T00:00:00.000Z');
  expect(readDemoOptions(['--messages', '5_000_000'], now).size.people).toBe(12_000);
  for (const args of [['--messages', 'many'], ['--people', '3'], ['--mesages', '1'], ['100']]) {
    expect(() => readDemoOptions(args, now)).toThrow(DemoError);
  }
});

test('progress is a bar on a terminal, and a line now and then elsewhere', () => {
  expect(describeProgress({ done: 500_000, total: 2_000_000, of: 'messages' }, 20_000)).toBe(
    '25 %, 500,000 of 2,000,000 messages, 20,000 a second, 75 s left',
  );
  const lines: string[] = [];
  const plain = new Progress({ write: (text) => lines.push(text) }, 1_000, 'messages');
  for (let done = 0; done <= 1_000; done += 1) {
    plain.reach(done);
  }
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/^100 %, 1,000 of 1,000 messages/);
  const drawn: string[] = [];
  const bar = new Progress({ isTTY: true, write: (text) => drawn.push(text) }, 10, 'messages');
  bar.reach(5);
  bar.reach(10);
  expect(drawn[0]).toMatch(/^\r\[#{15}\.{15}\] 50 %/);
  expect(drawn[1]).toMatch(/^\r\[#{30}\] 100 %.*\n$/);
});
