import { setTimeout as wait } from 'node:timers/promises';
import { cloneDatabase } from '@chapar/api/testing';
import { newId } from '@chapar/client';
import { expect, test } from 'vitest';
import { freePort } from '../free-port.ts';
import { startProcess } from '../server-process.ts';
import {
  ask,
  copyPeople,
  crowdEnv,
  Follower,
  isFull,
  letIn,
  signInAs,
  type Person,
} from './crowd.ts';
import { startStatementCounter } from './statement-counter.ts';
import { stormEnv } from './storm.ts';

/** Sockets of each person, the most that one may have. */
const devices = 10;
const roomSize = 10;
const { rooms: roomCount, spreadMs } = isFull
  ? { rooms: 100, spreadMs: 10_000 }
  : { rooms: 4, spreadMs: 2_000 };
const sockets = roomCount * roomSize * devices;
/** Messages to each room while its readers are away, and while they come back. */
const missed = 5;
const later = 2;
/** What the product promises. In the full form the crowd shares the cores with the server. */
const liveWithinMs = 30_000;
const callEveryMs = 100;
const connectAtOnce = 64;
const patience = 300_000;
const secret = 'ten-thousand-who-come-back-in-ten-seconds';

interface Room {
  id: string;
  people: readonly Person[];
  followers: readonly Follower[];
  sent: string[];
}

/** Rooms of ten, everybody with ten devices. */
async function fillRooms(
  { url, databaseUrl }: { url: string; databaseUrl: string },
  people: readonly Person[],
): Promise<Room[]> {
  const rooms: Room[] = [];
  for (let at = 0; at < people.length; at += roomSize) {
    const mine = people.slice(at, at + roomSize);
    const [first, second] = mine;
    if (first && second) {
      const { id: requestId } = await ask(url, first, 'friend.request', { userId: second.userId });
      await ask(url, second, 'friend.accept', { requestId });
      const { id } = await ask(url, first, 'chat.start', { userId: second.userId });
      const followers = mine.flatMap((person) =>
        Array.from({ length: devices }, () => new Follower(person)),
      );
      rooms.push({ id, people: mine, followers, sent: [] });
    }
  }
  await letIn(databaseUrl, rooms);
  return rooms;
}

/** A message to every room. */
async function sayEverywhere(url: string, rooms: readonly Room[], text: string): Promise<void> {
  for (const room of rooms) {
    const [writer] = room.people;
    const id = newId();
    room.sent.push(id);
    await ask(url, writer ?? { token: '' }, 'chat.send', { conversationId: room.id, id, text });
  }
}

/** All that have work to do, so many at a time. */
async function inTurns<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) {
        await work(item);
      }
    }),
  );
}

/** Comes back as clients do: at a moment of its own, and again a while after each refusal. */
async function comeBack(follower: Follower, url: string): Promise<void> {
  await wait(Math.random() * spreadMs);
  for (;;) {
    const isLive = await follower.come(url).then(
      () => true,
      () => false,
    );
    if (isLive) {
      return;
    }
    await wait(Math.random() * 1_000);
  }
}

/** Asks who it is, over and over. @returns what stops it and tells what was answered, each once */
function callSteadily(url: string, { token }: Person): () => Promise<Set<unknown>> {
  const answers = new Set<unknown>();
  const over = new AbortController();
  const call = async (): Promise<void> => {
    try {
      const answer = await fetch(`${url}/trpc/user.me`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.arrayBuffer();
      answers.add(answer.status);
    } catch (error) {
      answers.add(error instanceof Error ? error.cause : error);
    }
  };
  const calling = (async () => {
    const calls: Promise<void>[] = [];
    while (!over.signal.aborted) {
      calls.push(call());
      await wait(callEveryMs);
    }
    await Promise.all(calls);
  })();
  return async () => {
    over.abort();
    await calling;
    return answers;
  };
}

test(
  `a node is killed under ${sockets} sockets: all come back to it at once, each to what it missed`,
  { timeout: patience },
  async () => {
    await using undo = new AsyncDisposableStack();
    const database = undo.use(await cloneDatabase());
    const common = { DATABASE_URL: database.url, SECRET_KEY: secret, ...stormEnv, ...crowdEnv };
    const env = { ...common, PORT: String(await freePort()) };
    const writing = undo.use(await startProcess(common));
    const killed = undo.use(await startProcess(env));
    const { url } = killed;
    const first = await signInAs(url, '+989140001000');
    await first.client.close();
    const count = roomCount * roomSize;
    const people = await copyPeople(database.url, { like: first.userId, secret, count });
    const rooms = await fillRooms({ url: writing.url, databaseUrl: database.url }, people);
    const followers = rooms.flatMap((room) => room.followers);
    undo.defer(async () => {
      await Promise.all(followers.map((follower) => follower.leave('terminate')));
    });
    await inTurns(followers, connectAtOnce, (follower) => follower.come(url));
    await sayEverywhere(writing.url, rooms, 'before');
    await Promise.all(followers.map((follower) => follower.until(1)));

    await killed.killGroup();
    expect(followers.filter(({ isHere }) => isHere)).toEqual([]);
    for (let n = 1; n <= missed; n += 1) {
      await sayEverywhere(writing.url, rooms, `missed ${n}`);
    }
    // Counted where it does not slow down what is measured.
    const counter = isFull ? null : undo.use(await startStatementCounter(database.url));
    undo.use(await startProcess({ ...env, ...(counter && { DATABASE_URL: counter.url }) }));
    counter?.counts.clear();
    const started = performance.now();
    const coming = Promise.all(followers.map((follower) => comeBack(follower, url)));
    const stopCalling = callSteadily(url, people.at(-1) ?? { userId: '', token: '' });
    for (let n = 1; n <= later; n += 1) {
      await sayEverywhere(writing.url, rooms, `meanwhile ${n}`);
    }
    await coming;
    const tookMs = performance.now() - started;
    await sayEverywhere(writing.url, rooms, 'after');
    await Promise.all(followers.map((follower) => follower.until(2 + missed + later)));
    expect(await stopCalling()).toEqual(new Set([200]));
    for (const room of rooms) {
      for (const follower of room.followers) {
        expect(follower.messages).toEqual(room.sent);
        expect(follower.opened).toBe(2);
      }
    }
    expect(tookMs).toBeLessThan(liveWithinMs);

    if (counter) {
      // One statement is run for each socket, once; others have to do with the node, or with who calls.
      const [most, ...others] = [...counter.counts.values()].toSorted((a, b) => b - a);
      expect(most).toBe(sockets);
      expect(Math.max(...others)).toBeLessThan(sockets);
    }
  },
);
