import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { second } from '../../kernel/duration.ts';
import { Pace } from '../../limits/pace.ts';
import { createMemoryHub } from '../../realtime/memory-hub.ts';
import { createTestApi, expectAppError, type Actor, type TestApi } from '../../testing/index.ts';
import type { Listener } from '../../testing/listener.ts';
import { decideTyping } from './chat.rules.ts';

async function startChat(api: TestApi): Promise<{ sara: Actor; reza: Actor; chat: string }> {
  const [sara, reza] = await api.signUpFriends();
  const { id: chat } = await sara.api.chat.start({ userId: reza.id });
  return { sara, reza, chat };
}

function typingOf({ events }: Listener) {
  return events.filter(({ type }) => type === 'chat.typing');
}

async function until(listener: Listener, text: string): Promise<void> {
  await listener.until((event) => event.type === 'chat.message' && event.body.text === text);
}

test('CH33: the others see on every node that somebody types, for six seconds, and nothing stays', async () => {
  const hub = createMemoryHub();
  await using api = await createTestApi({ hub });
  await using other = await createTestApi({ on: api, hub });
  const { sara, reza, chat } = await startChat(api);
  const stranger = await api.signUp();
  const [own, here, there, strange] = await Promise.all(
    [sara, reza, reza.at(other), stranger].map(async (who) => (await who.listen()).ready()),
  );
  await expect(sara.api.chat.typing({ conversationId: chat })).resolves.toBeUndefined();
  const typing = { type: 'chat.typing', conversationId: chat, userId: sara.id, seconds: 6 };
  for (const listener of [here, there]) {
    await expect(listener?.until(({ type }) => type === 'chat.typing')).resolves.toEqual(typing);
  }
  await sara.say(chat, 'done');
  for (const listener of [own, here, there]) {
    await (listener && until(listener, 'done'));
  }
  expect([own, strange].flatMap((listener) => (listener ? typingOf(listener) : []))).toEqual([]);
  const late = await (await reza.listen('1')).ready();
  expect(typingOf(late)).toEqual([]);
  const rows = await api.app.db.selectFrom('stream_events').select('type').execute();
  expect(rows.map(({ type }) => type)).not.toContain('chat.typing');
  for (const listener of [own, here, there, strange, late]) {
    listener?.stop();
  }
});

test('CH33: once in three seconds for each person and conversation; more is swallowed', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const live = await (await reza.listen()).ready();
  const type = (): Promise<void> => sara.api.chat.typing({ conversationId: chat });
  await Promise.all(Array.from({ length: 20 }, type));
  api.clock.advance(3 * second - 1);
  await type();
  await sara.say(chat, 'first');
  await until(live, 'first');
  expect(typingOf(live)).toHaveLength(1);
  api.clock.advance(1);
  await type();
  await sara.say(chat, 'second');
  await until(live, 'second');
  expect(typingOf(live)).toHaveLength(2);
  live.stop();
});

test('CH33: who is no member, or no friend any more, types to nobody', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const stranger = await api.signUp();
  const live = await (await reza.listen()).ready();
  for (let i = 0; i < 2; i += 1) {
    await expectAppError(stranger.api.chat.typing({ conversationId: chat }), 'CHAT_NOT_FOUND');
  }
  const nothing = { conversationId: api.app.deps.newId() };
  await expectAppError(sara.api.chat.typing(nothing), 'CHAT_NOT_FOUND');
  await sara.api.friend.remove({ userId: reza.id });
  for (let i = 0; i < 2; i += 1) {
    const refused = sara.api.chat.typing({ conversationId: chat });
    await expect(expectAppError(refused, 'CHAT_NOT_FRIENDS')).resolves.toEqual({ userId: reza.id });
  }
  await live.until(({ type }) => type === 'friend.removed');
  expect(typingOf(live)).toEqual([]);
  live.stop();
});

test('CH33: in a conversation of more than 100 nobody is told', async () => {
  await using api = await createTestApi();
  const { sara, reza, chat } = await startChat(api);
  const live = await (await reza.listen()).ready();
  const crowd = async (count: number): Promise<void> => {
    await api.database.pool.query(
      `with people as (
         insert into users (id, phone, kind, role, status, created_at)
         select gen_random_uuid(), '+98935' || (random() * 1e9)::bigint || n, 'personal', 'user',
           'active', now()
         from generate_series(1, $2::int) n returning id
       )
       insert into conversation_members (user_id, conversation_id, read_seq)
       select id, $1, 0 from people`,
      [chat, count],
    );
  };
  await crowd(99);
  await sara.api.chat.typing({ conversationId: chat });
  await reza.api.user.update({});
  await live.until(({ type }) => type === 'user.updated');
  expect(typingOf(live)).toEqual([]);
  live.stop();
});

test('CH33: a slow reader gets every message, and of the signs of typing the newest one only', async () => {
  const stream = { ...defaultConfig.stream, auditMs: 50, beaconMs: 5_000 };
  await using api = await createTestApi({ config: { stream } });
  const { sara, reza, chat } = await startChat(api);
  const gate = Promise.withResolvers<boolean>();
  const slow = await reza.listen(undefined, () => gate.promise);
  const quick = await (await reza.listen()).ready();
  for (const text of ['1', '2', '3', '4']) {
    await sara.api.chat.typing({ conversationId: chat });
    await sara.say(chat, text);
    api.clock.advance(3 * second);
  }
  await until(quick, '4');
  gate.resolve(true);
  await slow.until(({ type }) => type === 'chat.typing');
  expect(typingOf(quick)).toHaveLength(4);
  const types = slow.events.filter(({ type }) => type !== 'stream.ready').map(({ type }) => type);
  expect(types).toEqual([...Array.from({ length: 4 }, () => 'chat.message'), 'chat.typing']);
  quick.stop();
  slow.stop();
});

const place = {
  isMember: true,
  kind: 'direct',
  status: 'open',
  areFriends: true,
  role: 'member',
  mutedUntil: null,
  sentAt: null,
  slowSeconds: 0,
} as const;

test.for([
  [{ isMember: false, members: 0 }, 'not-found'],
  [{ ...place, members: 2, areFriends: false }, 'not-friends'],
  [{ ...place, members: 2 }, 'tell'],
  [{ ...place, kind: 'group', members: 100, areFriends: false }, 'tell'],
  [{ ...place, kind: 'group', members: 101, areFriends: false }, 'nothing'],
  [{ ...place, kind: 'channel', members: 2, role: 'reader' }, 'read-only'],
  [{ ...place, kind: 'group', members: 2, status: 'hold' }, 'not-open'],
] as const)('CH33: %j: %s', ([state, expected]) => {
  const decision = decideTyping(state, new Date());
  expect(decision.do === 'refuse' ? decision.reason : decision.do).toBe(expected);
});

test('CH33: what is remembered of who types is bounded and forgotten in time', () => {
  const pace = new Pace({ everyMs: 1_000, most: 3 });
  const at = (ms: number): Date => new Date(ms);
  expect(['a', 'b', 'c'].map((key) => pace.take(key, at(0)))).toEqual([true, true, true]);
  expect(pace.take('a', at(999))).toBe(false);
  expect(pace.take('d', at(999))).toBe(true);
  expect(pace.size).toBe(3);
  expect(pace.take('a', at(999))).toBe(true);
  pace.giveBack('a');
  expect(pace.take('a', at(999))).toBe(true);
  expect(pace.take('e', at(2_000))).toBe(true);
  expect(pace.size).toBe(1);
  // A clock that was set back holds nobody up.
  expect(pace.take('e', at(0))).toBe(true);
});
