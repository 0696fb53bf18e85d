/** A record that waits to be sent. */
interface Waiting {
  /** Null when it was dropped, or a newer one has taken its place. */
  record: string | null;
  /** Of the record in UTF-8, with its mark. */
  bytes: number;
  shard: number;
  /** Null for an event. */
  topic: string | null;
}

export interface HubQueueBounds {
  records: number;
  bytes: number;
}

/** What is sent in one piece. */
export interface Payload {
  shard: number;
  text: string;
}

/**
 * What waits for the bus, in order and within bounds. A signal takes the place of an older one of the
 * same topic. When it is full, the oldest signals are dropped, then the oldest events.
 */
export class HubQueue {
  readonly #bounds: HubQueueBounds;
  #waiting: Waiting[] = [];
  readonly #topics = new Map<string, Waiting>();
  /** Index of the first that was not taken. */
  #first = 0;
  #records = 0;
  #bytes = 0;

  constructor(bounds: HubQueueBounds) {
    this.#bounds = bounds;
  }

  /** Number of records. */
  get size(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(item: { record: string; bytes: number; shard: number; topic: string | null }): void {
    const own: Waiting = { ...item };
    if (own.topic !== null) {
      this.#remove(this.#topics.get(own.topic));
      this.#topics.set(own.topic, own);
    }
    this.#waiting.push(own);
    this.#records += 1;
    this.#bytes += own.bytes;
    while (this.#records > this.#bounds.records || this.#bytes > this.#bounds.bytes) {
      this.#dropOldest();
    }
    this.#tidy();
  }

  /** Takes the oldest record, null when nothing waits. */
  take(): { record: string; bytes: number; shard: number } | null {
    while (this.#first < this.#waiting.length) {
      const next = this.#waiting[this.#first];
      this.#first += 1;
      if (next?.record) {
        const { record, bytes, shard } = next;
        this.#remove(next);
        this.#tidy();
        return { record, bytes, shard };
      }
    }
    this.#tidy();
    return null;
  }

  clear(): void {
    this.#waiting = [];
    this.#topics.clear();
    this.#first = 0;
    this.#records = 0;
    this.#bytes = 0;
  }

  #dropOldest(): void {
    const [signal] = this.#topics.values();
    if (signal) {
      this.#remove(signal);
    } else {
      this.take();
    }
  }

  #remove(item: Waiting | undefined): void {
    if (!item || item.record === null) {
      return;
    }
    item.record = null;
    this.#records -= 1;
    this.#bytes -= item.bytes;
    if (item.topic !== null) {
      this.#topics.delete(item.topic);
    }
  }

  /** Lets go of what was taken or dropped, now and then: the places are at most twice the records. */
  #tidy(): void {
    if (this.#waiting.length > 2 * this.#records + tidyAbove) {
      this.#waiting = this.#waiting.slice(this.#first).filter(({ record }) => record !== null);
      this.#first = 0;
    }
  }
}

const tidyAbove = 1_000;
