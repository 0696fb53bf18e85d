import type { Refresher } from './refresh.ts';
import type { Session } from './session.ts';

/** So long before the end of its token a socket is renewed, at the latest. */
const leadMs = 30_000;
/** Jitter: up to this part of the lead more. */
const leadSpread = 1 / 3;
const soonestMs = 1_000;
/** A token of unknown age is looked at after 1 to 10 s. */
const lookMs = 10_000;
const lookAgainMs = 10_000;

/** Calls `stream.renew`; resolves with the time of the server at which the socket ends. */
export type CallRenew = (connectionId: string) => Promise<{ expiresAt: string }>;

interface RenewerOptions {
  session: Session;
  refresher: Refresher;
  call: CallRenew;
}

/** A socket that is to outlive its token. */
export interface Renewable {
  /** The token that it was opened with. */
  accessToken: string;
  /** Its newest id; null when the server gave none. */
  connectionId(): string | null;
  isNeeded(): boolean;
  /** It will be closed when its token ends. */
  failed(): void;
}

/**
 * Gets a new token before that of a socket ends, and has the socket live by it. Clocks are
 * monotonic; the server's times are only compared with each other.
 */
export class Renewer {
  readonly #options: RenewerOptions;
  /** The server's time minus the monotonic one, once both were known of a token's end. */
  #offsetMs: number | null = null;

  constructor(options: RenewerOptions) {
    this.#options = options;
  }

  /** Renews the socket again and again. @returns what stops that */
  keep(socket: Renewable): () => void {
    const { session } = this.#options;
    let token = socket.accessToken;
    /** Monotonic; null when unknown. */
    let endsAt = this.#endOf(token);
    let isStopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const plan = (ms: number): void => {
      if (!isStopped) {
        timer = setTimeout(() => void turn(), ms);
      }
    };
    const planByEnd = (): void => {
      if (endsAt === null) {
        plan(soonestMs + Math.random() * (lookMs - soonestMs));
        return;
      }
      const life = session.life.of(token)?.of ?? Infinity;
      const lead = Math.min(leadMs, life / 2) * (1 + Math.random() * leadSpread);
      plan(Math.max(soonestMs, endsAt - performance.now() - lead));
    };
    const turn = async (): Promise<void> => {
      if (!socket.isNeeded()) {
        plan(lookAgainMs);
        return;
      }
      try {
        const next = await this.#nextToken(token, endsAt);
        if (next === null || isStopped) {
          return;
        }
        const connectionId = socket.connectionId();
        if (connectionId === null) {
          throw new Error('the server gave the connection no id');
        }
        const { expiresAt } = await this.#options.call(connectionId);
        token = next;
        endsAt = this.#learnEnd(token, Date.parse(expiresAt));
      } catch {
        if (!isStopped) {
          socket.failed();
        }
        return;
      }
      planByEnd();
    };

    planByEnd();
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }

  /** The token to live by: a new one, unless it can be asked how long the present one is good. */
  async #nextToken(token: string, endsAt: number | null): Promise<string | null> {
    const { session, refresher } = this.#options;
    const mayAsk = endsAt === null && this.#offsetMs !== null;
    const tokens = mayAsk ? await session.read() : await refresher.renew(token);
    return tokens?.accessToken ?? null;
  }

  #endOf(token: string): number | null {
    const life = this.#options.session.life.of(token);
    return life && performance.now() + life.ms;
  }

  /** When a token ends: known when we got it ourselves, otherwise by what the server says. */
  #learnEnd(token: string, serverMs: number): number | null {
    const known = this.#endOf(token);
    if (Number.isNaN(serverMs)) {
      return known;
    }
    if (known !== null) {
      this.#offsetMs = serverMs - known;
      return known;
    }
    return this.#offsetMs === null ? null : serverMs - this.#offsetMs;
  }
}
