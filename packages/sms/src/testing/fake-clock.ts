/** A clock that goes with the machine's until it is moved, and then stays ahead by as much. */
export class FakeClock {
  #aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}
