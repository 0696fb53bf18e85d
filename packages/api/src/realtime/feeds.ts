import type { Log } from '../deps.ts';
import { Delivery } from './delivery.ts';
import type { Feed } from './feed.ts';
import { FeedJoins } from './feed-joins.ts';
import type { Hub, HubSignal } from './hub.ts';
import type { LiveEvent } from './live-event.ts';
import type { Reader } from './reader.ts';
import { Recent } from './recent.ts';
import type { StreamLog } from './stream-log.ts';

/** Transactions that commit together may be heard of in another order: worth a moment's wait. */
const overtakingMs = 20;

export interface FeedsOptions {
  log: StreamLog;
  hub: Hub;
  report: Log;
}

/** What is about the readers of a stream has a topic that begins so, followed by the stream's id. */
const signalPrefix = 'stream/';

/**
 * The live side of a node: hands each event to the node's readers in the order of its stream,
 * without holes. An event that follows the last one goes straight through; anything else is looked
 * up in the log. The audit (`audit.ts`) compares what went out with the log, so that a hub that loses
 * messages costs time and never an event.
 */
export class Feeds {
  readonly #feeds = new Map<string, Feed>();
  readonly #readers = new Set<Reader>();
  readonly #recent = new Recent();
  readonly #joins: FeedJoins;
  readonly #options: FeedsOptions;
  readonly #unsubscribe: () => void;
  #safe = 0n;

