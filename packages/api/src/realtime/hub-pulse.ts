import type { Log } from '../deps.ts';

export interface HubPulseOptions {
  log: Pick<Log, 'warn'>;
  /** Sends something that this node hears itself when the bus works. */
  beat(): void;
  /** Called when the links are said to be up and {@link mostMissed} beats were not heard. */
  onStall(): void;
  beatMs?: number;
}

const usualBeatMs = 8_000;
/** Counted, not timed: while this process stood still it has heard nothing, and missed nothing. */
const mostMissed = 3;

/**
 * Whether the bus works, by the one proof that there is: what this node sends comes back to it. A
 * connection that is open proves nothing: the other side may hang, refuse to publish, or have
 * forgotten that we listen.
 *
 * The log hears once that the bus is away, and once that it is back.
 */
export class HubPulse {
  readonly #options: HubPulseOptions;
  readonly #timer: NodeJS.Timeout;
  #isUp = false;
  #isConnected = false;
  #isToldAway = false;
  #isClosed = false;
  /** Beats since something was heard. */
  #missed = 0;
  #reason = 'nothing comes back';

  constructor(options: HubPulseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), options.beatMs ?? usualBeatMs);
    this.#timer.unref();
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The links are there: from now on something should come back. */
  up(): void {
    if (this.#isUp || this.#isClosed) {
      return;
    }
    this.#isUp = true;
    this.#missed = 0;
    this.#options.beat();
  }

  /** A link is lost. */
  down(reason: string): void {
    this.#isUp = false;
    this.#lose(reason);
  }

  /** Something could not be sent; what comes of it shows when nothing comes back. */
  failed(reason: string): void {
    this.#reason = reason;
  }

  /** Something of this node came back. */
  heard(): void {
    this.#missed = 0;
    if (!this.#isUp || this.#isConnected || this.#isClosed) {
      return;
    }
    this.#isConnected = true;
    if (this.#isToldAway) {
      this.#isToldAway = false;
      this.#options.log.warn({}, 'the bus is back');
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#isConnected = false;
    clearInterval(this.#timer);
  }

  #look(): void {
    if (!this.#isUp) {
      return;
    }
    this.#missed += 1;
    if (this.#missed > mostMissed) {
      this.#lose(this.#reason);
      this.#missed = 0;
      this.#options.onStall();
    }
    this.#options.beat();
  }

  #lose(reason: string): void {
    this.#isConnected = false;
    if (!this.#isToldAway && !this.#isClosed) {
      this.#isToldAway = true;
      const { log } = this.#options;
      log.warn({ reason }, 'the bus is away; events of other processes come a little later');
    }
  }
}

/** `57P01`, `ECONNREFUSED`, the first word of Redis (`NOPERM`), or the error's kind; no secret. */
export function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(cause instanceof Error)) {
    return 'unknown';
  }
  const code = 'code' in cause ? cause.code : undefined;
  const word = /^[A-Z]{2,}\b/.exec(cause.message)?.[0];
  return typeof code === 'string' ? code : (word ?? cause.constructor.name);
}
