import { setTimeout as wait } from 'node:timers/promises';
import type { Actor, TestApi } from '@chapar/api/testing';
import type { ChatState } from '../src/chat-state.ts';
import type { ConversationView } from '../src/types.ts';
import { allOf, limit, readAll } from './chat-fresh.ts';
import { View, type StoredEvent } from './chat-view.ts';

type Listener = Awaited<ReturnType<Actor['listen']>>;

const patienceMs = 10_000;

/**
 * Somebody's device: one snapshot, and from then on only what the live stream brings. A second view gets the
 * same events later, and the lines of the stream mixed in another way.
 */
export class Follower {
  readonly actor: Actor;
  readonly #view: View;
  readonly #mixed: View;
  readonly #random: () => number;
  #listener: Listener;
  #taken = 0;
  /** The newest seq of each line that has come. */
  readonly #reached: Map<string, number>;
  #later: StoredEvent[] = [];
  events = 0;

  private constructor(actor: Actor, listener: Listener, start: Start) {
    this.actor = actor;
    this.#listener = listener;
    this.#view = new View(actor.id, start.items);
    this.#mixed = new View(actor.id, start.items);
    this.#reached = new Map(start.heads);
    this.#random = start.random;
  }

  /** Listens first and reads then, so that no event falls in between. @param heads of the lines before */
  static async start(
    actor: Actor,
    heads: ReadonlyMap<string, number>,
    random: () => number,
  ): Promise<Follower> {
    const listener = await (await actor.listen()).ready();
    const items = await allOf((cursor) => actor.api.chat.list({ cursor, limit }));
    const follower = new Follower(actor, listener, { items, heads, random });
    await follower.readNew();
    await follower.#mixed.readNew(actor);
    return follower;
  }

  get state(): ChatState {
    return this.#view.state;
  }

  /** Takes what has come and is no repeat, as the client does. */
  take(): void {
    const events = this.#listener.stored;
    for (const event of events.slice(this.#taken)) {
      if (event.seq > (this.#reached.get(event.streamId) ?? 0)) {
        this.events += 1;
        this.#reached.set(event.streamId, event.seq);
        if (event.type === 'stream.joined') {
          this.#reached.set(event.body.streamId, event.body.afterSeq);
        }
        this.#view.apply(event);
        this.#later.push(event);
      }
    }
    this.#taken = events.length;
  }

  /** Loses the connection. */
  cut(): void {
    this.#listener.stop();
  }

  /** Comes back by the cursor. */
  async resume(): Promise<void> {
    this.take();
    const { lastEventId } = this.#listener;
    this.#listener = await this.actor.listen(lastEventId);
    this.#taken = 0;
    await this.#listener.ready();
    if (this.#listener.events.some(({ type }) => type === 'stream.reset')) {
      throw new Error('the cursor was refused');
    }
  }

  /** Whether everything that the lines hold has come. */
  has(heads: ReadonlyMap<string, number>): boolean {
    this.take();
    return [...heads].every(([streamId, seq]) => (this.#reached.get(streamId) ?? 0) >= seq);
  }

  get reached(): string {
    return this.#listener.error?.message ?? JSON.stringify([...this.#reached]);
  }

  readNew(): Promise<boolean> {
    return this.#view.readNew(this.actor);
  }

  /** Gives the second view what has come, by lines in a random order. */
  #mix(): void {
    const waiting = this.#later;
    this.#later = [];
    while (waiting.length > 0) {
      const firsts = waiting.filter((event, index) => isFree(event, waiting.slice(0, index)));
      const chosen = firsts[Math.floor(this.#random() * firsts.length)];
      if (!chosen) {
        throw new Error('no event is the first of its line');
      }
      waiting.splice(waiting.indexOf(chosen), 1);
      this.#mixed.apply(chosen);
    }
  }

  /** The first difference to what the server answers now, or null. */
  async difference(isFull: boolean): Promise<string | null> {
    this.#mix();
    await this.#mixed.readNew(this.actor);
    const fresh = await readAll(this.actor, isFull);
    const mixed = this.#mixed.difference(fresh);
    return this.#view.difference(fresh) ?? (mixed === null ? null : `mixed: ${mixed}`);
  }

  stop(): void {
    this.#listener.stop();
  }
}

interface Start {
  items: readonly ConversationView[];
  heads: ReadonlyMap<string, number>;
  random: () => number;
}

/** A line keeps its order, and what it brings in a stay comes after the news of that stay. */
function isFree(event: StoredEvent, earlier: readonly StoredEvent[]): boolean {
  return !earlier.some(
    (other) =>
      other.streamId === event.streamId ||
      (other.type === 'stream.joined' &&
        other.body.streamId === event.streamId &&
        event.seq > other.body.afterSeq),
  );
}

/** The heads of all lines that people read. */
async function headsOf(
  api: TestApi,
  userIds: readonly string[],
): Promise<Map<string, Map<string, number>>> {
  const rows = await api.app.db
    .selectFrom('stream_members')
    .innerJoin('streams', 'streams.id', 'stream_members.stream_id')
    .select(['stream_members.user_id', 'streams.id', 'streams.head_seq'])
    .where('stream_members.user_id', 'in', userIds)
    .execute();
  const heads = new Map(userIds.map((id) => [id, new Map<string, number>()]));
  for (const { user_id: userId, id, head_seq: seq } of rows) {
    heads.get(userId)?.set(id, Number(seq));
  }
  return heads;
}

/** One follower for each person. @param random from 0 to 1 */
export async function startFollowing(
  api: TestApi,
  people: readonly Actor[],
  random: () => number,
): Promise<Follower[]> {
  const heads = await headsOf(
    api,
    people.map(({ id }) => id),
  );
  return Promise.all(
    people.map((person) => Follower.start(person, heads.get(person.id) ?? new Map(), random)),
  );
}

/** Waits until everybody has everything, and has read what is new to them. */
export async function settleAll(api: TestApi, followers: readonly Follower[]): Promise<void> {
  const userIds = followers.map(({ actor }) => actor.id);
  const until = performance.now() + patienceMs;
  for (;;) {
    const heads = await headsOf(api, userIds);
    const late = followers.filter((each) => !each.has(heads.get(each.actor.id) ?? new Map()));
    if (late.length === 0) {
      const hasRead = await Promise.all(followers.map((follower) => follower.readNew()));
      if (!hasRead.includes(true)) {
        return;
      }
    } else if (performance.now() > until) {
      const [first] = late;
      throw new Error(
        `events are missing: ${first?.reached ?? ''}, ${JSON.stringify([...(heads.get(first?.actor.id ?? '') ?? [])])}`,
      );
    } else {
      await wait(1);
    }
  }
}

/** How far all lines are, to see that nothing was told. */
export async function sumOfHeads(api: TestApi): Promise<number> {
  const { sum } = await api.app.db
    .selectFrom('streams')
    .select(({ fn }) => fn.sum('head_seq').as('sum'))
    .executeTakeFirstOrThrow();
  return Number(sum);
}
