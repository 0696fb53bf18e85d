import type { MessageView } from '@chapar/contract';
import { CompiledQuery } from 'kysely';
import { expect, test } from 'vitest';
import { minute } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { boundSearch, searchStatement } from './chat.search.repository.ts';

interface Chat {
  sara: Actor;
  reza: Actor;
  conversationId: string;
}

async function startChat(api: TestApi): Promise<Chat> {
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  return { sara, reza, conversationId };
}

/** A person's texts that a query finds, newest first. */
async function find(who: Actor, query: string, conversationId?: string): Promise<string[]> {
  const { items } = await who.api.chat.search({ query, ...(conversationId && { conversationId }) });
  return items.map(({ text }) => text);
}

async function makeGroup(api: TestApi, owner: Actor, members: readonly Actor[]): Promise<string> {
  const id = api.app.deps.newId();
  const userIds = members.map((member) => member.id);
  await owner.api.chat.create({ id, kind: 'group', title: 'گروه', userIds });
  return id;
}

/** Writes many messages of one text, as sends would have. */
async function fill(api: TestApi, chat: Chat, count: number, text: string): Promise<void> {
  await api.database.pool.query(
    `with head as (
       update streams set message_seq = message_seq + $3, message_at = $4 where id = $1
       returning message_seq - $3 as before
     )
     insert into messages (conversation_id, seq, id, sender_id, text, created_at)
     select $1, before + n, gen_random_uuid(), $2, $5, $4 from head, generate_series(1, $3::int) n`,
    [chat.conversationId, chat.sara.id, count, api.clock.now(), text],
  );
}

test.for([
  ['كتاب', 'کتاب'],
  ['کتاب', 'كتاب'],
  ['علي', 'علی'],
  ['موسى', 'موسی'],
  ['خانة', 'خانه'],
  ['أحمد', 'احمد'],
  ['إيران', 'ایران'],
  ['آب‌انبار', 'اب‌انبار'],
  ['کِتابٌ', 'کتاب'],
  ['سـلام', 'سلام'],
  ['Chapar', 'cHAPAR'],
  ['شماره ۱۲۳', 'شماره 123'],
  ['شماره ٤٥٦', 'شماره ۴۵۶'],
  ['می‌روم', 'میروم'],
  ['می‌روم', 'می روم'],
  ['کتاب\u200bخانه', 'کتابخانه'],
  ['خانه\u200f', 'خانه'],
  ['مسئله غذا', 'مسئله غذا'],
] as const)('spellings are alike, whichever is sent and looked for: %s and %s', async ([a, b]) => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  await sara.say(conversationId, `یک ${a} دیگر`);
  for (const query of [a, b]) {
    await expect(find(reza, query)).resolves.toHaveLength(1);
  }
  await sara.say(conversationId, `دو ${b} دیگر`);
  // What has no half-space in it can be read in one way only.
  await expect(find(reza, b)).resolves.toHaveLength(2);
});

test('a text with a half-space is found by all ways to write it, and nothing else is', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  await sara.say(conversationId, 'فردا می‌روم خانه');
  await sara.say(conversationId, 'فردا نمانم');
  for (const query of ['میروم', 'می روم', 'می‌روم', 'روم می', 'می‌ر', 'فردا می‌روم']) {
    expect({ query, found: await find(reza, query) }).toEqual({
      query,
      found: ['فردا می‌روم خانه'],
    });
  }
});

test('all words have to be there, in any order; the last may be a beginning, a long one any part', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const texts = ['کتابخانه‌ها باز است', 'با زهرا رفتم', '😀 سلام👍', 'mail: ali.rezaei@chapar.ir'];
  for (const text of texts) {
    await sara.say(conversationId, text);
  }
  const [library, zahra, emoji, mail] = texts;
  const cases: [query: string, ...found: (string | undefined)[]][] = [
    ['کتاب', library],
    ['تابخان', library],
    ['است کتاب', library],
    ['است زهرا'],
    ['با', zahra, library],
    ['زه', zahra],
    ['هر'],
    ['با رفتم', zahra],
    ['از زهرا'],
    ['😀', emoji],
    ['👍', emoji],
    ['👎'],
    ['سلام 😀', emoji],
    ['rezaei', mail],
    ['ali.rezaei@chapar.ir', mail],
    ['REZ CHAP', mail],
  ];
  for (const [query, ...found] of cases) {
    expect({ query, found: await find(reza, query) }).toEqual({ query, found });
  }
});

