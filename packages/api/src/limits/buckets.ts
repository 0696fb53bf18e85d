import type { Rate } from '../deps.ts';

interface Bucket {
  tokens: number;
  /** In milliseconds since 1970. */
  at: number;
}

const second = 1_000;
/** What a token may lack by rounding: who has waited as long as they were told to goes on. */
const rounding = 1e-9;

/**
 * A token bucket for each key: so many at once, and then so many a second. Counted in this process only,
 * since it costs a hot call nothing: with several nodes each lets so many through.
 */
export class Buckets {
  readonly #rate: Rate;
  readonly #most: number;
  /** Who has taken last comes last. */
  readonly #buckets = new Map<string, Bucket>();

  /** @param most keys that are remembered; beyond it the oldest begins anew */
  constructor(rate: Rate, most: number) {
    this.#rate = rate;
    this.#most = most;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** @returns 0 when the key may go on, else the seconds to wait */
  take(key: string, now: Date): number {
    const { perSecond, burst } = this.#rate;
    const at = now.getTime();
    const last = this.#buckets.get(key);
    const gained = last ? Math.max(0, at - last.at) * (perSecond / second) : burst;
    const tokens = Math.min(burst, (last?.tokens ?? 0) + gained);
    const isFree = tokens >= 1 - rounding;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isFree ? Math.max(0, tokens - 1) : tokens, at });
    this.#forget(at);
    return isFree ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond));
  }

  /** What was taken has led to nothing. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket) {
      bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + 1);
    }
  }

  /** A bucket that is full again is as good as none. */
  #forget(at: number): void {
    const full = (this.#rate.burst / this.#rate.perSecond) * second;
    for (const [key, bucket] of this.#buckets) {
      if (this.#buckets.size <= this.#most && at - bucket.at < full) {
        return;
      }
      this.#buckets.delete(key);
    }
  }
}
