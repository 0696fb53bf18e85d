import type { Log } from '../deps.ts';
import type { Feeds } from './feeds.ts';
import type { StreamLog } from './stream-log.ts';

export interface AuditOptions {
  feeds: Feeds;
  log: StreamLog;
  report: Log;
  auditMs: number;
  beaconMs: number;
  /** See `StreamConfig.cursorLagMs`. */
  cursorLagMs: number;
}

/** A silent reader is looked at so often before it gets a beacon. */
const looksPerBeacon = 5;
/** An audit takes at most this part of the time, however large the log's news are. */
const shareOfTime = 5;
/** More transactions than begin within the lag: where a node begins, before it can look back. */
const idsInLag = 20_000n;
/** How long what was heard is remembered at the least; see {@link Feeds.attach}. */
export const rememberMs = 10_000;

/**
 * The heartbeat of a node's live side. Twice a second it asks the log what is new, has the feeds
 * fill what the hub lost, and then moves their safe position to the horizon of the same snapshot.
 * This is what a node lives on when the bus is gone. It also sends the beacons.
 */
export class Audit {
  readonly #options: AuditOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #next: NodeJS.Timeout | null = null;
  /** Horizons up to which everything was handed over, and when (`performance.now`), oldest first. */
  #reached: { horizon: bigint; at: number }[] = [];
  #closed = false;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { feeds, log, beaconMs } = this.#options;
    const horizon = await log.horizon();
    feeds.raiseSafe(horizon - (this.#options.cursorLagMs > 0 ? idsInLag : 0n));
    this.#reach(horizon);
    this.#every(beaconMs / looksPerBeacon, () => feeds.beacon(looksPerBeacon));
    this.#every(rememberMs, () => feeds.turn());
    this.#plan(this.#options.auditMs);
  }

  close(): void {
    this.#closed = true;
    this.#timers.forEach(clearInterval);
    if (this.#next) {
      clearTimeout(this.#next);
    }
  }

  /** One comparison. */
  async run(): Promise<void> {
    const { feeds, log } = this.#options;
    const { heads, horizon } = await log.since(feeds.safe);
    await feeds.catchUp(heads);
    this.#reach(horizon);
  }

  /** Moves the safe position to the newest horizon that is old enough. */
  #reach(horizon: bigint): void {
    const now = performance.now();
    this.#reached.push({ horizon, at: now });
    const ripe = this.#reached.filter(({ at }) => now - at >= this.#options.cursorLagMs);
    const newest = ripe.at(-1);
    if (newest) {
      this.#reached = this.#reached.slice(ripe.length);
      this.#options.feeds.raiseSafe(newest.horizon);
    }
  }

  #every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  #plan(ms: number): void {
    if (this.#closed) {
      return;
    }
    this.#next = setTimeout(() => void this.#runNext(), ms);
    this.#next.unref();
  }

  async #runNext(): Promise<void> {
    const started = performance.now();
    try {
      await this.run();
    } catch (error) {
      this.#options.report.warn({ err: error }, 'stream audit failed; it is tried again');
    }
    const tookMs = performance.now() - started;
    this.#plan(Math.max(this.#options.auditMs, tookMs * (shareOfTime - 1)));
  }
}
