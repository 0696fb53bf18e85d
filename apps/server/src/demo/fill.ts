import { setImmediate } from 'node:timers/promises';
import type { Database } from '@chapar/api';
import { makePeople, type DemoPerson } from './people.ts';
import { DemoError, refuseOthers } from './refusal.ts';
import { planRooms, type DemoRoom } from './rooms.ts';
import type { DemoSize } from './size.ts';
import {
  insertFriends,
  insertOrganizations,
  insertPeople,
  type Client,
  type DemoPair,
} from './store.people.ts';
import type { SpokenRoom } from './store.messages.ts';
import { insertRooms } from './store.rooms.ts';
import { fillSearch } from './store.search.ts';
import { talk } from './talk.ts';

export interface FillOptions {
  size: DemoSize;
  /** Whether it may be written beside other people. */
  isForced: boolean;
  /** Ends the work after the batch under way; what was written stays, and another run goes on from there. */
  signal: AbortSignal;
  /** About so many in one transaction; 20,000 when left out. */
  messagesPerBatch?: number;
  /** Told how many messages there are now, and after that how many of them can be found. */
  onProgress: (messages: number) => void;
  onSearchProgress?: (messages: number) => void;
}

/** Who there is to sign in as. */
export interface Filled {
  first: DemoPerson;
  isNew: boolean;
}

const usualBatch = 20_000;
const roomsPerBatch = 500;

/**
 * Fills a migrated database, in one transaction for some rooms at a time. A run that was ended is gone on with,
 * and one that has come to its end does nothing.
 *
 * @throws DemoError when there is something else
 */
export async function fillDemo(
  database: Pick<Database, 'createClient'>,
  options: FillOptions,
): Promise<Filled> {
  const client = database.createClient();
  await client.connect();
  try {
    const { size, roomsDone, isDone } = await begin(client, options);
    const people = makePeople(size);
    const [first] = people;
    if (!first) {
      throw new DemoError('There has to be somebody: --people is too small.');
    }
    if (isDone) {
      return { first, isNew: false };
    }
    await write(client, { ...options, size }, people, roomsDone);
    options.signal.throwIfAborted();
    await fillSearch(client, options.signal, options.onSearchProgress ?? (() => undefined));
    await client.query('vacuum analyze');
    await client.query('update demo.fills set is_done = true');
    return { first, isNew: true };
  } finally {
    // The lock of `begin` goes with the connection.
    await client.end();
  }
}

interface FillRow {
  seed: string;
  messages: number;
  people: number;
  ends_at: Date;
  rooms_done: number;
  is_done: boolean;
}

/** Any number: who holds this advisory lock fills the database. */
const fillLock = 7_260_431_158;

/** Finds what an earlier run has left. Its end of time is kept: everything is counted back from there. */
async function begin(
  client: Client,
  { size, isForced }: FillOptions,
): Promise<{ size: DemoSize; roomsDone: number; isDone: boolean }> {
  const { rows: locks } = await client.query<{ is_free: boolean }>(
    'select pg_try_advisory_lock($1) as is_free',
    [fillLock],
  );
  if (!locks[0]?.is_free) {
    throw new DemoError('Somebody else fills this database at this moment.');
  }
  if (!isForced) {
    await refuseOthers(client);
  }
  // Beside the product's own tables, of which this is none.
  await client.query(`
    create schema if not exists demo;
    create table if not exists demo.fills (
      id int primary key check (id = 1), seed text not null, messages int not null, people int not null,
      ends_at timestamptz not null, rooms_done int not null, is_done boolean not null
    )`);
  const { rows } = await client.query<FillRow>('select * from demo.fills');
  const [found] = rows;
  if (found) {
    const { seed, messages, people } = found;
    if (seed !== size.seed || messages !== size.messages || people !== size.people) {
      throw new DemoError(
        `This database has the demo data of --messages ${messages} --people ${people} --seed ${seed}. ` +
          'Take the same options, or an empty database.',
      );
    }
    return {
      size: { ...size, endsAt: found.ends_at },
      roomsDone: found.rooms_done,
      isDone: found.is_done,
    };
  }
  return { size, roomsDone: -1, isDone: false };
}

async function write(
  client: Client,
  { size, signal, onProgress, messagesPerBatch = usualBatch }: FillOptions,
  people: readonly DemoPerson[],
  roomsDone: number,
): Promise<void> {
  const { organizations, rooms } = planRooms(size, people);
  const pairs = findFriends(size, rooms);
  if (roomsDone < 0) {
    await inTransaction(client, async () => {
      await client.query('insert into demo.fills values (1, $1, $2, $3, $4, 0, false)', [
        size.seed,
        size.messages,
        size.people,
        size.endsAt,
      ]);
      await insertPeople(client, people);
      await insertFriends(client, people, pairs, size.endsAt.getTime() - friendsForMs);
      await insertOrganizations(client, people, organizations);
    });
  }
  const organizationIds = organizations.map(({ id }) => id);
  let done = Math.max(0, roomsDone);
  let messages = rooms.slice(0, done).reduce((sum, room) => sum + room.messages, 0);
  let writing: Promise<void> = Promise.resolve();
  onProgress(messages);
  while (done < rooms.length && !signal.aborted) {
    const batch = nextBatch(rooms, done, messagesPerBatch);
    // While PostgreSQL writes the batch before, what is said in this one is made up.
    const spoken = batch.map((room): SpokenRoom => ({ room, talk: talk(size.seed, room, people) }));
    await writing;
    const from = done;
    done += batch.length;
    messages += batch.reduce((sum, room) => sum + room.messages, 0);
    const reached = messages;
    writing = inTransaction(client, async () => {
      await insertRooms(client, people, spoken, organizationIds);
      const { rowCount } = await client.query(
        'update demo.fills set rooms_done = $2 where rooms_done = $1',
        [from, from + batch.length],
      );
      if (rowCount !== 1) {
        throw new DemoError('Somebody else fills this database at this moment.');
      }
    }).then(() => onProgress(reached));
    // Looked at above, by the next batch.
    writing.catch(() => undefined);
    // What has come from PostgreSQL meanwhile is read.
    await setImmediate();
  }
  await writing;
}

const friendsForMs = 95 * 86_400_000;
const otherFriends = 3;

/** Those who have a room of two that is open, and some neighbours of everybody. */
function findFriends({ people }: DemoSize, rooms: readonly DemoRoom[]): DemoPair[] {
  const pairs = new Map<string, DemoPair>();
  const add = (a: number, b: number): void => {
    pairs.set(`${Math.min(a, b)} ${Math.max(a, b)}`, [Math.min(a, b), Math.max(a, b)]);
  };
  for (let n = 0; n < people; n += 1) {
    for (let step = 1; step <= otherFriends; step += 1) {
      add(n, (n + step) % people);
    }
  }
  for (const { kind, isOpen, places } of rooms) {
    const [a, b] = places;
    if (kind !== 'direct' || !a || !b) {
      continue;
    }
    add(a.person, b.person);
    if (!isOpen) {
      pairs.delete(`${Math.min(a.person, b.person)} ${Math.max(a.person, b.person)}`);
    }
  }
  return [...pairs.values()];
}

function nextBatch(rooms: readonly DemoRoom[], from: number, most: number): DemoRoom[] {
  const batch: DemoRoom[] = [];
  let messages = 0;
  for (const room of rooms.slice(from, from + roomsPerBatch)) {
    if (batch.length > 0 && messages + room.messages > most) {
      break;
    }
    batch.push(room);
    messages += room.messages;
  }
  return batch;
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('begin');
  try {
    await client.query('set local synchronous_commit = off');
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
