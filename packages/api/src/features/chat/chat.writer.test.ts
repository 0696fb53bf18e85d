import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { atOnce, createTestApi, expectAppError, tally, type Actor } from '../../testing/index.ts';
import { joinAs, openRoom } from './test/rooms.ts';

test('a conversation that somebody holds keeps nobody else waiting', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const [omid, mina] = await api.signUpFriends();
  const { id: held } = await sara.api.chat.start({ userId: reza.id });
  const { id: free } = await omid.api.chat.start({ userId: mina.id });
  const holder = await api.database.pool.connect();
  await holder.query('begin');
  await holder.query('select from streams where id = $1 for update', [held]);
  const stuck = atOnce(40, (index) => sara.say(held, `${index}`));
  // While the writer waits for the row, everything that writes no message goes on.
  const others = await atOnce(40, async (index) =>
    index % 2 === 0 ? mina.api.chat.list({}) : mina.api.user.me(),
  );
  expect(tally(others)).toEqual({ ok: 40 });
  await expect(omid.say(free, 'hello')).resolves.toMatchObject({ seq: 1 });
  expect(tally(await stuck)).toEqual({ UNAVAILABLE: 40 });
  await holder.query('rollback');
  holder.release();
  await expect(sara.say(held, 'now')).resolves.toMatchObject({ seq: 1 });
});

test('one id that is sent twice spoils no batch', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const ids = Array.from({ length: 30 }, () => api.app.deps.newId());
  const results = await atOnce(60, (index) => {
    const id = ids[index % 30] ?? '';
    return sara.api.chat.send({ conversationId, id, text: `text ${index % 30}` });
  });
  expect(tally(results)).toEqual({ ok: 60 });
  const sent = results.map((result) => (result.status === 'fulfilled' ? result.value : null));
  expect(sent.slice(30)).toEqual(sent.slice(0, 30));
  expect(sent.slice(0, 30).map((message) => message?.seq)).toEqual(
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
});

test('a right that is lost while the message waits for its turn is lost for the message', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const [omid, mina] = await api.signUpFriends();
  const { id: held } = await sara.api.chat.start({ userId: reza.id });
  const { id: other } = await omid.api.chat.start({ userId: mina.id });
  const holder = await api.database.pool.connect();
  await holder.query('begin');
  await holder.query('select from streams where id = $1 for update', [held]);
  const stuck = sara.say(held, 'stuck').catch(() => null);
  await wait(50);
  const waiting = omid.say(other, 'too late');
  await wait(300);
  await mina.api.friend.remove({ userId: omid.id });
  await holder.query('rollback');
  holder.release();
  await expectAppError(waiting, 'CHAT_NOT_FRIENDS');
  await stuck;
  const { items } = await mina.api.chat.listMessages({ conversationId: other });
  expect(items).toEqual([]);
});

test('of those who send in one moment everybody gets their own answer', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const [omid, mina] = await api.signUpFriends();
  const [gone, friend] = await api.signUpFriends();
  const stranger = await api.signUp();
  const phone = api.anonymous();
  api.clock.advance(5 * 60_000);
  await phone.signIn(sara.phone);
  const { id: ours } = await sara.api.chat.start({ userId: reza.id });
  const { id: theirs } = await omid.api.chat.start({ userId: mina.id });
  const { id: other } = await gone.api.chat.start({ userId: friend.id });
  const stored = await sara.say(ours, 'stored');
  await mina.api.friend.remove({ userId: omid.id });
  await gone.api.session.end();

  const senders = [
    () => sara.say(ours, 'from the desk'),
    () => phone.say(ours, 'from the phone'),
    () => reza.say(ours, 'and back'),
    () => omid.say(theirs, 'no friend any more'),
    () => stranger.say(ours, 'let me in'),
    () => gone.say(other, 'still here?'),
    () => sara.api.chat.send({ conversationId: ours, id: stored.id, text: 'stored' }),
    () => reza.api.chat.send({ conversationId: ours, id: stored.id, text: 'stored' }),
  ];
  const results = await atOnce(
    80,
    (index) => senders[index % 8]?.() ?? Promise.reject(new Error('nobody')),
  );
  const tallies = senders.map((_, of) => tally(results.filter((_result, n) => n % 8 === of)));
  expect(tallies).toEqual([
    { ok: 10 },
    { ok: 10 },
    { ok: 10 },
    { CHAT_NOT_FRIENDS: 10 },
    { CHAT_NOT_FOUND: 10 },
    { SESSION_ENDED: 10 },
    { ok: 10 },
    { CHAT_MESSAGE_ID_TAKEN: 10 },
  ]);
  const { items } = await reza.api.chat.listMessages({ conversationId: ours, limit: 50 });
  expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: 31 }, (_, index) => 31 - index));
  expect((await mina.api.chat.listMessages({ conversationId: theirs })).items).toEqual([]);
  expect((await friend.api.chat.listMessages({ conversationId: other })).items).toEqual([]);
});

