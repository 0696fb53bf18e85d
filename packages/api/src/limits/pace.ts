export interface PaceOptions {
  everyMs: number;
  /** Keys that are remembered. Beyond it the oldest is forgotten, and may come again too soon. */
  most: number;
}

/** Lets each key through once in a while. Counted in this process only: for what may be lost. */
export class Pace {
  readonly #options: PaceOptions;
  /** When each key came through last, the earliest first. */
  readonly #last = new Map<string, number>();

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#last.size;
  }

  /** @returns false for a key that comes too soon */
  take(key: string, now: Date): boolean {
    const { everyMs, most } = this.#options;
    const at = now.getTime();
    const isOver = (last: number): boolean => Math.abs(at - last) >= everyMs;
    const last = this.#last.get(key);
    if (last !== undefined && !isOver(last)) {
      return false;
    }
    this.#last.delete(key);
    this.#last.set(key, at);
    for (const [oldest, when] of this.#last) {
      if (this.#last.size <= most && !isOver(when)) {
        break;
      }
      this.#last.delete(oldest);
    }
    return true;
  }

  /** What came through has led to nothing. */
  giveBack(key: string): void {
    this.#last.delete(key);
  }
}
