import { isDeepStrictEqual } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import type { Actor, TestApi } from '@chapar/api/testing';
import {
  applyChatEvent,
  conversationsOf,
  emptyChatState,
  withConversations,
  withMembers,
  withMessages,
  withPins,
  type Chat,
  type ChatState,
} from '../src/chat-state.ts';
import type { ConversationView } from '../src/types.ts';

type Listener = Awaited<ReturnType<Actor['listen']>>;
type StoredEvent = Listener['stored'][number];

const limit = 100;
const patienceMs = 10_000;

/** All pages of a list. */
async function allOf<Item>(
  read: (cursor: string | null) => Promise<{ items: Item[]; nextCursor: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: Item[]; nextCursor: string | null } = await read(cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

/** What is in a conversation, as the server answers it. */
async function readInside({ api }: Actor, conversationId: string, kind: ConversationView['kind']) {
  const page = { conversationId, limit };
  const [messages, members, pins] = await Promise.all([
    allOf((cursor) => api.chat.listMessages({ ...page, cursor })),
    kind === 'channel' ? [] : allOf((cursor) => api.chat.listMembers({ ...page, cursor })),
    allOf((cursor) => api.chat.listPins({ ...page, cursor })),
  ]);
  return { messages, members, pins };
}

/** What the server answers about everything that a person is in. */
async function readAll(actor: Actor, isFull: boolean) {
  const listed = await allOf((cursor) => actor.api.chat.list({ cursor, limit }));
  return Promise.all(
    listed.map(async (conversation) => {
      const { id, kind } = conversation;
      return { conversation, inside: isFull ? await readInside(actor, id, kind) : null };
    }),
  );
}

type Fresh = Awaited<ReturnType<typeof readAll>>;

/** A state as a device keeps it. */
class View {
  state: ChatState;
  /** Conversations whose messages were read, by the stay in which that was. */
  readonly #read = new Map<string, number>();

  constructor(userId: string, items: readonly ConversationView[]) {
    this.state = withConversations(emptyChatState(userId), { items });
  }

  apply(event: StoredEvent): void {
    this.state = applyChatEvent(this.state, event);
  }

  /** Reads once what is in conversations that the person has come into. */
  async readNew(actor: Actor): Promise<boolean> {
    let hasRead = false;
    for (const id of this.#read.keys()) {
      if (!(id in this.state.chats)) {
        this.#read.delete(id);
      }
    }
    for (const [id, { conversation }] of Object.entries(this.state.chats)) {
      const stay = this.state.joins[id] ?? 0;
      if (this.#read.get(id) !== stay) {
        hasRead = true;
        this.#read.set(id, stay);
        const { messages, members, pins } = await readInside(actor, id, conversation.kind);
        this.state = withMessages(this.state, id, messages);
        this.state = withMembers(this.state, id, members);
        this.state = withPins(this.state, id, pins);
      }
    }
    return hasRead;
  }

  /** The first difference to what the server answers now, or null. */
  difference(fresh: Fresh): string | null {
    const { chats, waiting } = this.state;
    const [followed, listed] = [
      Object.keys(chats),
      fresh.map(({ conversation }) => conversation.id),
    ];
    if (!isDeepStrictEqual(followed.toSorted(), listed.toSorted())) {
      return `conversations: ${told(followed.toSorted(), listed.toSorted())}`;
    }
    const order = conversationsOf(this.state).map(({ id }) => id);
    if (!isDeepStrictEqual(order, listed)) {
      return `order: ${told(order, listed)}`;
    }
    if (Object.keys(waiting).length > 0) {
      return `waiting: ${JSON.stringify(waiting)}`;
    }
    return fresh.map((one) => differenceOf(chats[one.conversation.id], one)).find(Boolean) ?? null;
  }
}

function differenceOf(chat: Chat | undefined, { conversation, inside }: Fresh[number]) {
  const members = inside?.members.map((member) => [member.user.id, member] as const) ?? [];
  const parts = [
    ['conversation', chat?.conversation, conversation],
    ...(inside
      ? ([
          ['messages', chat?.messages, inside.messages.toReversed()],
          ['pins', chat?.pins, inside.pins],
        ] as const)
      : []),
    ...(inside && conversation.kind !== 'channel'
      ? ([['members', chat?.members, Object.fromEntries(members)]] as const)
      : []),
  ] as const;
  const different = parts.find(([, followed, fresh]) => !isDeepStrictEqual(followed, fresh));
  return different
    ? `${different[0]} of ${conversation.kind} ${conversation.id}: ${told(different[1], different[2])}`
    : null;
}

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

/** Where two values differ, item by item and field by field. */
function told(followed: unknown, fresh: unknown): string {
  if (isObject(followed) && isObject(fresh)) {
    const keys = new Set([...Object.keys(followed), ...Object.keys(fresh)]);
    const lines = [...keys]
      .filter((key) => !isDeepStrictEqual(followed[key], fresh[key]))
      .map((key) => `${key}: followed ${text(followed[key])}, fresh ${text(fresh[key])}`);
    return lines.slice(0, 4).join('; ');
  }
  return `followed ${text(followed)}, fresh ${text(fresh)}`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const text = (value: unknown): string => JSON.stringify([value]);

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
        `events are missing: ${first?.reached ?? ''}, ${text([...(heads.get(first?.actor.id ?? '') ?? [])])}`,
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
