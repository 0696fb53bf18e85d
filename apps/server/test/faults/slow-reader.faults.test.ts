import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createChaparClient, memoryTokenStore, newId } from '@chapar/client';
import { cloneDatabase } from '@chapar/api/testing';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startProcess, type ServerProcess } from '../server-process.ts';
import { stormEnv } from './storm.ts';

const stuckReaders = 8;
/** Of text that takes two bytes a character: 20 MB are due to each reader. */
const messages = 2_500;
const longest = 'س'.repeat(4_096);
const atOnce = 25;
const mebibyte = 1024 ** 2;

/** Resident memory of a process in bytes, where the system tells it (Linux). */
async function residentBytes({ child }: ServerProcess): Promise<number | null> {
  const status = await readFile(`/proc/${String(child.pid)}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

test(
  'readers that stop reading are closed, cost little memory, and nobody else notices',
  { timeout: 240_000 },
  async () => {
    await using database = await cloneDatabase();
    await using server = await startProcess({
      DATABASE_URL: database.url,
      // The collector takes what it can have; here it shall not, so that what is kept is seen.
      NODE_OPTIONS: '--max-old-space-size=80 --max-semi-space-size=2',
      ...stormEnv,
    });
    const signIn = async (phone: string) => {
      const client = createChaparClient({ url: server.url, tokenStore: memoryTokenStore() });
      const { challengeId } = await client.otp.request.mutate({ phone });
      const { accessToken } = await client.otp.verify.mutate({ challengeId, code: '123456' });
      return { client, accessToken };
    };
    const [sara, reza] = [await signIn('+989140001000'), await signIn('+989140001001')];
    const { id: userId } = await reza.client.user.me.query();
    const { id: requestId } = await sara.client.friend.request.mutate({ userId });
    await reza.client.friend.accept.mutate({ requestId });
    const { id: conversationId } = await sara.client.chat.start.mutate({ userId });
    const got: number[] = [];
    const ready = Promise.withResolvers<undefined>();
    reza.client.stream.onEvent.subscribe(undefined, {
      onData({ data: event }) {
        if (event.type === 'stream.ready') {
          ready.resolve(undefined);
        } else if (event.type === 'chat.message') {
          got.push(event.body.seq);
        }
      },
    });
    await ready.promise;
    const say = async (count: number, text: string): Promise<void> => {
      for (let sent = 0; sent < count; sent += atOnce) {
        await Promise.all(
          Array.from({ length: atOnce }, () =>
            sara.client.chat.send.mutate({ conversationId, id: newId(), text }),
          ),
        );
      }
    };
    // The process at work takes what memory it needs for as much work without stuck readers.
    await say(messages / 2, longest);
    const before = await residentBytes(server);

    const stuck = await Promise.all(
      Array.from({ length: stuckReaders }, async () => {
        const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc?connectionParams=1`);
        await once(socket, 'open');
        const data = { token: reza.accessToken };
        socket.send(JSON.stringify({ method: 'connectionParams', data }));
        const params = { path: 'stream.onEvent', input: {} };
        socket.send(JSON.stringify({ id: 1, method: 'subscription', params }));
        await once(socket, 'message');
        socket.pause();
        return socket;
      }),
    );
    await say(messages, longest);
    const after = await residentBytes(server);
    await expect.poll(() => got.length).toBe(messages * 1.5);
    expect(got).toEqual(Array.from({ length: messages * 1.5 }, (_, index) => index + 1));
    const codes = await Promise.all(
      stuck.map(async (socket) => {
        const closed = once(socket, 'close') as Promise<[number]>;
        socket.resume();
        return (await closed)[0];
      }),
    );
    expect(codes).toEqual(stuck.map(() => 4290));
    if (before !== null && after !== null) {
      // Without a bound it would be 20 MB each. The rest is the breath of the garbage collector.
      expect(after - before).toBeLessThan(stuckReaders * 2 * mebibyte + 16 * mebibyte);
    }
    await sara.client.close();
    await reza.client.close();
  },
);
