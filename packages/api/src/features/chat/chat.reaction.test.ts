import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { minute, second } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { isEmoji } from './chat.emoji.ts';
import { decideReact, type SendState } from './chat.rules.ts';
import { joinAs, openRoom } from './test/rooms.ts';

async function startChat(
  api: TestApi,
): Promise<{ sara: Actor; reza: Actor; conversationId: string }> {
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  return { sara, reza, conversationId };
}

interface Reacted {
  emoji: string;
  isSet: boolean;
  reactions: Record<string, number>;
  revision: number;
}

async function reactedEvents(api: TestApi, conversationId: string): Promise<Reacted[]> {
  const { rows } = await sql<{ body: Reacted }>`
    select body from stream_events where stream_id = ${conversationId} and type = 'chat.reacted'
    order by seq`.execute(api.app.db);
  return rows.map(({ body }) => body);
}

describe('who may react', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const group: SendState = {
    isMember: true,
    kind: 'group',
    status: 'open',
    areFriends: false,
    role: 'member',
    mutedUntil: null,
    sentAt: now,
    slowSeconds: 300,
  };
  const send = { do: 'send' };
  const refuse = (reason: string, more = {}) => ({ do: 'refuse', reason, ...more });
  const later = new Date(now.getTime() + 1);
  test.for<[string, SendState, object]>([
    ['somebody who is no member', { isMember: false }, refuse('not-found')],
    ['a friend', { ...group, kind: 'direct', areFriends: true }, send],
    ['a friend no more', { ...group, kind: 'direct' }, refuse('not-friends')],
    ['a member, whatever slow mode says', group, send],
    ['a reader of a channel', { ...group, kind: 'channel', role: 'reader' }, send],
    ['a reader of a group', { ...group, role: 'reader' }, send],
    ['an owner', { ...group, role: 'owner' }, send],
    ['somebody muted', { ...group, mutedUntil: later }, refuse('muted', { until: later })],
    [
      'a muted reader',
      { ...group, role: 'reader', mutedUntil: later },
      refuse('muted', { until: later }),
    ],
    ['somebody who was muted until now', { ...group, mutedUntil: now }, send],
    ['a member on hold', { ...group, status: 'hold' }, refuse('not-open', { status: 'hold' })],
    [
      'an owner of what is closed',
      { ...group, role: 'owner', status: 'closed' },
      refuse('not-open', { status: 'closed' }),
    ],
  ])('%s', ([, state, decision]) => {
    expect(decideReact(state, now)).toEqual(decision);
  });
});

test('a reaction is exactly one emoji', async () => {
  for (const emoji of ['👍', '❤️', '👩‍👩‍👧', '🇮🇷', '1️⃣', '👍🏽', '🏴󠁧󠁢󠁥󠁮󠁧󠁿']) {
    expect([emoji, isEmoji(emoji)]).toEqual([emoji, true]);
  }
  await using api = await createTestApi();
  const { sara, conversationId } = await startChat(api);
  await sara.say(conversationId, 'one');
  for (const emoji of ['👍👍', 'a', '1', ' 👍', '👍\n', '❤', '\u200d', '__proto__', '🇮', 'سلام']) {
    for (const isSet of [true, false]) {
      await expectAppError(
        sara.api.chat.react({ conversationId, seq: 1, emoji, isSet }),
        'CHAT_EMOJI_INVALID',
      );
    }
  }
});

