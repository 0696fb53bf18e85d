import type { Log } from '../deps.ts';
import type { Delivery } from './delivery.ts';
import type { FeedFills } from './feed-fills.ts';
import { Feed } from './feed.ts';
import { readLiveEvent, type LiveEvent } from './live-event.ts';
import type { Reader } from './reader.ts';
import type { Recent } from './recent.ts';
import type { StreamLog } from './stream-log.ts';

/** What joining needs of the feeds of a node. */
export interface JoinPlace {
  /** By their streams. */
  feeds: Map<string, Feed>;
  recent: Recent;
  log: StreamLog;
  report: Log;
  fills: Pick<FeedFills, 'queue' | 'fill' | 'between'>;
  toDelivery: (event: LiveEvent) => Delivery;
}

/**
 * Brings readers into feeds and out of them: when they are attached and detached, and when an event
 * that they are handed says that they have joined or left a stream.
 */
export class FeedJoins {
  readonly #place: JoinPlace;
  /** Readers on their way into a stream that they have just joined. */
  readonly #joins = new Set<Promise<void>>();

  constructor(place: JoinPlace) {
    this.#place = place;
  }

  /** Lets a reader have everything that follows these heads. */
  async attachAll(reader: Reader, heads: ReadonlyMap<string, number>): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const [streamId, head] of heads) {
      const wait = this.#attach(reader, streamId, head);
      if (wait) {
        waits.push(wait);
      }
    }
    if (waits.length > 0) {
      await Promise.all(waits);
    }
  }

  /** @returns null when the reader is in already */
  #attach(reader: Reader, streamId: string, head: number): Promise<void> | null {
    const { feeds, recent, fills } = this.#place;
    if (reader.isOver) {
      return null;
    }
    reader.streams.add(streamId);
    const feed = feeds.get(streamId) ?? new Feed(streamId, head);
    feeds.set(streamId, feed);
    const heard = recent.headOf(streamId);
    if (!feed.isBusy && feed.seq === head && heard <= head) {
      feed.readers.add(reader);
      return null;
    }
    return fills.queue(feed, () => this.#join(reader, feed, { head, upTo: Math.max(head, heard) }));
  }

  /** Brings feed and reader to the same place, then lets the reader in. */
  async #join(
    reader: Reader,
    feed: Feed,
    { head, upTo }: { head: number; upTo: number },
  ): Promise<void> {
    const { feeds, fills, toDelivery } = this.#place;
    try {
      await fills.fill(feed, upTo);
      for (const event of await fills.between(feed.streamId, head, feed.seq)) {
        this.hand(reader, toDelivery(event));
        if (isLeft(event, reader.userId)) {
          return this.#letOneGo(reader, event);
        }
      }
      if (feeds.get(feed.streamId) !== feed) {
        throw new Error('the feed was given up');
      }
    } catch (error) {
      // It is not among the feed's readers yet, so nobody else would cut it off.
      reader.cut('broken');
      throw error;
    }
    if (!reader.isOver) {
      feed.readers.add(reader);
    }
  }

  /** Hands something over, and lets the reader into the stream that this may lead to. */
  hand(reader: Reader, delivery: Delivery): void {
    reader.push(delivery);
    if (delivery.event?.type !== 'stream.joined') {
      return;
    }
    const joined = readLiveEvent(delivery.event);
    if (joined.type === 'stream.joined') {
      this.#follow(reader, joined.body.streamId, joined.body.afterSeq);
    }
  }

  /** Lets a reader into a stream that it has just been let into by its own line. */
  #follow(reader: Reader, streamId: string, afterSeq: number): void {
    if (reader.streams.has(streamId)) {
      // Of another stream's order: the event by which they have left may still be on its way.
      reader.rejoins.set(streamId, afterSeq);
      return;
    }
    const { log, recent, report } = this.#place;
    const follow = async (): Promise<void> => {
      const heads = await log.heads([streamId]);
      recent.heard(streamId, heads.get(streamId) ?? 0);
      await this.#attach(reader, streamId, afterSeq);
    };
    reader.streams.add(streamId);
    const join = follow()
      .catch((error: unknown) => {
        report.warn({ err: error, streamId }, 'stream could not be joined');
        reader.cut('broken');
      })
      .finally(() => this.#joins.delete(join));
    this.#joins.add(join);
  }

  /** Waits for the readers that are on their way into a stream. */
  async settled(): Promise<void> {
    await Promise.all(this.#joins);
  }

  /** Who has left a stream gets nothing after the event that says so. */
  letGo(feed: Feed, event: LiveEvent): void {
    for (const reader of feed.readers) {
      if (isLeft(event, reader.userId)) {
        feed.readers.delete(reader);
        this.#letOneGo(reader, event);
      }
    }
  }

  /** The reader is in none of the stream's feeds any more, unless it has been let in again since. */
  #letOneGo(reader: Reader, { streamId, seq }: LiveEvent): void {
    reader.streams.delete(streamId);
    const again = reader.rejoins.get(streamId);
    reader.rejoins.delete(streamId);
    if (again !== undefined && again >= seq) {
      this.#follow(reader, streamId, again);
    }
  }

  /** Takes a reader out of everything. */
  leave(reader: Reader): void {
    const { feeds } = this.#place;
    for (const streamId of reader.streams) {
      const feed = feeds.get(streamId);
      feed?.readers.delete(reader);
      if (feed?.readers.size === 0 && !feed.isBusy) {
        feeds.delete(streamId);
      }
    }
  }
}

/** Whether this is the last that a person gets of the stream. */
function isLeft(event: LiveEvent, userId: string): boolean {
  if (event.type !== 'stream.left') {
    return false;
  }
  const left = readLiveEvent(event);
  return (
    left.type === 'stream.left' &&
    left.body.streamId === event.streamId &&
    left.body.userId === userId
  );
}
