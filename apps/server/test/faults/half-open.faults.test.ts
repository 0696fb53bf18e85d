import { setTimeout as wait } from 'node:timers/promises';
import { cloneDatabase } from '@chapar/api/testing';
import {
  createChaparClient,
  newId,
  type ChaparClient,
  type PresenceEvent,
  type TokenStore,
} from '@chapar/client';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startProcess } from '../server-process.ts';
import { startBalancer, targetOf, type Balancer } from './balancer.ts';
import { signInAs } from './crowd.ts';
import { Follower } from './follower.ts';
import { stormEnv } from './storm.ts';

const patience = 60_000;
/** What the way through a busy machine may take on top of what the specification promises. */
const slackMs = 2_000;
/** No sign of life for 25 s, then none for 10 s after a ping. */
const freedWithinMs = 35_000;
/** The client pings after 20 s and waits 8 s. */
const backWithinMs = 28_000;
/** 10 s after the socket was freed. */
const offWithinMs = 45_000;
const messages = 30;

/** The only line of a socket: a cable that can be pulled, and where it ends at the server. */
async function layCable(undo: AsyncDisposableStack, serverUrl: string) {
  const end = undo.use(await startBalancer([targetOf(serverUrl)]));
  const cable = undo.use(await startBalancer([targetOf(end.url)]));
  return { cable, end };
}

/** Milliseconds from `since` until it is so. */
async function timeUntil(since: number, isSo: () => boolean): Promise<number> {
  const deadline = since + patience;
  while (!isSo()) {
    if (performance.now() > deadline) {
      return Infinity;
    }
    await wait(20);
  }
  return performance.now() - since;
}

/** A device that follows its stream over one line. */
function follow(undo: AsyncDisposableStack, { url }: Balancer, tokenStore: TokenStore) {
  class Counted extends WebSocket {
    constructor(address: string) {
      super(address);
      device.opened += 1;
    }
  }
  const client = createChaparClient({ url, tokenStore, WebSocket: Counted });
  undo.defer(() => client.close());
  const device = { client, opened: 0, live: 0, messages: [] as string[], resets: 0 };
  client.stream.onEvent.subscribe(undefined, {
    onData({ data: event }) {
      if (event.type === 'stream.ready') {
        device.live += 1;
      } else if (event.type === 'stream.reset') {
        device.resets += 1;
      } else if (event.type === 'chat.message') {
        device.messages.push(event.body.id);
      }
    },
  });
  return device;
}

function watch(client: ChaparClient, userIds: string[]): (userId: string) => boolean[] {
  const seen: PresenceEvent[] = [];
  client.presence.onChange.subscribe({ userIds }, { onData: ({ data }) => void seen.push(data) });
  return (userId) =>
    seen.flatMap((event) => {
      const people = event.type === 'presence.snapshot' ? event.people : [event];
      return people.filter((person) => person.userId === userId).map(({ isOnline }) => isOnline);
    });
}

async function befriend(one: ChaparClient, other: ChaparClient): Promise<void> {
  const { id: userId } = await other.user.me.query();
  const { id: requestId } = await one.friend.request.mutate({ userId });
  await other.friend.accept.mutate({ requestId });
}

test(
  'a pulled cable: the server frees the socket, and the client comes back to all that it missed',
  { timeout: 2 * patience },
  async () => {
    await using undo = new AsyncDisposableStack();
    const database = undo.use(await cloneDatabase());
    const server = undo.use(await startProcess({ DATABASE_URL: database.url, ...stormEnv }));
    const person = async (phone: string) => {
      const one = await signInAs(server.url, phone);
      undo.defer(() => one.client.close());
      return one;
    };
    const watcher = await person('+989140001000');
    const [returning, away] = [await person('+989140001001'), await person('+989140001002')];
    await befriend(watcher.client, returning.client);
    await befriend(watcher.client, away.client);
    const { userId } = returning;
    const { id: conversationId } = await watcher.client.chat.start.mutate({ userId });
    const onlineStates = watch(watcher.client, [userId, away.userId]);
    const lines = [await layCable(undo, server.url), await layCable(undo, server.url)] as const;
    const device = follow(undo, lines[0].cable, returning.tokenStore);
    await expect.poll(() => device.live, { timeout: patience }).toBe(1);
    const lost = new Follower({ token: away.accessToken });
    await lost.come(lines[1].cable.url);
    await expect.poll(() => onlineStates(userId).at(-1), { timeout: patience }).toBe(true);
    await expect.poll(() => onlineStates(away.userId).at(-1), { timeout: patience }).toBe(true);
    expect(lines[1].end.size).toBe(1);
    const sent: string[] = [];
    const say = async (text: string): Promise<void> => {
      const id = newId();
      await watcher.client.chat.send.mutate({ conversationId, id, text });
      sent.push(id);
    };
    await say('before');
    await expect.poll(() => device.messages, { timeout: patience }).toEqual(sent);

    const pulled = performance.now();
    for (const { cable } of lines) {
      cable.freeze();
    }
    lines[1].cable.targets = [];
    const talking = (async () => {
      for (let n = 1; n <= messages; n += 1) {
        await say(`meanwhile ${n}`);
        await wait(1_000);
      }
    })();
    const [back, freed, off] = await Promise.all([
      timeUntil(pulled, () => device.live === 2),
      timeUntil(pulled, () => lines[1].end.size === 0),
      timeUntil(pulled, () => onlineStates(away.userId).at(-1) === false),
      talking,
    ]);
    expect(back).toBeLessThan(backWithinMs + slackMs);
    expect(freed).toBeLessThan(freedWithinMs + slackMs);
    expect(off).toBeLessThan(offWithinMs + slackMs);
    await say('after');
    await expect.poll(() => device.messages.length, { timeout: patience }).toBe(sent.length);
    expect(device).toMatchObject({ opened: 2, live: 2, messages: sent, resets: 0 });
    // Its old socket was freed meanwhile; that it has another is nothing that others notice.
    expect(onlineStates(userId).lastIndexOf(false)).toBeLessThan(
      onlineStates(userId).indexOf(true),
    );
  },
);
