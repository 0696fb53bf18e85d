import type { StoredStreamEvent } from '@chapar/contract';
import type { Log } from '../deps.ts';
import type { Hub, HubMessage } from './hub.ts';
import type { Reader } from './reader.ts';
import type { StreamLog } from './stream-log.ts';

/** One stream that somebody on this node reads. */
interface Feed {
  /** Newest seq that was handed to the readers; null until the log has told it. */
  seq: number | null;
  readers: Set<Reader>;
  /** Work that waits for the log, one after the other; null when the feed is up to date. */
  work: Promise<void> | null;
}

export interface FeedsOptions {
  log: StreamLog;
  hub: Hub;
  report: Log;
  auditMs: number;
}

/**
 * The live side of a node: hands each event to the node's readers in the order of its stream,
 * without holes. An event that follows the last one goes straight through; anything else is
 * looked up in the log. An audit compares what went out with the log, so that a hub that loses
 * messages costs time and never an event.
 */
export class Feeds {
  readonly #feeds = new Map<string, Feed>();
  /** Readers on their way into a stream that they have just joined. */
  readonly #joins = new Set<Promise<void>>();
  #safe = 0n;
  readonly #options: FeedsOptions;
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: FeedsOptions) {
    this.#options = options;
    this.#unsubscribe = options.hub.subscribe((message) => this.#take(message));
  }

  /**
   * Every event below this position has been handed to the readers that may see it. It never
   * falls.
   */
  get safe(): bigint {
    return this.#safe;
  }

  /** Number of streams that somebody on this node reads. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Begins the audit. */
  async start(): Promise<void> {
    this.#safe = await this.#options.log.horizon();
    this.#plan();
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    if (this.#timer) {
      clearTimeout(this.#timer);
    }
    for (const { readers } of this.#feeds.values()) {
      for (const reader of readers) {
        reader.cut('broken');
      }
    }
  }

  /** Lets the reader have everything that happens in these streams from now on. */
  async attach(reader: Reader, streamIds: readonly string[]): Promise<void> {
    const fresh = streamIds.filter((id) => !this.#feeds.has(id));
    const heads = fresh.length > 0 ? this.#options.log.heads(fresh) : null;
    for (const id of fresh) {
      const feed: Feed = { seq: null, readers: new Set(), work: null };
      this.#feeds.set(id, feed);
      void this.#queue(id, feed, async () => {
        feed.seq = (await heads)?.get(id) ?? 0;
      });
    }
    for (const id of streamIds) {
      this.#feeds.get(id)?.readers.add(reader);
      reader.streams.add(id);
    }
    await Promise.all(streamIds.map((id) => this.#feeds.get(id)?.work ?? Promise.resolve()));
  }

  /** Lets the reader have a stream from `afterSeq` on: what is there already, then what comes. */
  #attachFrom(reader: Reader, streamId: string, afterSeq: number): void {
    if (reader.streams.has(streamId)) {
      return;
    }
    reader.streams.add(streamId);
    let feed = this.#feeds.get(streamId);
    if (!feed) {
      feed = { seq: afterSeq, readers: new Set(), work: null };
      this.#feeds.set(streamId, feed);
    }
    const joined = feed;
    const join = this.#queue(streamId, joined, async () => {
      try {
        await this.#join(reader, joined, { streamId, afterSeq });
      } catch (error) {
        // It is not among the feed's readers yet, so nobody else would cut it off.
        reader.cut('broken');
        throw error;
      }
    }).finally(() => this.#joins.delete(join));
    this.#joins.add(join);
  }

  async #join(
    reader: Reader,
    feed: Feed,
    { streamId, afterSeq }: { streamId: string; afterSeq: number },
  ): Promise<void> {
    const { log } = this.#options;
    feed.seq ??= (await log.heads([streamId])).get(streamId) ?? 0;
    const events = await log.between(streamId, afterSeq, feed.seq);
    for (const event of events) {
      this.#hand(reader, event);
    }
    if (this.#feeds.get(streamId) !== feed) {
      throw new Error('the feed was given up');
    }
    if (reader.end) {
      return;
    }
    feed.readers.add(reader);
    const head = (await log.heads([streamId])).get(streamId) ?? 0;
    await this.#fill(streamId, feed, head);
  }

  /** Takes a reader out for good; it gets nothing any more. */
  detach(reader: Reader): void {
    reader.cut('broken');
    for (const id of reader.streams) {
      const feed = this.#feeds.get(id);
      feed?.readers.delete(reader);
      if (feed?.readers.size === 0 && !feed.work) {
        this.#feeds.delete(id);
      }
    }
  }

  #take(message: HubMessage): void {
    const feed = this.#feeds.get(message.streamId);
    if (!feed) {
      return;
    }
    if (feed.work === null && feed.seq !== null && message.seq <= feed.seq + 1) {
      if (message.seq === feed.seq + 1) {
        this.#deliver(feed, message);
      }
      return;
    }
    void this.#queue(message.streamId, feed, () => this.#fill(message.streamId, feed, message.seq));
  }

  async #fill(streamId: string, feed: Feed, toSeq: number): Promise<void> {
    if (feed.seq === null || toSeq <= feed.seq) {
      return;
    }
    const events = await this.#options.log.between(streamId, feed.seq, toSeq);
    for (const event of events) {
      this.#deliver(feed, event);
    }
  }

  #deliver(feed: Feed, event: StoredStreamEvent): void {
    feed.seq = event.seq;
    for (const reader of feed.readers) {
      this.#hand(reader, event);
    }
  }

  #hand(reader: Reader, event: StoredStreamEvent): void {
    reader.push({ cursor: this.#safe, event });
    if (event.type === 'stream.joined') {
      this.#attachFrom(reader, event.body.streamId, event.body.afterSeq);
    }
  }

  /** Runs work that needs the log after the work before it; a failure cuts the readers off. */
  #queue(streamId: string, feed: Feed, work: () => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        this.#options.report.warn(
          { err: error, streamId },
          'stream could not be read from the log',
        );
        this.#drop(streamId, feed);
        for (const reader of feed.readers) {
          reader.cut('broken');
        }
      }
    };
    const before = feed.work;
    const mine = (before ? before.then(run) : run()).then(() => {
      if (feed.work !== mine) {
        return;
      }
      feed.work = null;
      if (feed.readers.size === 0) {
        this.#drop(streamId, feed);
      }
    });
    feed.work = mine;
    return mine;
  }

  /** Forgets a feed, unless another one has taken its place. */
  #drop(streamId: string, feed: Feed): void {
    if (this.#feeds.get(streamId) === feed) {
      this.#feeds.delete(streamId);
    }
  }

  /**
   * Fills what the hub lost, then moves {@link safe} to the horizon of the same snapshot. It
   * waits for the joins too: those that an event below the horizon has led to are under way once
   * the feeds are filled, and who joins a stream reads it up to its head.
   */
  async audit(): Promise<void> {
    const { heads, horizon } = await this.#options.log.since(this.#safe);
    const fills: Promise<void>[] = [];
    for (const [id, head] of heads) {
      const feed = this.#feeds.get(id);
      if (feed && (feed.seq === null || feed.seq < head)) {
        fills.push(this.#queue(id, feed, () => this.#fill(id, feed, head)));
      }
    }
    await Promise.all(fills);
    await Promise.all(this.#joins);
    if (horizon > this.#safe) {
      this.#safe = horizon;
    }
  }

  #plan(): void {
    if (this.#closed) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.audit()
        .catch((error: unknown) => {
          this.#options.report.warn({ err: error }, 'stream audit failed; it is tried again');
        })
        .finally(() => this.#plan());
    }, this.#options.auditMs);
    this.#timer.unref();
  }
}