test('wildcards, operators, punctuation and SQL are characters', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const texts = ['plain words', '100% of a_b', String.raw`back\slash`, "it's; -- over", 'why?!'];
  for (const text of texts) {
    await sara.say(conversationId, text);
  }
  const [, percent, slash, quote, why] = texts;
  const cases: [query: string, ...found: (string | undefined)[]][] = [
    ['%', percent],
    ['_', percent],
    ['%%%', percent],
    ['\\', slash],
    ['?', why],
    ['!?', why],
    ["';--", quote],
    ["' or 1=1 --"],
    ['& | ! <->'],
    ['plain & !words', 'plain words'],
    ['\u200c'],
    ['\u0001 \u0002'],
    ['p_ain'],
    ['$1 %s'],
    ['('.repeat(200)],
    ['% '.repeat(99), percent],
  ];
  for (const [query, ...found] of cases) {
    expect({ query, found: await find(reza, query) }).toEqual({ query, found });
  }
  for (const query of ['', '   ', 'x'.repeat(201), 'x'.repeat(10_240), 'a\0b', 'a\ud800b']) {
    await expect(reza.api.chat.search({ query })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(reza.api.chat.findPublic({ query })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  }
  await expectAppError(reza.api.chat.search({ query: 'a', cursor: 'x' }), 'INPUT_INVALID');
});

test('only members find anything: in one conversation and in all', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const group = await makeGroup(api, sara, [reza]);
  const stranger = await api.signUp();
  await sara.say(conversationId, 'راز نخست');
  api.clock.advance(minute);
  await sara.say(group, 'راز دوم');
  await expect(find(reza, 'راز')).resolves.toEqual(['راز دوم', 'راز نخست']);
  await expect(find(reza, 'راز', conversationId)).resolves.toEqual(['راز نخست']);
  await expect(find(reza, 'راز', group)).resolves.toEqual(['راز دوم']);
  await expect(find(stranger, 'راز')).resolves.toEqual([]);
  const refusals = await Promise.all(
    [group, conversationId, api.app.deps.newId()].map((id) =>
      expectAppError(find(stranger, 'راز', id), 'CHAT_NOT_FOUND'),
    ),
  );
  expect(new Set(refusals).size).toBe(1);
  await reza.api.chat.leave({ conversationId: group });
  await expect(find(reza, 'راز')).resolves.toEqual(['راز نخست']);
  await expectAppError(find(reza, 'راز', group), 'CHAT_NOT_FOUND');
  // The note that says so is none of the messages, and a title is no text.
  await expect(find(sara, 'گروه')).resolves.toEqual([]);
});

test('a message is found by what it says now, and not when it is deleted or hidden', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const { seq } = await sara.say(conversationId, 'قرار شنبه');
  const gone = await sara.say(conversationId, 'قرار یکشنبه');
  const hidden = await sara.say(conversationId, 'قرار دوشنبه');
  await expect(find(reza, 'قرار')).resolves.toHaveLength(3);
  await sara.api.chat.edit({ conversationId, seq, text: 'قرار جمعه' });
  await sara.api.chat.delete({ conversationId, seqs: [gone.seq], for: 'all' });
  await reza.api.chat.delete({ conversationId, seqs: [hidden.seq], for: 'me' });
  await expect(find(reza, 'شنبه')).resolves.toEqual([]);
  await expect(find(reza, 'جمعه')).resolves.toEqual(['قرار جمعه']);
  await expect(find(reza, 'قرار')).resolves.toEqual(['قرار جمعه']);
  await expect(find(sara, 'قرار')).resolves.toEqual(['قرار دوشنبه', 'قرار جمعه']);
  const { rows } = await api.database.pool.query('select seq from message_search order by seq');
  expect(rows).toEqual([{ seq }, { seq: hidden.seq }]);
});

test('what the index says of an old text is never believed', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  await sara.say(conversationId, 'متن کهنه');
  await expect(find(reza, 'متن')).resolves.toHaveLength(1);
  await api.database.pool.query(
    "update messages set text = 'متن تازه', edited_at = now(), revision = 1 where conversation_id = $1",
    [conversationId],
  );
  await expect(find(reza, 'کهنه')).resolves.toEqual([]);
  await expect(find(reza, 'متن')).resolves.toEqual(['متن تازه']);
  await api.database.pool.query(
    "update messages set text = '', deleted_at = now(), edited_at = null where conversation_id = $1",
    [conversationId],
  );
  await expect(find(reza, 'متن')).resolves.toEqual([]);
});

test('edits and searches that meet leave the newest text to be found', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  for (let round = 0; round < 8; round += 1) {
    const { seq } = await sara.say(conversationId, `before${round} word`);
    const results = await Promise.allSettled([
      sara.api.chat.edit({ conversationId, seq, text: `after${round} word` }),
      find(reza, `before${round}`),
      find(sara, 'word'),
    ]);
    expect(tally(results)).toEqual({ ok: 3 });
    await expect(find(reza, `before${round}`)).resolves.toEqual([]);
    await expect(find(reza, `after${round}`)).resolves.toEqual([`after${round} word`]);
  }
});

