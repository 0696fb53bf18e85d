interface Waiting<Item, Result> {
  item: Item;
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

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
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
    const { most, lanes } = this.#options;
    if (this.#running === lanes || this.#waiting.length === 0) {
      return;
    }
    const taken = this.#waiting.slice(0, most);
    this.#waiting = this.#waiting.slice(most);
    this.#running += 1;
    void this.#run(taken);
    this.#plan();
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