test('a reaction is set and taken back once, and everybody is told the counts', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  const sent = await sara.say(conversationId, 'one');
  const live = await (await sara.listen()).ready();
  const react = (actor: Actor, emoji: string, isSet = true) =>
    actor.api.chat.react({ conversationId, seq: 1, emoji, isSet });
  await expect(react(reza, '👍', false)).resolves.toEqual(sent);
  const first = await react(reza, '👍');
  expect(first).toEqual({ ...sent, revision: 1, reactions: { '👍': 1 }, myReactions: ['👍'] });
  await expect(react(reza, '👍')).resolves.toEqual(first);
  api.clock.advance(second);
  await react(reza, '❤️');
  const both = await react(sara, '👍');
  expect(both).toEqual({
    ...sent,
    revision: 3,
    reactions: { '👍': 2, '❤️': 1 },
    myReactions: ['👍'],
  });
  const { items } = await reza.api.chat.getMessages({ conversationId, seqs: [1] });
  expect(items).toEqual([{ ...both, myReactions: ['👍', '❤️'] }]);
  await react(reza, '👍', false);
  await react(reza, '👍', false);
  await react(reza, '❤️', false);
  const last = await react(sara, '👍', false);
  expect(last).toEqual({ ...sent, revision: 6 });
  await live.until((event) => event.type === 'chat.reacted' && event.body.revision === 6);
  const told = (actor: Actor, emoji: string, isSet: boolean, reactions: object) => {
    return { conversationId, seq: 1, userId: actor.id, emoji, isSet, reactions };
  };
  const bodies = [
    told(reza, '👍', true, { '👍': 1 }),
    told(reza, '❤️', true, { '👍': 1, '❤️': 1 }),
    told(sara, '👍', true, { '👍': 2, '❤️': 1 }),
    told(reza, '👍', false, { '👍': 1, '❤️': 1 }),
    told(reza, '❤️', false, { '👍': 1 }),
    told(sara, '👍', false, {}),
  ];
  expect(live.stored.map(({ type, body }) => ({ type, body }))).toEqual(
    bodies.map((body, n) => ({ type: 'chat.reacted', body: { ...body, revision: n + 1 } })),
  );
  live.stop();
});

test('one reaction made twenty times at once is one row and one event', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await startChat(api);
  await sara.say(conversationId, 'one');
  for (const isSet of [true, false]) {
    const results = await atOnce(20, () =>
      reza.api.chat.react({ conversationId, seq: 1, emoji: '👍', isSet }),
    );
    expect(tally(results)).toEqual({ ok: 20 });
    const rows = await api.app.db.selectFrom('message_reactions').selectAll().execute();
    expect(rows).toHaveLength(isSet ? 1 : 0);
  }
  expect(await reactedEvents(api, conversationId)).toMatchObject([
    { isSet: true, reactions: { '👍': 1 }, revision: 1 },
    { isSet: false, reactions: {}, revision: 2 },
  ]);
});

test('when many react at once, the counts are those of the rows, and nobody who writes is lost', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'channel');
  const { id: conversationId, owner } = room;
  const { seq } = await owner.say(conversationId, 'one');
  const people: Actor[] = [];
  for (let n = 0; n < 10; n += 1) {
    people.push(await joinAs(api, room, 'reader'));
  }
  const emojis = ['👍', '❤️', '😂'];
  const results = await atOnce<unknown>(70, (n) => {
    const actor = people[n % 10] ?? owner;
    const emoji = emojis[Math.floor(n / 10) % 3] ?? '👍';
    if (n >= 60) {
      return owner.say(conversationId, `text ${n}`);
    }
    // Every second person takes the first two back, at the same time.
    return actor.api.chat.react({ conversationId, seq, emoji, isSet: n < 30 || n % 2 === 0 });
  });
  expect(tally(results)).toEqual({ ok: 70 });
  const { rows } = await sql<{ emoji: string; count: number }>`
    select emoji, count(*)::int as count from message_reactions
    where conversation_id = ${conversationId} group by emoji`.execute(api.app.db);
  const counts = Object.fromEntries(rows.map(({ emoji, count }) => [emoji, count]));
  const { items } = await owner.api.chat.getMessages({ conversationId, seqs: [seq] });
  expect(items[0]?.reactions).toEqual(counts);
  const events = await reactedEvents(api, conversationId);
  expect(events.at(-1)?.reactions).toEqual(counts);
  expect(events.map(({ revision }) => revision)).toEqual(events.map((_, n) => n + 1));
  expect(items[0]?.revision).toBe(events.length);
  const { headSeq } = await owner.api.chat.get({ conversationId });
  expect(headSeq).toBe(seq + 10);
});

test('each person, and each message, has so many reactions and no more', async () => {
  await using api = await createTestApi({
    chat: { reactionsPerPerson: 2, reactionsPerMessage: 3 },
  });
  const { sara, reza, conversationId } = await startChat(api);
  await sara.say(conversationId, 'one');
  const react = (actor: Actor, emoji: string, isSet = true) =>
    actor.api.chat.react({ conversationId, seq: 1, emoji, isSet });
  const results = await atOnce(6, (n) => react(sara, ['👍', '❤️', '😂'][n % 3] ?? ''));
  const { ok = 0, CHAT_TOO_MANY_REACTIONS: refused = 0 } = tally(results);
  expect([ok >= 2, refused >= 1, ok + refused]).toEqual([true, true, 6]);
  const [message] = (await sara.api.chat.getMessages({ conversationId, seqs: [1] })).items;
  expect(message?.myReactions).toHaveLength(2);
  const [mine = ''] = message?.myReactions ?? [];
  await expect(react(sara, '🎉')).rejects.toMatchObject({ data: { most: 2 } });
  await react(reza, '🙏');
  await expect(react(reza, '🎉')).rejects.toMatchObject({ data: { most: 3 } });
  await react(reza, mine);
  await react(reza, '🙏', false);
  await react(sara, mine, false);
  await expect(react(sara, '🎉')).resolves.toMatchObject({ reactions: { [mine]: 1, '🎉': 1 } });
});

