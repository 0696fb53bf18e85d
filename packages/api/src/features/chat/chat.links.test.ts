import { expect, test } from 'vitest';
import { hour, minute } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, TestClock } from '../../testing/index.ts';
import { hasLink } from './chat.links.rules.ts';

const chat = { newAccountHours: 24, newAccountLinks: 2 };
const link = 'see https://example.com';

test.each([
  'https://example.com',
  'HTTP://EXAMPLE.COM/a',
  'tg://resolve?domain=x',
  'go to www.example.anything',
  'example.com',
  'سایت ما example.ir است',
  'سایت ما نمونه.ایران',
  't.me/joinchat',
  'ｅｘａｍｐｌｅ．ｃｏｍ',
  'exam\u200bple.c\u00adom',
])('%j has a link', (text) => {
  expect(hasLink(text)).toBe(true);
});

test.each([
  'plain',
  'سلام. خوبی؟',
  'It is done.Now go.',
  'readme.md, main.ts and 3.14',
  'com.example',
  'a://',
  '12:30 // 13:00',
  'example.company',
  '...ir',
])('%j has none', (text) => {
  expect(hasLink(text)).toBe(false);
});

test('a new account sends few links, and an older one as many as it likes', async () => {
  const clock = new TestClock(new Date().toISOString());
  await using api = await createTestApi({ chat, clock });
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  const first = await sara.say(conversationId, link);
  const { seq } = await sara.say(conversationId, 'without');
  await sara.say(conversationId, link);

  const tooMany = async (call: Promise<unknown>) => {
    const data = await expectAppError(call, 'CHAT_TOO_MANY_LINKS');
    expect(data).toEqual({ retryAfterSeconds: 1_800 });
  };
  await tooMany(sara.say(conversationId, link));
  await tooMany(sara.api.chat.edit({ conversationId, seq, text: link }));
  const from = { conversationId, seq: first.seq };
  await tooMany(sara.api.chat.forward({ conversationId, id: api.app.deps.newId(), from }));
  // What was stored is told to who asks again, and the other person has links of their own.
  const { id } = first;
  const again = await sara.api.chat.send({ conversationId, id, text: link });
  expect(again.seq).toBe(first.seq);
  await sara.say(conversationId, 'words');
  await reza.say(conversationId, link);

  clock.advance(30 * minute);
  await sara.say(conversationId, link);
  await expectAppError(sara.say(conversationId, link), 'CHAT_TOO_MANY_LINKS');
  clock.advance(24 * hour);
  for (let i = 0; i < 5; i += 1) {
    await sara.say(conversationId, link);
  }
});
