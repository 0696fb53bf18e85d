import type { LiveEvent } from './live-event.ts';

/**
 * Something on its way to readers, and the cursor that is good once it has arrived. One object for all
 * who get the same: what a transport makes of it, it makes once and keeps here.
 */
export class Delivery {
  readonly cursor: bigint;
  /** JSON of a `StreamEvent`. */
  readonly json: string;
  /** Null for a signal, which is in no log. */
  readonly event: LiveEvent | null;
  #id: string | undefined;
  #made: Map<string, Buffer> | undefined;

  constructor(cursor: bigint, json: string, event: LiveEvent | null = null) {
    this.cursor = cursor;
    this.json = json;
    this.event = event;
  }

  /** The cursor as it is written. */
  get id(): string {
    this.#id ??= String(this.cursor);
    return this.#id;
  }

  /** The bytes of the message that begins with `head`: those that were made for it, or new ones. */
  bytes(head: string, make: (delivery: Delivery, head: string) => Buffer): Buffer {
    this.#made ??= new Map();
    let made = this.#made.get(head);
    if (made === undefined) {
      made = make(this, head);
      this.#made.set(head, made);
    }
    return made;
  }

  /** The same with a lower cursor, which is always good: it only repeats more. */
  notAbove(cursor: bigint): Delivery {
    return this.cursor <= cursor ? this : new Delivery(cursor, this.json, this.event);
  }
}
