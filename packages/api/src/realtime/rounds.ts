export interface RoundsOptions {
  /** What there is to do, all of it; who needs more asks again. */
  work: () => Promise<void>;
  /** Milliseconds between the end of a round and the beginning of the next. */
  pauseMs: number;
  /** Told of a round that failed; the next one comes by itself after 1 s. */
  failed: (error: unknown) => void;
}

const againMs = 1_000;

/**
 * Does what is asked for in rounds, one at a time: however often it is asked for, it is done only so
 * often. What is asked for during a round is for the next one.
 */
export class Rounds {
  readonly #options: RoundsOptions;
  #isAsked = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #notBefore = 0;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  ask(): void {
    this.#isAsked = true;
    this.#plan();
  }

  /** Ends after the round that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) {
      clearTimeout(this.#timer);
    }
    await this.#running;
  }

  #plan(): void {
    if (this.#isClosed || this.#timer || this.#running || !this.#isAsked) {
      return;
    }
    const ms = Math.max(0, this.#notBefore - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#running = this.#run();
    }, ms);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    this.#isAsked = false;
    let pauseMs = this.#options.pauseMs;
    try {
      await this.#options.work();
    } catch (error) {
      this.#isAsked = true;
      pauseMs = Math.max(pauseMs, againMs);
      this.#options.failed(error);
    }
    this.#notBefore = performance.now() + pauseMs;
    this.#running = null;
    this.#plan();
  }
}
