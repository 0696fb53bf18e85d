interface Waiting<Item, Result> {
  item: Item;
  /** By the clock of `performance.now`. */
  since: number;
  signal: AbortSignal | undefined;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

export interface BatchOptions<Item, Result> {
  /**
   * Does the work for several items at once.
   *
   * @returns one result for each item, in their order; a rejection is everybody's
   */
  run(items: readonly Item[]): Promise<readonly Result[]>;
  /** Most items in one run. */
  most: number;
  /** Runs at the same time. */
  lanes: number;
  /** Who has waited for longer when a run begins is turned away; for ever when left out. */
  patienceMs?: number;
}

/** Nothing was done: the turn did not come before the one who asked gave up, or may be thought to have. */
export class MissedTurnError extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('The turn did not come in time');
  }
}

/**
 * Does together what is asked for at the same time ("group commit"): in the same turn of the event
 * loop, or while all lanes are busy. Costs no waiting when there is little to do, and saves round trips
 * and commits when there is much.
 */
export class Batch<Item, Result> {
  readonly #options: BatchOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  #running = 0;
  #isPlanned = false;

  constructor(options: BatchOptions<Item, Result>) {
    this.#options = options;
  }

  /**
   * @param signal of the call: who has hung up before the run begins is left out of it
   * @throws MissedTurnError when the run begins too late
   */
  add(item: Item, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, since: performance.now(), signal, resolve, reject });
      this.#plan();
    });
  }

  /** At the end of this turn, when everybody has asked whose turn it is too. */
  #plan(): void {
    if (this.#isPlanned || this.#running === this.#options.lanes) {
      return;
    }
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#next();
    });
  }

  #next(): void {
    if (this.#running === this.#options.lanes) {
      return;
    }
    const taken = this.#take();
    if (taken.length === 0) {
      return;
    }
    this.#running += 1;
    void this.#run(taken);
    this.#plan();
  }

  /** The next ones for whom it is not too late; those before them are turned away. */
  #take(): Waiting<Item, Result>[] {
    const { most, patienceMs = Infinity } = this.#options;
    const oldest = performance.now() - patienceMs;
    const taken: Waiting<Item, Result>[] = [];
    let passed = 0;
    for (const next of this.#waiting) {
      if (taken.length === most) {
        break;
      }
      passed += 1;
      if (next.since < oldest || next.signal?.aborted) {
        next.reject(new MissedTurnError());
      } else {
        taken.push(next);
      }
    }
    this.#waiting = this.#waiting.slice(passed);
    return taken;
  }

  async #run(taken: readonly Waiting<Item, Result>[]): Promise<void> {
    const answer = await this.#ask(taken);
    this.#running -= 1;
    // The next ones are on their way while those here get their answers.
    this.#next();
    answer();
  }

  /** @returns what tells everybody of the outcome */
  async #ask(taken: readonly Waiting<Item, Result>[]): Promise<() => void> {
    try {
      const results = await this.#options.run(taken.map(({ item }) => item));
      if (results.length !== taken.length) {
        throw new Error(`${taken.length} items got ${results.length} results`);
      }
      return () => taken.forEach(({ resolve }, index) => resolve(results[index] as Result));
    } catch (error) {
      return () => taken.forEach(({ reject }) => reject(error));
    }
  }
}
