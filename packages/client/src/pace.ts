import { pause, reconnectDelayMs, type Lost } from './backoff.ts';

/** A connection that lasted this long has served well. */
const stableMs = 5_000;

/** When the next socket may be opened, by what became of those before. */
export class Pace {
  #failures = 0;
  #lost: Lost | null = null;
  #servingSince: number | null = null;
  #waiting = new AbortController();

  /** Sockets in a row, the present one included, that have not served well. */
  get failures(): number {
    return this.#failures;
  }

  get isServing(): boolean {
    return this.#servingSince !== null;
  }

  /** Waits until a socket may be opened. @returns false when none is wanted any more */
  async next(): Promise<boolean> {
    const { signal } = this.#waiting;
    const delay = reconnectDelayMs(this.#failures, this.#lost);
    this.#failures += 1;
    await pause(delay, signal).catch(() => undefined);
    return signal.reason !== 'stop';
  }

  /** The server has answered on the socket. */
  serving(): void {
    this.#servingSince ??= performance.now();
  }

  /** The socket is gone. One that nobody needed is no loss. */
  lost(code: number, wasNeeded: boolean): void {
    const since = this.#servingSince;
    this.#servingSince = null;
    if (since !== null && (!wasNeeded || performance.now() - since >= stableMs)) {
      this.#failures = 0;
    }
    this.#lost = wasNeeded ? { code } : null;
  }

  /** Ends the present wait: to go on at once, or for good. */
  cut(reason: 'wake' | 'stop'): void {
    if (reason === 'wake') {
      this.#failures = Math.min(this.#failures, 1);
    } else {
      this.#lost = null;
    }
    const waiting = this.#waiting;
    this.#waiting = new AbortController();
    waiting.abort(reason);
  }
}