  constructor(options: FeedsOptions) {
    this.#options = options;
    this.#joins = new FeedJoins({
      feeds: this.#feeds,
      recent: this.#recent,
      log: options.log,
      report: options.report,
      queue: (feed, work) => this.#queue(feed, work),
      fill: (feed, toSeq) => this.#fill(feed, toSeq),
      between: (streamId, afterSeq, toSeq) => this.#between(streamId, afterSeq, toSeq),
      toDelivery: (event) => this.#toDelivery(event),
    });
    this.#unsubscribe = options.hub.subscribe({
      event: (event) => this.#take(event),
      head: (streamId, seq) => void this.#heard(streamId, seq),
      signal: (signal) => this.#signal(signal),
    });
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

  /** Everything below has been handed over: so says the audit. */
  raiseSafe(position: bigint): void {
    if (position > this.#safe) {
      this.#safe = position;
    }
  }

  close(): void {
    this.#unsubscribe();
    for (const reader of this.#readers) {
      reader.cut('broken');
    }
  }

  /**
   * Lets a reader have everything that follows in these streams.
   *
   * @param heads what the reader has of each stream: its newest seq in a snapshot of the log that was
   *   taken no longer ago than {@link Feeds.turn} forgets
   */
  async attach(reader: Reader, heads: ReadonlyMap<string, number>): Promise<void> {
    this.#readers.add(reader);
    await this.#joins.attachAll(reader, heads);
  }

  /** Takes a reader out for good; it gets nothing any more. */
  detach(reader: Reader): void {
    reader.cut('broken');
    this.#readers.delete(reader);
    this.#joins.leave(reader);
  }

  #take(event: LiveEvent): void {
    const feed = this.#feeds.get(event.streamId);
    if (!feed || feed.isBusy || event.seq <= feed.seq) {
      void this.#heard(event.streamId, event.seq);
    } else if (event.seq === feed.seq + 1) {
      this.#deliver(feed, event);
      this.#deliverEarly(feed);
    } else {
      this.#hold(feed, event);
    }
  }

  /** Keeps what came before its turn, and looks the hole up in the log if nothing fills it. */
  #hold(feed: Feed, event: LiveEvent): void {
    const { streamId, seq } = event;
    feed.hold(event);
    this.#recent.heard(streamId, seq);
    setTimeout(() => {
      if (this.#feeds.get(streamId) === feed) {
        void this.#heard(streamId, seq);
      }
    }, overtakingMs).unref();
  }

  #deliverEarly(feed: Feed): void {
    feed.dropPassed();
    for (let next = feed.takeNext(); next; next = feed.takeNext()) {
      this.#deliver(feed, next);
    }
  }

  /** There is an event up to this seq, and more is not known. */
  #heard(streamId: string, seq: number): Promise<void> | null {
    this.#recent.heard(streamId, seq);
    const feed = this.#feeds.get(streamId);
    if (!feed || (!feed.isBusy && seq <= feed.seq)) {
      return null;
    }
    // Whatever has been heard of meanwhile is filled too: those who wait behind find nothing to do.
    const upTo = (): number => Math.max(seq, this.#recent.headOf(streamId));
    return this.#queue(feed, () => this.#fill(feed, upTo()));
  }

  /** Brings feeds to where the log is, and waits for the readers that this leads into new streams. */
  async catchUp(heads: ReadonlyMap<string, number>): Promise<void> {
    const fills: Promise<void>[] = [];
    for (const [streamId, head] of heads) {
      const fill = this.#heard(streamId, head);
      if (fill) {
        fills.push(fill);
      }
    }
    await Promise.all(fills);
    await this.#joins.settled();
  }

  async #fill(feed: Feed, toSeq: number): Promise<void> {
    if (toSeq <= feed.seq) {
      return;
    }
    for (const event of await this.#between(feed.streamId, feed.seq, toSeq)) {
      this.#deliver(feed, event);
    }
    if (feed.seq < toSeq) {
      await this.#passForgotten(feed, toSeq);
    }
    this.#deliverEarly(feed);
  }

  /** What is not in the log was forgotten, if there ever was so much; a bus may say anything. */
  async #passForgotten(feed: Feed, toSeq: number): Promise<void> {
    const heads = await this.#options.log.heads([feed.streamId]);
    const head = heads.get(feed.streamId) ?? 0;
    feed.seq = Math.max(feed.seq, Math.min(toSeq, head));
  }

  async #between(streamId: string, afterSeq: number, toSeq: number): Promise<LiveEvent[]> {
    if (afterSeq >= toSeq) {
      return [];
    }
    const known = this.#recent.between(streamId, afterSeq, toSeq);
    return known ?? this.#options.log.between(streamId, afterSeq, toSeq);
  }

  #deliver(feed: Feed, event: LiveEvent): void {
    feed.seq = event.seq;
    this.#recent.delivered(event);
    const delivery = this.#toDelivery(event);
    for (const reader of feed.readers) {
      this.#joins.hand(reader, delivery);
    }
    if (event.type === 'stream.left') {
      this.#joins.letGo(feed, event);
      if (feed.readers.size === 0 && !feed.isBusy) {
        this.#drop(feed);
      }
    }
  }

  #toDelivery(event: LiveEvent): Delivery {
    return new Delivery(this.#safe, event.json, event);
  }

  #signal({ topic, json }: HubSignal): void {
    if (!topic.startsWith(signalPrefix)) {
      return;
    }
    const [streamId = '', from = ''] = topic.slice(signalPrefix.length).split('/');
    const feed = this.#feeds.get(streamId);
    if (!feed) {
      return;
    }
    const delivery = new Delivery(this.#safe, json);
    for (const reader of feed.readers) {
      if (reader.userId !== from) {
        reader.signal(topic, delivery);
      }
    }
  }

  /** Readers that have had nothing for `looks` calls of this get a sign of life. */
  beacon(looks: number): void {
    const delivery = new Delivery(this.#safe, '{"type":"stream.beacon"}');
    for (const reader of this.#readers) {
      reader.quiet += 1;
      if (reader.quiet >= looks) {
        reader.push(delivery);
      }
    }
  }

  /** Forgets what was heard before the last turn. */
  turn(): void {
    this.#recent.turn();
  }

  /** Runs work that needs the log after the work before it; a failure cuts the readers off. */
  #queue(feed: Feed, work: () => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        const { streamId } = feed;
        this.#options.report.warn(
          { err: error, streamId },
          'stream could not be read from the log',
        );
        this.#drop(feed);
        for (const reader of feed.readers) {
          reader.cut('broken');
        }
      }
    };
    return feed.queue(run, () => {
      if (feed.readers.size === 0) {
        this.#drop(feed);
      }
    });
  }

  /** Forgets a feed, unless another one has taken its place. */
  #drop(feed: Feed): void {
    if (this.#feeds.get(feed.streamId) === feed) {
      this.#feeds.delete(feed.streamId);
    }
  }
}
