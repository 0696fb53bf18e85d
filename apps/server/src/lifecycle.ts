/** What is done before the server stops listening. */
type Drain = (ms: number) => Promise<void>;

/**
 * Where a process stands between its first request and its end. While it drains it says that it is not
 * ready, so that load balancers look elsewhere, and goes on answering those who come all the same.
 */
export class Lifecycle {
  readonly #drains: Drain[] = [];
  #isDraining = false;

  get isDraining(): boolean {
    return this.#isDraining;
  }

  onDrain(drain: Drain): void {
    this.#drains.push(drain);
  }

  /** Has everybody go elsewhere, in at most so many milliseconds. */
  async drain(ms: number): Promise<void> {
    this.#isDraining = true;
    if (ms > 0) {
      await Promise.all(this.#drains.map((drain) => drain(ms)));
    }
  }
}
