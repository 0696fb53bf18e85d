import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { appRouter } from '../../router.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { createCallerFactory } from '../../trpc.ts';

const createCaller = createCallerFactory(appRouter);

/** A conversation with somebody who may write to it. */
interface Room {
  id: string;
  sender: Actor;
}

/** Somebody's conversations with as many friends. */
async function openRooms(api: TestApi, count: number): Promise<Room[]> {
  const sender = await api.signUp();
  const rooms: Room[] = [];
  for (let n = 0; n < count; n += 1) {
    const peer = await api.signUp();
    const { id: requestId } = await sender.api.friend.request({ userId: peer.id });
    await peer.api.friend.accept({ requestId });
    const { id } = await sender.api.chat.start({ userId: peer.id });
    rooms.push({ id, sender });
  }
  return rooms;
}

/** Holds what `lock` locks until it is let go. */
async function hold(api: TestApi, lock: string, values: unknown[] = []): Promise<Holder> {
  const client = await api.database.pool.connect();
  await client.query('begin');
  await client.query(lock, values);
  return new Holder(client);
}

class Holder implements AsyncDisposable {
  readonly #client: pg.PoolClient;
  #isHeld = true;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  async letGo(): Promise<void> {
    if (this.#isHeld) {
      this.#isHeld = false;
      await this.#client.query('rollback');
      this.#client.release();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.letGo();
  }
}

/** Sends as many messages at once, to one conversation after the other. */
function sendToAll(
  rooms: readonly Room[],
  count: number,
): Promise<PromiseSettledResult<unknown>[]> {
  return atOnce(count, (index) => {
    const room = rooms[index % rooms.length];
    return room ? room.sender.say(room.id, `${index}`) : Promise.reject(new Error('no room'));
  });
}

test('while nothing can be written everybody is told so before they stop waiting', async () => {
  await using api = await createTestApi();
  const rooms = await openRooms(api, 12);
  await using table = await hold(api, 'lock table messages in access exclusive mode');
  const outcome = await Promise.race([
    sendToAll(rooms, 60).then(tally),
    wait(10_000, 'still waiting', { ref: false }),
  ]);
  expect(table.isHeld).toBe(true);
  expect(outcome).toEqual({ UNAVAILABLE: 60 });
  await table.letGo();
  expect(tally(await sendToAll(rooms, 12))).toEqual({ ok: 12 });
});

test('who has waited behind others for too long is turned away, and writes nothing', async () => {
  await using api = await createTestApi();
  const rooms = await openRooms(api, 24);
  await using table = await hold(api, 'lock table messages in access exclusive mode');
  const outcome = await Promise.race([
    sendToAll(rooms, 288).then(tally),
    wait(14_000, 'still waiting', { ref: false }),
  ]);
  expect(outcome).toEqual({ UNAVAILABLE: 288 });
  await table.letGo();
  const { rows } = await api.database.pool.query('select from messages');
  expect(rows).toEqual([]);
});

test('conversations that somebody holds do not keep those of the same batch that nobody holds', async () => {
  await using api = await createTestApi();
  const rooms = await openRooms(api, 12);
  const held = rooms.slice(0, 2).map(({ id }) => id);
  await using row = await hold(api, 'select from streams where id = any($1) for update', [held]);
  const results = await sendToAll(rooms, 60);
  expect(row.isHeld).toBe(true);
  const ofHeld = results.filter((_, index) => index % 12 < 2);
  const ofFree = results.filter((_, index) => index % 12 >= 2);
  expect([tally(ofHeld), tally(ofFree)]).toEqual([{ UNAVAILABLE: 10 }, { ok: 50 }]);
});

test('while no connection is to be had everybody is told so at once, not one after the other', async () => {
  await using api = await createTestApi();
  const rooms = await openRooms(api, 6);
  const { sends } = api.database;
  const most = sends.options.max;
  const taken = await Promise.all(Array.from({ length: most }, () => sends.connect()));
  const outcome = await Promise.race([
    sendToAll(rooms, 12).then(tally),
    wait(12_000, 'still waiting', { ref: false }),
  ]);
  expect(outcome).toEqual({ UNAVAILABLE: 12 });
  taken.forEach((client) => client.release());
  expect(tally(await sendToAll(rooms, 6))).toEqual({ ok: 6 });
});

test('a message whose sender has hung up before its turn is not written', async () => {
  await using api = await createTestApi();
  const [held, free] = await openRooms(api, 2);
  if (!held || !free) {
    throw new Error('no rooms');
  }
  await using row = await hold(api, 'select from streams where id = $1 for update', [held.id]);
  const before = held.sender.say(held.id, 'before');
  // Its run has begun.
  await wait(100);
  const hangUp = new AbortController();
  const caller = createCaller(free.sender.call().connection, { signal: hangUp.signal });
  const sent = caller.chat.send({
    conversationId: free.id,
    id: api.app.deps.newId(),
    text: 'nobody waits for this',
  });
  const unanswered = expectAppError(sent, 'UNAVAILABLE');
  await wait(100);
  const behind = free.sender.say(free.id, 'behind');
  hangUp.abort();
  await row.letGo();
  await Promise.all([before, unanswered, behind]);
  const { items } = await free.sender.api.chat.listMessages({ conversationId: free.id });
  expect(items.map(({ text }) => text)).toEqual(['behind']);
});