test.for(['the searcher', 'the other'] as const)(
  'people with a block between them do not find each other: blocked by %s',
  async (by) => {
    await using api = await createTestApi();
    const { sara, reza, conversationId } = await startChat(api);
    const group = await makeGroup(api, sara, [reza]);
    await sara.say(conversationId, 'واژه سارا');
    await sara.say(group, 'واژه سارا');
    await reza.say(group, 'واژه رضا');
    const [blocker, blocked] = by === 'the searcher' ? [reza, sara] : [sara, reza];
    await blocker.api.friend.block({ userId: blocked.id });
    await expect(find(reza, 'واژه')).resolves.toEqual(['واژه رضا']);
    await expect(find(sara, 'واژه')).resolves.toEqual(['واژه سارا', 'واژه سارا']);
  },
);

test('pages are full and bring every message once, though some of one moment, blocked or hidden', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const [omid, mina] = await api.signUpFriends();
  const { id: requestId } = await sara.api.friend.request({ userId: mina.id });
  await mina.api.friend.accept({ requestId });
  const { id: requestId2 } = await sara.api.friend.request({ userId: omid.id });
  await omid.api.friend.accept({ requestId: requestId2 });
  const group = await makeGroup(api, sara, [reza, omid, mina]);
  const sent: MessageView[] = [];
  for (let i = 0; i < 60; i += 1) {
    sent.push(await sara.say(conversationId, `hit ${i}`), await reza.say(group, `hit ${i}`));
    await omid.say(group, `hit ${i}`);
    if (i % 3 === 0) {
      api.clock.advance(minute);
    }
  }
  await reza.api.friend.block({ userId: omid.id });
  const seen: MessageView[] = [];
  const sizes: number[] = [];
  let cursor: string | null = null;
  do {
    const page = await reza.api.chat.search({ query: 'hit', limit: 25, cursor });
    seen.push(...page.items);
    sizes.push(page.items.length);
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(sizes).toEqual([25, 25, 25, 25, 20]);
  expect(seen.map(({ id }) => id).toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
  const key = ({ createdAt, conversationId: id, seq }: MessageView): string =>
    `${createdAt} ${id} ${String(seq).padStart(9, '0')}`;
  expect(seen.map(key)).toEqual(seen.map(key).toSorted().toReversed());
  expect(sent).toContainEqual(seen[0]);
});

test('what was sent is found at once, by many who send and search together', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const results = await atOnce(8, async (index) => {
    const who = index % 2 === 0 ? sara : reza;
    for (let round = 0; round < 3; round += 1) {
      const text = `word${index}x${round}`;
      await who.say(conversationId, text);
      expect(await find(who, text)).toEqual([text]);
    }
  });
  expect(tally(results)).toEqual({ ok: 8 });
  const { rows } = await api.database.pool.query(
    'select seq from message_search where conversation_id = $1 order by seq',
    [conversationId],
  );
  expect(rows).toEqual(Array.from({ length: 24 }, (_, n) => ({ seq: n + 1 })));
});

test('what was sent is found at once, though there are new messages in many conversations', async () => {
  const overrides = new Map([['chat.create:user', { most: 1_000, seconds: 60 }]]);
  await using api = await createTestApi({ config: { limits: { overrides, addressFactor: 1 } } });
  const { sara, reza, conversationId } = await startChat(api);
  await sara.say(conversationId, 'the oldest of them');
  api.clock.advance(minute);
  for (let i = 0; i < 110; i += 1) {
    await makeGroup(api, reza, []);
  }
  await expect(find(reza, 'oldest')).resolves.toEqual(['the oldest of them']);
});

test('the sweep indexes what nobody has searched for, and what a crash has left half done', async () => {
  await using api = await createTestApi();
  const chat = await startChat(api);
  const others = await startChat(api);
  await fill(api, chat, 4_500, 'many words');
  await others.sara.say(others.conversationId, 'few words');
  // The first search indexes a part; the sweep does the rest.
  await expect(find(chat.reza, 'many')).resolves.toHaveLength(30);
  const behind = async (): Promise<number[]> =>
    (
      await api.database.pool.query<{ behind: number }>(
        `select s.message_seq - c.search_seq as behind
         from conversations c join streams s on s.id = c.id order by c.created_at, c.id`,
      )
    ).rows.map((row) => row.behind);
  expect((await behind()).toSorted((a, b) => a - b)).toEqual([1, 2_500]);
  await Promise.all([sweep(api.app), sweep(api.app)]);
  await expect(behind()).resolves.toEqual([0, 0]);
  const { rows } = await api.database.pool.query<{ count: number }>(
    'select count(*)::int as count from message_search',
  );
  expect(rows[0]?.count).toBe(4_501);
});