test('readers react too; who is muted, or where nothing is taken, nobody does', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api, 'channel');
  const { id: conversationId, owner } = room;
  const reader = await joinAs(api, room, 'reader');
  const { seq } = await owner.say(conversationId, 'one');
  const react = (actor: Actor, place = seq) =>
    actor.api.chat.react({ conversationId, seq: place, emoji: '👍', isSet: true });
  await expectAppError(react(reader, 1), 'CHAT_MESSAGE_NOT_FOUND');
  await expectAppError(react(reader, seq + 1), 'CHAT_MESSAGE_NOT_FOUND');
  const until = new Date(api.clock.now().getTime() + minute).toISOString();
  await owner.api.chat.mute({ conversationId, userId: reader.id, until });
  await expectAppError(react(reader), 'CHAT_MUTED');
  await owner.api.chat.setStatus({ conversationId, status: 'hold' });
  await expectAppError(react(owner), 'CHAT_NOT_OPEN');
  await owner.api.chat.setStatus({ conversationId, status: 'open' });
  api.clock.advance(minute);
  await expect(react(reader)).resolves.toMatchObject({ reactions: { '👍': 1 } });
  await reader.api.chat.delete({ conversationId, seqs: [seq], for: 'me' });
  await expectAppError(react(reader), 'CHAT_MESSAGE_NOT_FOUND');
  await owner.api.chat.delete({ conversationId, seqs: [seq], for: 'all' });
  await expectAppError(react(owner), 'CHAT_MESSAGE_NOT_FOUND');

  const direct = await startChat(api);
  await direct.sara.say(direct.conversationId, 'one');
  await direct.reza.api.friend.remove({ userId: direct.sara.id });
  await expectAppError(
    direct.reza.api.chat.react({
      conversationId: direct.conversationId,
      seq: 1,
      emoji: '👍',
      isSet: true,
    }),
    'CHAT_NOT_FRIENDS',
  );
});

test('reactions are listed with who made them, the oldest first, in pages', async () => {
  await using api = await createTestApi();
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const others = [await joinAs(api, room, 'member'), await joinAs(api, room, 'reader')];
  const { seq } = await owner.say(conversationId, 'one');
  const made: string[] = [];
  for (const [index, actor] of [...others, owner].entries()) {
    // Those of one person come at one instant.
    for (const emoji of index === 1 ? ['👍', '❤️', '😂'] : ['👍']) {
      await actor.api.chat.react({ conversationId, seq, emoji, isSet: true });
      made.push(`${actor.id} ${emoji}`);
    }
    api.clock.advance(second);
  }
  const listed: string[] = [];
  const ats: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof owner.api.chat.listReactions>> =
      await owner.api.chat.listReactions({ conversationId, seq, limit: 2, cursor });
    expect(page.items.length).toBeLessThanOrEqual(2);
    listed.push(...page.items.map(({ user, emoji }) => `${user.id} ${emoji}`));
    ats.push(...page.items.map(({ at }) => at));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(listed.toSorted()).toEqual(made.toSorted());
  expect(ats).toEqual(ats.toSorted());
  expect([listed[0], listed.at(-1)]).toEqual([made[0], made.at(-1)]);
  const { items } = await owner.api.chat.listReactions({ conversationId, seq });
  expect(items.map(({ user, emoji }) => `${user.id} ${emoji}`)).toEqual(listed);
  expect(items.at(-1)?.user).toEqual({ id: owner.id, firstName: 'Owner', lastName: null });
  // What comes before is a note.
  await expectAppError(
    owner.api.chat.listReactions({ conversationId, seq: seq - 1 }),
    'CHAT_MESSAGE_NOT_FOUND',
  );
  const odd = Buffer.from(JSON.stringify([0, owner.id, 'a\0'])).toString('base64url');
  await expectAppError(
    owner.api.chat.listReactions({ conversationId, seq, cursor: odd }),
    'INPUT_INVALID',
  );
});
