import { setTimeout as wait } from 'node:timers/promises';
import { cloneDatabase } from '@chapar/api/testing';
import { createChaparClient, newId } from '@chapar/client';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startProcess, type ServerProcess } from '../server-process.ts';
import { isFull, signInAs } from './crowd.ts';
import { Follower } from './follower.ts';
import { stormEnv } from './storm.ts';

const patience = 60_000;
const stallMs = 3_000;
/** Longer than a ping waits for its answer, and than a socket may take to sign in. */
const longStallMs = 13_000;
const readers = 8;
const warning = 'the event loop stood still';

/** Keeps the process from running, as something does that blocks its one thread. */
async function stall({ child }: ServerProcess, during: () => Promise<void>): Promise<void> {
  child.kill('SIGSTOP');
  try {
    await during();
  } finally {
    child.kill('SIGCONT');
  }
}

/** How ready the server says it is. */
async function readiness(url: string): Promise<[number, string]> {
  const answer = await fetch(`${url}/readyz`);
  const { status } = (await answer.json()) as { status: string };
  return [answer.status, status];
}

/** Two friends with a conversation, and what has its live stream open. */
async function gather(undo: AsyncDisposableStack) {
  const database = undo.use(await cloneDatabase());
  const server = undo.use(await startProcess({ DATABASE_URL: database.url, ...stormEnv }));
  const sara = await signInAs(server.url, '+989140001000');
  undo.defer(() => sara.client.close());
  const reza = await signInAs(server.url, '+989140001001');
  undo.defer(() => reza.client.close());
  const { userId } = reza;
  const { id: requestId } = await sara.client.friend.request.mutate({ userId });
  await reza.client.friend.accept.mutate({ requestId });
  const { id: conversationId } = await sara.client.chat.start.mutate({ userId });
  const followers = Array.from(
    { length: readers },
    () => new Follower({ token: reza.accessToken }),
  );
  for (const follower of followers) {
    await follower.come(server.url);
    undo.defer(() => follower.leave());
  }
  const sent: string[] = [];
  const say = async (text: string): Promise<void> => {
    const id = newId();
    sent.push(id);
    await sara.client.chat.send.mutate({ conversationId, id, text });
  };
  return { server, reza, followers, sent, say };
}

test(
  'an event loop that stands still: it is said, no socket is lost, and events go on',
  { timeout: patience },
  async () => {
    await using undo = new AsyncDisposableStack();
    const { server, reza, followers, sent, say } = await gather(undo);
    const states: string[] = [];
    const got: string[] = [];
    let opened = 0;
    class Counted extends WebSocket {
      constructor(url: string) {
        super(url);
        opened += 1;
      }
    }
    const device = createChaparClient({
      url: server.url,
      tokenStore: reza.tokenStore,
      WebSocket: Counted,
      onConnectionChange: (state) => states.push(state),
    });
    undo.defer(() => device.close());
    device.stream.onEvent.subscribe(undefined, {
      onData({ data: event }) {
        if (event.type === 'chat.message') {
          got.push(event.body.id);
        }
      },
    });
    await expect.poll(() => states.at(-1)).toBe('live');
    await say('before');
    expect(await readiness(server.url)).toEqual([200, 'ready']);
    expect(server.output()).not.toContain(warning);

    let asked: Promise<unknown> = Promise.resolve();
    await stall(server, async () => {
      asked = say('meanwhile');
      await wait(stallMs);
    });
    await expect.poll(() => readiness(server.url), { timeout: 4_000 }).toEqual([503, 'blocked']);
    expect(server.output()).toContain(warning);
    await asked;
    await say('after');
    await expect.poll(() => readiness(server.url), { timeout: patience }).toEqual([200, 'ready']);
    await say('long after');
    await Promise.all(followers.map((follower) => follower.until(sent.length)));
    await expect.poll(() => got, { timeout: patience }).toEqual(sent);
    for (const follower of followers) {
      expect(follower.messages).toEqual(sent);
      expect(follower.closes).toEqual([]);
    }
    expect([opened, states]).toEqual([1, ['connecting', 'live']]);
  },
);

// It waits for a ping, half a minute.
test(
  'an event loop that stands still for longer than its peers are given is not held against them',
  { timeout: 2 * patience },
  async ({ skip }) => {
    skip(!isFull, 'takes a minute: FAULTS=full');
    await using undo = new AsyncDisposableStack();
    const { server, reza, followers, sent, say } = await gather(undo);
    const [pinged] = followers;
    // Their answers, and what the new one signs in with, come while nobody reads them.
    await expect.poll(() => pinged?.pings, { timeout: patience }).toBe(1);
    const newcomer = new Follower({ token: reza.accessToken });
    undo.defer(() => newcomer.leave());
    let coming: Promise<void> = Promise.resolve();
    await stall(server, async () => {
      coming = newcomer.come(server.url);
      await wait(longStallMs);
    });
    await coming;
    await say('after');
    const all = [...followers, newcomer];
    await Promise.all(all.map((follower) => follower.until(sent.length)));
    await wait(longStallMs);
    await say('long after');
    await Promise.all(all.map((follower) => follower.until(sent.length)));
    expect(all.map(({ closes }) => closes)).toEqual(all.map(() => []));
  },
);
