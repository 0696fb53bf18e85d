import type { Clock } from '../deps.ts';

/** A clock that stands still until the test moves it. */
export class TestClock implements Clock {
  #now: number;

  constructor(start = '2026-11-20T08:00:00.000Z') {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  /** Moves time forward, or back for a negative length. */
  advance(ms: number): void {
    this.#now += ms;
  }
}
