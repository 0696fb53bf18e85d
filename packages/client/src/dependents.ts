import { callBack } from './call-back.ts';

/** A subscription that depends on the socket. */
export interface Dependent {
  fail(error: Error): void;
  complete(): void;
}

/** Shorter than the ping interval: every pong counts as activity. */
export const idleMs = 10_000;

/** The subscriptions that depend on the socket. */
export class Dependents {
  readonly #all = new Set<Dependent>();
  readonly #onIdle: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onIdle is called a while after the last one has gone */
  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Counts one in. @returns what counts it out */
  add(dependent: Dependent): () => void {
    this.stopWaiting();
    this.#all.add(dependent);
    return () => {
      if (this.#all.delete(dependent) && this.#all.size === 0) {
        this.stopWaiting();
        this.#timer = setTimeout(this.#onIdle, idleMs);
      }
    };
  }

  stopWaiting(): void {
    clearTimeout(this.#timer);
  }

  /** Ends all of them, by `error` where there is one. */
  end(error: Error | null): void {
    for (const dependent of this.#all) {
      callBack(() => (error ? dependent.fail(error) : dependent.complete()));
    }
  }
}
