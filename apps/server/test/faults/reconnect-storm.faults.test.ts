import { cloneDatabase } from '@chapar/api/testing';
import { newId } from '@chapar/client';
import { expect, test } from 'vitest';
import { freePort } from '../free-port.ts';
import { startProcess, type ServerProcess } from '../server-process.ts';
import { startCrowd, type Crowd } from './crowd-apart.ts';
import { ask, copyPeople, crowdEnv, isFull, letIn, signInAs, type Person } from './crowd.ts';
import { processorShare, tellsProcessor } from './processor.ts';
import { startStatementCounter } from './statement-counter.ts';
import { callSteadily } from './steady-calls.ts';
import { stormEnv } from './storm.ts';

/** Sockets of each person, the most that one may have. */
const devices = 10;
const roomSize = 10;
const { rooms: roomCount, spreadMs } = isFull
  ? { rooms: 100, spreadMs: 10_000 }
  : { rooms: 4, spreadMs: 2_000 };
const perRoom = roomSize * devices;
const sockets = roomCount * perRoom;
/** Messages to each room while its readers are away, and while they come back. */
const missed = 5;
const later = 2;
/** What the product promises, both counted from the moment at which the new process listens. */
const backWithinMs = 30_000;
const calmWithinMs = 60_000;
/** Of one core. Sockets that only stay open are pinged, some hundreds a second. */
const calmShare = 0.15;
const calmOverMs = 2_000;
const connectAtOnce = 64;
const patience = 280_000;
const secret = 'ten-thousand-who-come-back-in-ten-seconds';

interface Room {
  id: string;
  people: readonly Person[];
  /** Ids of its messages, in their order. */
  sent: string[];
}

/** Rooms of ten, in the order of the people. */
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
      rooms.push({ id, people: mine, sent: [] });
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

async function countHere(crowd: Crowd): Promise<number> {
  return (await crowd.run({ name: 'tell' })).filter(({ isHere }) => isHere).length;
}

/** @returns milliseconds since `started` at which the process had come to rest */
async function timeUntilCalm(server: ServerProcess, started: number): Promise<number> {
  for (;;) {
    const share = await processorShare(server, calmOverMs);
    const ms = performance.now() - started;
    if (share < calmShare || ms > calmWithinMs) {
      return ms;
    }
  }
}

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value) : value;
}

test(
  `a node is killed under ${sockets} sockets: all come back to it at once, each to what it missed`,
  { timeout: patience },
  async ({ annotate }) => {
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
    const crowd = undo.use(startCrowd());
    await crowd.run({ name: 'gather', tokens: people.map(({ token }) => token), devices });
    await crowd.run({ name: 'come', url, atOnce: connectAtOnce });
    await sayEverywhere(writing.url, rooms, 'before');
    await crowd.run({ name: 'hear', count: 1 });

    await killed.killGroup();
    await expect.poll(() => countHere(crowd), { timeout: 10_000 }).toBe(0);
    for (let n = 1; n <= missed; n += 1) {
      await sayEverywhere(writing.url, rooms, `missed ${n}`);
    }
    // Counted where it does not slow down what is measured.
    const counter = isFull ? null : undo.use(await startStatementCounter(database.url));
    const server = undo.use(
      await startProcess({ ...env, ...(counter && { DATABASE_URL: counter.url }) }),
    );
    counter?.counts.clear();
    const started = performance.now();
    const coming = crowd.run({ name: 'comeBack', url, spreadMs });
    const caller = people.at(-1) ?? { token: '' };
    const stopKept = callSteadily({ url, token: caller.token }, 'kept');
    const stopNew = callSteadily({ url, token: caller.token }, 'new');
    for (let n = 1; n <= later; n += 1) {
      await sayEverywhere(writing.url, rooms, `meanwhile ${n}`);
    }
    await coming;
    await crowd.run({ name: 'hear', count: 1 + missed + later });
    const tookMs = performance.now() - started;
    await sayEverywhere(writing.url, rooms, 'after');
    await crowd.run({ name: 'hear', count: 2 + missed + later });
    const calls = await Promise.all([stopKept(), stopNew()]);
    const states = await crowd.run({ name: 'tell' });
    rooms.forEach(({ sent }, index) => {
      for (const { messages, opened } of states.slice(index * perRoom, (index + 1) * perRoom)) {
        expect(messages).toEqual(sent);
        expect(opened).toBe(2);
      }
    });
    expect(tookMs).toBeLessThan(backWithinMs);
    for (const { answers } of calls) {
      expect(Object.keys(answers)).toEqual(['200']);
    }
    const calmMs = tellsProcessor ? await timeUntilCalm(server, started) : 0;
    expect(calmMs).toBeLessThan(calmWithinMs);
    // Each has lost the socket that it had on the node that was killed.
    const refused = states.reduce((sum, { closes }) => sum + closes.length - 1, 0);
    const figures = { tookMs, calmMs, refused, calls };
    await annotate(JSON.stringify(figures, (_, value: unknown) => rounded(value)));

    if (counter) {
      // One statement is run for each socket, once; others have to do with the node, or with who calls.
      const [most, ...others] = [...counter.counts.values()].toSorted((a, b) => b - a);
      expect(most).toBe(sockets);
      expect(Math.max(...others)).toBeLessThan(sockets);
    }
  },
);
