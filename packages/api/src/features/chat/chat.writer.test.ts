import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';

test('a conversation that somebody holds keeps nobody else waiting', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const [omid, mina] = await api.signUpFriends();
  const { id: held } = await sara.api.chat.start({ userId: reza.id });
  const { id: free } = await omid.api.chat.start({ userId: mina.id });
  const holder = await api.database.pool.connect();
  await holder.query('begin');
  await holder.query('select from conversations where id = $1 for update', [held]);
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
  await holder.query('select from conversations where id = $1 for update', [held]);
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
