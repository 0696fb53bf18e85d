import type { Log } from '../deps.ts';
import type { Feed } from './feed.ts';
import type { LiveEvent } from './live-event.ts';
import type { Recent } from './recent.ts';
import type { StreamLog } from './stream-log.ts';

/** Transactions that commit together may be heard of in another order: worth a moment's wait. */
const overtakingMs = 20;

/** What filling needs of the feeds of a node. */
export interface FillPlace {
  /** By their streams. */
  feeds: Map<string, Feed>;
  recent: Recent;
  log: StreamLog;
  report: Log;
  /** Hands the next event of a feed to its readers. */
  deliver: (feed: Feed, event: LiveEvent) => void;
}

/** Keeps feeds without holes: what comes before its turn waits for it, what is missing is looked up. */
export class FeedFills {
  readonly #place: FillPlace;

  constructor(place: FillPlace) {
    this.#place = place;
  }

  /** Keeps what came before its turn, and looks the hole up in the log if nothing fills it. */
  hold(feed: Feed, event: LiveEvent): void {
    const { streamId, seq } = event;
    feed.hold(event);
    this.#place.recent.heard(streamId, seq);
    setTimeout(() => {
      if (this.#place.feeds.get(streamId) === feed) {
        void this.heard(streamId, seq);
      }
    }, overtakingMs).unref();
  }

  /** Hands over what was held and whose turn has come. */
  deliverEarly(feed: Feed): void {
    feed.dropPassed();
    for (let next = feed.takeNext(); next; next = feed.takeNext()) {
      this.#place.deliver(feed, next);
    }
  }

  /** There is an event up to this seq, and more is not known. @returns null when nothing is missing */
  heard(streamId: string, seq: number): Promise<void> | null {
    const { feeds, recent } = this.#place;
    recent.heard(streamId, seq);
    const feed = feeds.get(streamId);
    if (!feed || (!feed.isBusy && seq <= feed.seq)) {
      return null;
    }
    // Whatever has been heard of meanwhile is filled too: those who wait behind find nothing to do.
    const upTo = (): number => Math.max(seq, recent.headOf(streamId));
    return this.queue(feed, () => this.fill(feed, upTo()));
  }

  /** Brings a feed up to this seq. */
  async fill(feed: Feed, toSeq: number): Promise<void> {
    if (toSeq <= feed.seq) {
      return;
    }
    for (const event of await this.between(feed.streamId, feed.seq, toSeq)) {
      this.#place.deliver(feed, event);
    }
    if (feed.seq < toSeq) {
      await this.#passForgotten(feed, toSeq);
    }
    this.deliverEarly(feed);
  }

  /** What is not in the log was forgotten, if there ever was so much; a bus may say anything. */
  async #passForgotten(feed: Feed, toSeq: number): Promise<void> {
    const heads = await this.#place.log.heads([feed.streamId]);
    const head = heads.get(feed.streamId) ?? 0;
    feed.seq = Math.max(feed.seq, Math.min(toSeq, head));
  }

  /** The events of a stream after one seq and up to another. */
  async between(streamId: string, afterSeq: number, toSeq: number): Promise<LiveEvent[]> {
    if (afterSeq >= toSeq) {
      return [];
    }
    const { log, recent } = this.#place;
    return recent.between(streamId, afterSeq, toSeq) ?? log.between(streamId, afterSeq, toSeq);
  }

  /** Runs work that needs the log after the work before it; a failure cuts the readers off. */
  queue(feed: Feed, work: () => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        const { streamId } = feed;
        this.#place.report.warn({ err: error, streamId }, 'stream could not be read from the log');
        this.drop(feed);
        for (const reader of feed.readers) {
          reader.cut('broken');
        }
      }
    };
    return feed.queue(run, () => {
      if (feed.readers.size === 0) {
        this.drop(feed);
      }
    });
  }

  /** Forgets a feed, unless another one has taken its place. */
  drop(feed: Feed): void {
    const { feeds } = this.#place;
    if (feeds.get(feed.streamId) === feed) {
      feeds.delete(feed.streamId);
    }
  }
}