test('texts as long as may be are indexed by and by, each search a part of them', async () => {
  await using api = await createTestApi();
  const chat = await startChat(api);
  const others = await makeGroup(api, chat.sara, [chat.reza]);
  await fill(api, chat, 100, 'long '.repeat(819));
  api.clock.advance(minute);
  await chat.sara.say(others, 'of another conversation');
  const found = async (): Promise<number[]> => {
    const { rows } = await api.database.pool.query<{ search_seq: number }>(
      'select search_seq from conversations where id = $1',
      [chat.conversationId],
    );
    const texts = await find(chat.reza, 'another');
    return [rows[0]?.search_seq ?? 0, texts.length];
  };
  // What is newest comes first, and each search goes on from there.
  await expect(found()).resolves.toEqual([0, 1]);
  await expect(found()).resolves.toEqual([62, 1]);
  await expect(found()).resolves.toEqual([100, 1]);
  await expect(find(chat.reza, 'long', chat.conversationId)).resolves.toHaveLength(30);
});

test('a search that looks for too long is ended, and those that wait stop nobody else', async () => {
  await using api = await createTestApi({ chat: { searchMs: 1 } });
  const chat = await startChat(api);
  await fill(api, chat, 2_000, 'long text '.repeat(300));
  const searches = atOnce(20, () => find(chat.reza, 'a b c d e f g'));
  await expectAppError(find(chat.sara, 'a b c d e f g'), 'CHAT_SEARCH_TOO_BROAD');
  const others = await atOnce(20, () => chat.reza.api.chat.list({}));
  expect(tally(others)).toEqual({ ok: 20 });
  expect(tally(await searches)).toEqual({ CHAT_SEARCH_TOO_BROAD: 4, BUSY: 16 });
  await expect(chat.sara.say(chat.conversationId, 'still here')).resolves.toMatchObject({
    seq: 2_001,
  });
});

test('who searches all the time is told to wait', async () => {
  await using api = await createTestApi();
  const { sara, reza } = await startChat(api);
  for (let i = 0; i < 30; i += 1) {
    await find(sara, 'x');
  }
  await expectAppError(find(sara, 'x'), 'RATE_LIMITED');
  await expect(find(reza, 'x')).resolves.toEqual([]);
});

test('a conversation that is erased takes its index along', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const group = await makeGroup(api, sara, [reza]);
  await sara.say(group, 'کوتاه');
  await expect(find(reza, 'کوتاه')).resolves.toHaveLength(1);
  await sara.api.chat.remove({ conversationId: group });
  await expect(find(reza, 'کوتاه')).resolves.toEqual([]);
  api.clock.advance(8 * 24 * 60 * minute);
  await sweep(api.app);
  const { rows } = await api.database.pool.query(
    'select c.id from conversations c union all select s.conversation_id from message_search s',
  );
  expect(rows).toEqual([]);
});

test.for([
  ['one conversation, a long word', ['%needle%']],
  ['one conversation, a beginning', ['% ne%']],
  ['all conversations, two words', ['%needle%', '% a %']],
] as const)('a search goes by the index of the conversation: %s', async ([where, patterns]) => {
  await using api = await createTestApi();
  const chat = await startChat(api);
  await fill(api, chat, 1_500, 'یک متن که نیست');
  await chat.sara.say(chat.conversationId, 'find a needle');
  await expect(find(chat.reza, 'a needle')).resolves.toHaveLength(1);
  await api.database.pool.query('vacuum analyze message_search');
  const lines = await api.app.db.transaction().execute(async (db) => {
    await boundSearch(db, 2_000);
    const { sql, parameters } = searchStatement({
      userId: chat.reza.id,
      conversationId: where.startsWith('one') ? chat.conversationId : null,
      parts: [[patterns]],
      before: [api.clock.now(), chat.conversationId, 7],
      limit: 21,
    }).compile(db);
    const plan = await db.executeQuery<{ 'QUERY PLAN': string }>(
      CompiledQuery.raw(`explain (costs off) ${sql}`, [...parameters]),
    );
    return plan.rows.map((row) => row['QUERY PLAN']);
  });
  expect(lines.filter((line) => /Seq Scan|Hash|Merge Join/.test(line))).toEqual([]);
  const used = lines.flatMap((line) => / (?:using|on) (\w+)(?: on|$)/.exec(line)?.[1] ?? []);
  expect(used).toContain('message_search_body');
});
