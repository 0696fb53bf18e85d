import type { Log } from '../deps.ts';
import { Delivery } from './delivery.ts';
import type { Feed } from './feed.ts';
import { FeedFills } from './feed-fills.ts';
import { FeedJoins } from './feed-joins.ts';
import type { Hub, HubSignal } from './hub.ts';
import type { LiveEvent } from './live-event.ts';
import type { Reader } from './reader.ts';
import { Recent } from './recent.ts';
import type { StreamLog } from './stream-log.ts';

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
  readonly #fills: FeedFills;
  readonly #joins: FeedJoins;
  readonly #unsubscribe: () => void;
  #safe = 0n;

  constructor({ log, hub, report }: FeedsOptions) {
    const place = { feeds: this.#feeds, recent: this.#recent, log, report };
    this.#fills = new FeedFills({
      ...place,
      deliver: (feed, event) => this.#deliver(feed, event),
    });
    this.#joins = new FeedJoins({
      ...place,
      fills: this.#fills,
      toDelivery: (event) => this.#toDelivery(event),
    });
    this.#unsubscribe = hub.subscribe({
      event: (event) => this.#take(event),
      head: (streamId, seq) => void this.#fills.heard(streamId, seq),
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
    reader.stop();
    this.#readers.delete(reader);
    this.#joins.leave(reader);
  }

  #take(event: LiveEvent): void {
    const feed = this.#feeds.get(event.streamId);
    if (!feed || feed.isBusy || event.seq <= feed.seq) {
      void this.#fills.heard(event.streamId, event.seq);
    } else if (event.seq === feed.seq + 1) {
      this.#deliver(feed, event);
      this.#fills.deliverEarly(feed);
    } else {
      this.#fills.hold(feed, event);
    }
  }

  /** Brings feeds to where the log is, and waits for the readers that this leads into new streams. */
  async catchUp(heads: ReadonlyMap<string, number>): Promise<void> {
    const fills: Promise<void>[] = [];
    for (const [streamId, head] of heads) {
      const fill = this.#fills.heard(streamId, head);
      if (fill) {
        fills.push(fill);
      }
    }
    await Promise.all(fills);
    await this.#joins.settled();
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
        this.#fills.drop(feed);
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
}
