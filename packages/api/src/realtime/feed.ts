import type { LiveEvent } from './live-event.ts';
import type { Reader } from './reader.ts';

/** One stream that somebody on this node reads. */
export class Feed {
  readonly streamId: string;
  readonly readers = new Set<Reader>();
  /** Newest seq that was handed to the readers. */
  seq: number;
  /** Work that waits for the log, one after the other; null when the feed is up to date. */
  #work: Promise<void> | null = null;
  /** Events that have overtaken others, by their seq. Rare, and most feeds are idle. */
  #early: Map<number, LiveEvent> | null = null;

  constructor(streamId: string, seq: number) {
    this.streamId = streamId;
    this.seq = seq;
  }

  /** Whether something waits for the log; everything else has to wait behind it. */
  get isBusy(): boolean {
    return this.#work !== null;
  }

  /**
   * Runs work after the work before it.
   *
   * @param work must not reject
   * @param idle is called when nothing is left to do
   */
  queue(work: () => Promise<void>, idle: () => void): Promise<void> {
    const mine: Promise<void> = (this.#work ? this.#work.then(work) : work()).then(() => {
      if (this.#work === mine) {
        this.#work = null;
        idle();
      }
    });
    this.#work = mine;
    return mine;
  }

  /** Keeps an event that has come before its turn. */
  hold(event: LiveEvent): void {
    this.#early ??= new Map();
    this.#early.set(event.seq, event);
  }

  /** The event whose turn it is, if it was held. */
  takeNext(): LiveEvent | undefined {
    const next = this.#early?.get(this.seq + 1);
    if (next) {
      this.#early?.delete(next.seq);
    }
    return next;
  }

  /** Forgets what was held and has been read from the log meanwhile. */
  dropPassed(): void {
    if (this.#early === null) {
      return;
    }
    for (const seq of this.#early.keys()) {
      if (seq <= this.seq) {
        this.#early.delete(seq);
      }
    }
    if (this.#early.size === 0) {
      this.#early = null;
    }
  }
}