test('a membership that ends while the statement waits for the room is over for the message', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const holder = await api.database.pool.connect();
  await holder.query('begin');
  await holder.query('select from streams where id = $1 for update', [conversationId]);
  const waiting = Promise.allSettled([
    sara.say(conversationId, 'too late'),
    reza.say(conversationId, 'hi'),
  ]);
  await wait(100);
  await holder.query('delete from conversation_members where user_id = $1', [sara.id]);
  await holder.query('commit');
  holder.release();
  const [late] = await waiting;
  expect(tally([late])).toEqual({ CHAT_NOT_FOUND: 1 });
  const { rows } = await api.database.pool.query<{ text: string }>('select text from messages');
  expect(rows.map(({ text }) => text)).not.toContain('too late');
});

test.for([
  {
    what: 'the conversation is put on hold',
    code: 'CHAT_NOT_OPEN',
    changes: [
      "update conversations set status = 'hold' where id = $1 and $2::uuid is not null",
      'update streams set message_open = false where id = $1 and $2::uuid is not null',
    ],
  },
  {
    what: 'the sender is muted',
    code: 'CHAT_MUTED',
    changes: [
      `update conversation_members set muted_until = '2090-01-01' where conversation_id = $1 and user_id = $2`,
    ],
  },
  {
    what: 'the sender only reads from then on',
    code: 'CHAT_READ_ONLY',
    changes: [
      `update conversation_members set role = 'reader' where conversation_id = $1 and user_id = $2`,
    ],
  },
] as const)(
  'what happens while the statement waits for the room counts: $what',
  async ({ code, changes }) => {
    await using api = await createTestApi();
    const room = await openRoom(api);
    const { id: conversationId, owner } = room;
    const member = await joinAs(api, room, 'member');
    // With somebody called the message goes by the statement for many.
    for (const mentions of [[], [owner.id]]) {
      const holder = await api.database.pool.connect();
      await holder.query('begin');
      await holder.query('select from streams where id = $1 for update', [conversationId]);
      const id = api.app.deps.newId();
      const waiting = member.api.chat.send({ conversationId, id, text: 'late', mentions });
      waiting.catch(() => undefined);
      await wait(200);
      for (const change of changes) {
        await holder.query(change, [conversationId, member.id]);
      }
      await holder.query('commit');
      holder.release();
      await expectAppError(waiting, code);
      await api.database.pool.query(
        `update conversation_members set muted_until = null, role = 'member' where user_id = $1`,
        [member.id],
      );
      await owner.api.chat.setStatus({ conversationId, status: 'open' });
    }
    const { items } = await owner.api.chat.listMessages({ conversationId });
    expect(items.filter(({ text }) => text === 'late')).toEqual([]);
  },
);

test('who is no member writes nothing, alone or with others, though a friend of somebody in the room', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const mina = await api.signUp();
  for (const member of [sara, reza]) {
    const { id } = await mina.api.friend.request({ userId: member.id });
    await member.api.friend.accept({ requestId: id });
  }
  await expectAppError(mina.say(conversationId, 'alone'), 'CHAT_NOT_FOUND');
  const results = await atOnce(6, (index) =>
    (index % 2 === 0 ? mina : sara).say(conversationId, `${index}`),
  );
  expect(tally(results)).toEqual({ ok: 3, CHAT_NOT_FOUND: 3 });
  const { items } = await reza.api.chat.listMessages({ conversationId });
  expect(items.map(({ seq, senderId }) => [seq, senderId])).toEqual(
    [3, 2, 1].map((seq) => [seq, sara.id]),
  );
});

