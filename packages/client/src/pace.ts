import { pause, reconnectDelayMs, type Lost } from './backoff.ts';

/** A connection that lasted this long has served well. */
const stableMs = 5_000;
/** The close code of a server that restarts: all of its clients come at once. */
const restart = 1012;

/** A wait, and why it was cut. React Native's signals do not say. */
interface Waiting {
  readonly controller: AbortController;
  reason: 'wake' | 'stop' | 'again' | null;
}

function newWaiting(): Waiting {
  return { controller: new AbortController(), reason: null };
}

/** When the next socket may be opened, by what became of those before. */
export class Pace {
  #failures = 0;
  #lost: Lost | null = null;
  #waiting = newWaiting();

  /** Sockets in a row, the present one included, that have not served well. */
  get failures(): number {
    return this.#failures;
  }

  /** Waits until a socket may be opened. @returns false when none is wanted any more */
  async next(): Promise<boolean> {
    for (;;) {
      const waiting = this.#waiting;
      const delay = reconnectDelayMs(this.#failures, this.#lost);
      this.#failures += 1;
      await pause(delay, waiting.controller.signal).catch(() => undefined);
      if (waiting.reason !== 'again') {
        return waiting.reason !== 'stop';
      }
    }
  }

  /** A socket that has served for `servedMs` is to be replaced while it goes on serving. */
  replacing(servedMs: number): void {
    this.#credit(servedMs);
    this.#lost = { code: restart };
  }

  /** A socket that served for `servedMs`, if ever, is gone, and others are needed. */
  lost(code: number, servedMs: number): void {
    this.#lost = { code };
    if (this.#credit(servedMs)) {
      // Who waits for one to replace it waits by what came before, maybe for long.
      this.#cut('again');
    }
  }

  /** The last socket is gone, and nobody needs one. */
  released(hasServed: boolean): void {
    this.#lost = null;
    if (hasServed) {
      this.#failures = 0;
    }
  }

  /** Ends the present wait: to go on at once, or for good. */
  cut(reason: 'wake' | 'stop'): void {
    if (reason === 'wake') {
      this.#failures = Math.min(this.#failures, 1);
    } else {
      this.#lost = null;
    }
    this.#cut(reason);
  }

  #credit(servedMs: number): boolean {
    const isGood = servedMs >= stableMs;
    if (isGood) {
      this.#failures = 0;
    }
    return isGood;
  }

  #cut(reason: 'wake' | 'stop' | 'again'): void {
    const waiting = this.#waiting;
    this.#waiting = newWaiting();
    waiting.reason = reason;
    waiting.controller.abort();
  }
}
