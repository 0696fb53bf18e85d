import type { StoredStreamEvent } from '@chapar/contract';

/** An event on its way to one reader, with the cursor that is safe once it has arrived. */
export interface Delivery {
  cursor: bigint;
  event: StoredStreamEvent;
}

/** Why a reader was cut off: it was too slow, or the log could not be read for it. */
export type ReaderEnd = 'slow' | 'broken';

/**
 * The queue of one live subscription, bounded: a reader that lets more than `limit` events pile
 * up is cut off, and comes back by its cursor.
 */
export class Reader {
  readonly userId: string;
  readonly streams = new Set<string>();
  #queue: Delivery[] = [];
  readonly #limit: number;
  #end: ReaderEnd | null = null;
  #wake: (() => void) | null = null;

  constructor(userId: string, limit: number) {
    this.userId = userId;
    this.#limit = limit;
  }

  push(delivery: Delivery): void {
    if (this.#end) {
      return;
    }
    if (this.#queue.length >= this.#limit) {
      return this.cut('slow');
    }
    this.#queue.push(delivery);
    this.#wake?.();
  }

  cut(end: ReaderEnd): void {
    this.#end ??= end;
    this.#queue = [];
    this.#wake?.();
  }

  get end(): ReaderEnd | null {
    return this.#end;
  }

  /** Takes everything that waits. */
  take(): Delivery[] {
    const taken = this.#queue;
    this.#queue = [];
    return taken;
  }

  /** Resolves when there is something to take, the reader was cut off, or time or call is over. */
  async ready(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#queue.length > 0 || this.#end || signal.aborted) {
      return;
    }
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}