test.for([
  ['SESSION_ENDED', async (gone: Actor) => gone.api.session.end()],
  [
    'CHAT_NOT_FRIENDS',
    async (gone: Actor, peer: Actor) => gone.api.friend.remove({ userId: peer.id }),
  ],
] as const)('one who may not write is found among those who may: %s', async ([code, lose]) => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const [gone, peer] = await api.signUpFriends();
  const { id: ours } = await sara.api.chat.start({ userId: reza.id });
  const { id: theirs } = await gone.api.chat.start({ userId: peer.id });
  await lose(gone, peer);
  await expectAppError(gone.say(theirs, 'alone'), code);
  const results = await atOnce(6, (index) =>
    index % 2 === 0 ? gone.say(theirs, `${index}`) : sara.say(ours, `${index}`),
  );
  expect(tally(results)).toEqual({ ok: 3, [code]: 3 });
  expect((await peer.api.chat.listMessages({ conversationId: theirs })).items).toEqual([]);
});

test('a session that sends is seen, as by any other call', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  api.clock.advance(10 * 60_000);
  await sara.say(conversationId, 'hello');
  const { rows } = await api.database.pool.query<{ last_seen_at: Date }>(
    'select last_seen_at from sessions where id = $1',
    [sara.sessionId],
  );
  expect(rows[0]?.last_seen_at).toEqual(api.clock.now());
});

test('texts of any characters go through together', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const texts = [
    '"',
    '\\',
    '{a,b}',
    'NULL',
    ',',
    '\u001e',
    '\\"',
    'سلام\u200cها',
    'a\nb\tc',
    "'",
    '{}',
  ];
  const results = await atOnce(texts.length, (n) => sara.say(conversationId, texts[n] ?? ''));
  expect(tally(results)).toEqual({ ok: texts.length });
  const { items } = await reza.api.chat.listMessages({ conversationId });
  expect(items.map(({ text }) => text).toReversed()).toEqual(texts);
  const { rows } = await api.database.pool.query<{ body: { text: string; seq: number } }>(
    "select body from stream_events where type = 'chat.message' order by seq",
  );
  expect(rows.map(({ body }) => body.text)).toEqual(texts);
  expect(rows.map(({ body }) => body.seq)).toEqual(texts.map((_, index) => index + 1));
});

test.for(['chat-send', 'chat-send-one'])(
  'the look whether somebody may send goes by the one index that leads to one row: %s',
  async (name) => {
    await using api = await createTestApi();
    const [sara, reza] = await api.signUpFriends();
    const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
    await sara.say(conversationId, 'alone');
    await atOnce(3, async () => sara.say(conversationId, 'together'));
    const connection = await api.database.sends.connect();
    const { rows } = await connection.query<{ statement: string }>(
      'select statement from pg_prepared_statements where name = $1',
      [name],
    );
    const plan = await connection.query<{ 'QUERY PLAN': string }>(
      `explain (generic_plan, costs off) ${rows[0]?.statement ?? ''}`,
    );
    connection.release();
    const lines = plan.rows.map((row) => row['QUERY PLAN']);
    expect(lines.filter((line) => /Seq Scan|Hash Join|Merge Join/.test(line))).toEqual([]);
    const looks = lines.flatMap((line, index) => {
      const [, index_, table] = / using (\w+) on (\w+)/.exec(line) ?? [];
      const columns = [...(lines[index + 1] ?? '').matchAll(/\(?(\w+) = /g)].map(([, one]) => one);
      return index_ === undefined || table === undefined
        ? []
        : [`${table}: ${index_} (${columns.join(', ')})`];
    });
    expect([...new Set(looks)].toSorted()).toEqual([
      'conversation_members: conversation_members_pkey (user_id, conversation_id)',
      'sessions: sessions_pkey (id)',
      'streams: streams_pkey (id)',
      'users: users_pkey (id)',
    ]);
  },
);
