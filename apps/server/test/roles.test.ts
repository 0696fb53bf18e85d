import { cloneDatabase } from '@chapar/api/testing';
import { newId } from '@chapar/client';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from './harness.ts';

const env = { HUB: 'postgres', SECRET_KEY: 'calls-here-and-sockets-elsewhere-1' };

test('T17 calls and sockets are served by different processes', async () => {
  await using database = await cloneDatabase();
  await using calls = await startServer({ ...env, ROLE: 'http' }, database);
  await using sockets = await startServer({ ...env, ROLE: 'socket' }, database);
  /** What a load balancer does that knows upgrades from calls. */
  class RoutedSocket extends WebSocket {
    constructor(url: string) {
      super(url.replace(calls.url.replace('http', 'ws'), sockets.url.replace('http', 'ws')));
    }
  }
  const [sara, reza] = [calls.client(), calls.client({ WebSocket: RoutedSocket })];
  for (const [client, phone] of [
    [sara, '+989120004001'],
    [reza, '+989120004002'],
  ] as const) {
    const { challengeId } = await client.otp.request.mutate({ phone });
    await client.otp.verify.mutate({ challengeId, code: await calls.code(phone) });
  }
  const got: string[] = [];
  const ready = Promise.withResolvers<undefined>();
  reza.stream.onEvent.subscribe(undefined, {
    onData({ data: event }) {
      if (event.type === 'stream.ready') {
        ready.resolve(undefined);
      } else if (event.type === 'chat.message') {
        got.push(event.body.text);
      }
    },
  });
  await ready.promise;
  const { id: userId } = await reza.user.me.query();
  const { id: requestId } = await sara.friend.request.mutate({ userId });
  await reza.friend.accept.mutate({ requestId });
  const { id: conversationId } = await sara.chat.start.mutate({ userId });
  await sara.chat.send.mutate({ conversationId, id: newId(), text: 'across' });
  await expect.poll(() => got).toEqual(['across']);

  const elsewhere = await fetch(`${sockets.url}/trpc/user.me`);
  expect(elsewhere.status).toBe(404);
  const [ready1, ready2] = await Promise.all(
    [calls, sockets].map(({ url }) => fetch(`${url}/readyz`)),
  );
  expect([ready1?.status, ready2?.status]).toEqual([200, 200]);
  const upgrade = new WebSocket(`${calls.url.replace('http', 'ws')}/trpc?connectionParams=1`);
  const refused = Promise.withResolvers<number | undefined>();
  upgrade.on('error', () => undefined);
  upgrade.on('unexpected-response', (_request, response) => refused.resolve(response.statusCode));
  expect(await refused.promise).toBe(404);
  upgrade.terminate();
});
