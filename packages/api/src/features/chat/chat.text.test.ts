import { chatListMessagesOutputSchema, meSchema } from '@chapar/contract';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { createTestApi, expectAppError } from '../../testing/index.ts';
import { WireResult, wireOf } from '../../wire-output.ts';
import { getMe } from '../user/user.service.ts';
import { listMessages } from './chat.history.ts';

const texts = [
  'plain',
  '"quotes" and \\ backslashes \\n',
  'lines\nand\r\ntabs\t',
  'سلام، «حال» شما؟ علی\u200cرضا',
  '🙂 👩‍👩‍👧 \u{1F1EE}\u{1F1F7}',
  'separators \u2028 \u2029 \u0085',
  '</script><!-- {"json":1} -->',
  '\u0001\u001f\u007f\ufeff\uffff',
  'x'.repeat(4_096),
];

test('texts come out of the list as they went in, whatever they are made of', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const said = [];
  for (const text of texts) {
    said.push(await sara.say(conversationId, text));
    api.clock.advance(1_001);
  }
  const { auth } = { auth: sara.call().connection.auth };
  expect(auth.status).toBe('verified');
  const actor = { userId: sara.id, sessionId: sara.sessionId, role: 'user' as const };
  const call = {
    ...sara.call(),
    actor: { ...actor, authenticatedAt: api.clock.now() },
  };

  const list = await listMessages(call, { conversationId, limit: 5 });
  const page = chatListMessagesOutputSchema.parse(superjson.parse(list.envelope));
  expect(superjson.parse(list.envelope)).toEqual(page);
  expect(page.items).toEqual(said.toReversed().slice(0, 5));
  const rest = await sara.api.chat.listMessages({
    conversationId,
    limit: 5,
    cursor: page.nextCursor,
  });
  expect(rest).toEqual({ items: said.toReversed().slice(5), nextCursor: null });
  // An object, as everybody in the process gets it.
  expect(superjson.parse(superjson.stringify(rest))).toEqual(rest);

  const me = superjson.parse((await getMe(call)).envelope);
  expect(me).toEqual(meSchema.parse(me));
  expect(superjson.serialize(me)).toEqual(JSON.parse((await getMe(call)).envelope));
});

test('an empty conversation has an empty page, and those who are not in it find none', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const stranger = await api.signUp();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const list = { conversationId, limit: 2 };
  await expect(reza.api.chat.listMessages(list)).resolves.toEqual({ items: [], nextCursor: null });
  await sara.say(conversationId, 'hi');
  await sara.say(conversationId, 'there');
  await expectAppError(stranger.api.chat.listMessages(list), 'CHAT_NOT_FOUND');
  await expectAppError(
    sara.api.chat.listMessages({ ...list, conversationId: api.app.deps.newId() }),
    'CHAT_NOT_FOUND',
  );
  const { items, nextCursor } = await reza.api.chat.listMessages({ ...list, limit: 1 });
  expect(items.map(({ text }) => text)).toEqual(['there']);
  const older = await reza.api.chat.listMessages({ ...list, limit: 1, cursor: nextCursor });
  expect(older.items.map(({ text }) => text)).toEqual(['hi']);
  expect(older.nextCursor).toBeNull();
});

test('a result that is not text yet is validated', () => {
  const { parse } = wireOf(meSchema);
  expect(() => parse({ id: 7 })).toThrow(/invalid/i);
  const text = WireResult.of({ anything: 1 });
  expect(parse(text)).toBe(text);
});
