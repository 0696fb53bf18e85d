import type { Delivery } from './delivery.ts';
import { Wake } from './wake.ts';

/** Why a reader was cut off: it was too slow, or the log could not be read for it. */
export type ReaderEnd = 'slow' | 'broken';

/** A way to the peer that is faster than the reader's queue. */
export interface Sink {
  /** @returns false when the peer reads too slowly; nothing was written then */
  write(delivery: Delivery): boolean;
  /** Everything that was written is on its way before anything that is sent otherwise. */
  flush(): void;
}

/** They need somebody to look at them on their way. */
const looked = new Set<string | undefined>(['session.ended']);

const mostSignals = 100;

/**
 * One live subscription. Events go straight to its sink while the peer keeps up; otherwise they wait
 * in a queue, which is bounded: a reader that lets more than `limit` pile up is cut off, and comes
 * back by its cursor.
 */
export class Reader {
  readonly userId: string;
  readonly streams = new Set<string>();
  #rejoins: Map<string, number> | null = null;
  /** Looks of the beacon since anything was handed over. */
  quiet = 0;
  #queue: Delivery[] = [];
  #signals: Map<string, Delivery> | null = null;
  #sink: Sink | null = null;
  readonly #limit: number;
  readonly #onCut: ((end: ReaderEnd) => void) | undefined;
  #isOver = false;
  readonly #wake = new Wake();

  /** @param onCut is called once, when the reader is cut off, whatever it waits for */
  constructor(userId: string, limit: number, onCut?: (end: ReaderEnd) => void) {
    this.userId = userId;
    this.#limit = limit;
    this.#onCut = onCut;
  }

  /** Streams that it has been let into while it was in, with the seq that it goes on after. */
  get rejoins(): Map<string, number> {
    this.#rejoins ??= new Map();
    return this.#rejoins;
  }

  push(delivery: Delivery): void {
    if (this.#isOver) {
      return;
    }
    this.quiet = 0;
    if (this.#sink && !looked.has(delivery.event?.type) && this.#sink.write(delivery)) {
      return;
    }
    this.#leaveSink();
    if (this.#queue.length >= this.#limit) {
      return this.cut('slow');
    }
    this.#queue.push(delivery);
    this.#wake.call();
  }

  /**
   * Hands over what matters for the moment only. Behind events it does not wait in their queue: a newer
   * one of the same topic takes its place, and there is room for few.
   */
  signal(topic: string, delivery: Delivery): void {
    if (this.#isOver || this.#sink?.write(delivery)) {
      return;
    }
    this.#signals ??= new Map();
    if (this.#signals.size < mostSignals || this.#signals.has(topic)) {
      this.#signals.set(topic, delivery);
      this.#wake.call();
    }
  }

  /** From now on everything goes to the sink. Nothing may be waiting. */
  connect(sink: Sink): void {
    this.#sink = sink;
  }

  cut(end: ReaderEnd): void {
    if (!this.#isOver) {
      this.stop();
      this.#onCut?.(end);
    }
  }

  /** It gets nothing any more. */
  stop(): void {
    this.#isOver = true;
    this.#leaveSink();
    this.#queue = [];
    this.#signals = null;
    this.#wake.call();
  }

  /** Whether it was cut off, or has left. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes everything that waits, events first. */
  take(): Delivery[] {
    const taken = this.#signals ? [...this.#queue, ...this.#signals.values()] : this.#queue;
    this.#queue = [];
    this.#signals = null;
    return taken;
  }

  get isWaiting(): boolean {
    return this.#queue.length > 0 || this.#signals !== null;
  }

  /** Resolves when there is something to take, the reader was cut off, or the call is over. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.isWaiting || this.#isOver || signal.aborted) {
      return;
    }
    await this.#wake.wait(signal);
  }

  #leaveSink(): void {
    this.#sink?.flush();
    this.#sink = null;
  }
}
