import type { PresenceEvent } from '@chapar/contract';
import type { ChaparClient, StreamEvent } from '@chapar/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from './harness.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/** Two clients whose people are friends, and have a conversation. */
async function signInFriends() {
  const [sara, reza] = [await server.signIn('09141110001'), await server.signIn('09141110002')];
  const [{ id: saraId }, { id: rezaId }] = [await sara.user.me.query(), await reza.user.me.query()];
  const { id: requestId } = await sara.friend.request.mutate({ userId: rezaId });
  await reza.friend.accept.mutate({ requestId });
  const { id: conversationId } = await sara.chat.start.mutate({ userId: rezaId });
  return { sara, reza, saraId, conversationId };
}

function watch(client: ChaparClient, userIds: string[]): PresenceEvent[] {
  const events: PresenceEvent[] = [];
  client.presence.onChange.subscribe({ userIds }, { onData: ({ data }) => void events.push(data) });
  return events;
}

function listen(client: ChaparClient): StreamEvent[] {
  const events: StreamEvent[] = [];
  client.stream.onEvent.subscribe(undefined, {
    onData: ({ data }) => void events.push(data),
  });
  return events;
}

test('T18, CH33: over a real socket a friend comes online and types; a new socket begins anew', async () => {
  const { sara, reza, saraId, conversationId } = await signInFriends();
  const seen = watch(reza, [saraId]);
  const events = listen(reza);
  await expect.poll(() => seen).toHaveLength(1);
  const [first] = seen;
  const before = first?.type === 'presence.snapshot' ? first.people : [];
  expect(before).toMatchObject([{ userId: saraId, isOnline: false }]);
  expect(before[0]?.lastSeenAt).toMatch(/:00\.000Z$/);
  const hers = listen(sara);
  await expect
    .poll(() => seen.slice(1))
    .toEqual([{ type: 'presence.changed', userId: saraId, isOnline: true, lastSeenAt: null }]);
  await expect.poll(() => hers.some(({ type }) => type === 'stream.ready')).toBe(true);
  await sara.chat.typing.mutate({ conversationId });
  const typing = { type: 'chat.typing', conversationId, userId: saraId, seconds: 6 };
  await expect.poll(() => events).toContainEqual(typing);
  server.cutSockets();
  await expect
    .poll(() => seen.slice(2), { timeout: 10_000 })
    .toEqual([
      {
        type: 'presence.snapshot',
        people: [{ userId: saraId, isOnline: true, lastSeenAt: null }],
      },
    ]);
});
