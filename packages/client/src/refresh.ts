import { fullJitterMs, pause } from './backoff.ts';
import { appCodeOf, closedError, isTransient } from './errors.ts';
import { newId } from './id.ts';
import type { Session, SessionEndReason, TokenPair } from './session.ts';
import type { Tokens } from './tokens.ts';
import type { AppErrorCode } from './types.ts';

const tries = 4;
const retryBaseMs = 500;
const othersTries = 4;
const othersBaseMs = 250;

/** Calls `session.refresh`. */
export type CallRefresh = (input: {
  refreshToken: string;
  attemptId: string;
}) => Promise<TokenPair>;

const endings: Partial<Record<AppErrorCode, SessionEndReason>> = {
  SESSION_ENDED: 'ended',
  SESSION_REFRESH_INVALID: 'refresh-invalid',
  USER_INACTIVE: 'inactive',
};

interface RefresherOptions {
  call: CallRefresh;
  closed: AbortSignal;
  /** The key of the device, which `call` sends. */
  device: () => Promise<unknown>;
}

/** Changes tokens that are used up for new ones, one refresh at a time. */
export class Refresher {
  readonly #session: Session;
  readonly #call: CallRefresh;
  readonly #closed: AbortSignal;
  readonly #device: () => Promise<unknown>;
  #running: Promise<Tokens | null> | null = null;

  constructor(session: Session, { call, closed, device }: RefresherOptions) {
    this.#session = session;
    this.#call = call;
    this.#closed = closed;
    this.#device = device;
  }

  /** The tokens to use now, refreshed first when they are about to expire. Null: signed out. */
  async current(): Promise<Tokens | null> {
    const tokens = await this.#session.read();
    if (!tokens || !this.#session.life.isExpiring(tokens.accessToken)) {
      return tokens;
    }
    try {
      return await this.renew(tokens.accessToken);
    } catch (error) {
      // Still good for some seconds.
      if (isTransient(error) && !this.#session.life.isExpired(tokens.accessToken)) {
        return tokens;
      }
      throw error;
    }
  }

  /**
   * Tokens other than those with the access token `stale`: somebody else's, if they were faster,
   * or new ones.
   */
  renew(stale: string): Promise<Tokens | null> {
    // The device's key comes first: to make one takes the same lock as the refresh that sends it.
    this.#running ??= this.#device()
      .then(() => this.#session.alone(() => this.#renewAlone(stale)))
      // Whatever became of it: who waits for its turn meanwhile may have signed in.
      .then(() => this.#session.read())
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  async #renewAlone(stale: string): Promise<void> {
    const { epoch } = this.#session;
    const tokens = await this.#session.stored(epoch);
    if (tokens?.accessToken !== stale) {
      return;
    }
    if (this.#closed.aborted) {
      throw closedError();
    }
    const attemptId = tokens.attemptId ?? newId();
    if (tokens.attemptId === undefined) {
      await this.#session.keepAttempt(tokens, attemptId, epoch);
    }
    const { refreshToken } = tokens;
    try {
      const pair = await this.#ask({ refreshToken, attemptId });
      await this.#session.renew(pair, epoch, refreshToken);
    } catch (error) {
      await this.#recover(error, tokens, epoch);
    }
  }

  /** Repeats with the same attempt id, so that the server gives the same answer again. */
  async #ask(input: { refreshToken: string; attemptId: string }): Promise<TokenPair> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#call(input);
      } catch (error) {
        if (!isTransient(error) || attempt + 1 === tries || this.#closed.aborted) {
          throw error;
        }
      }
      await pause(fullJitterMs(attempt, retryBaseMs), this.#closed);
    }
  }

  /** Rejects, unless others have changed the tokens meanwhile. */
  async #recover(error: unknown, used: Tokens, epoch: number): Promise<void> {
    const hasChanged = async (): Promise<boolean> =>
      (await this.#session.stored(epoch))?.refreshToken !== used.refreshToken;
    const code = appCodeOf(error);
    if (code === 'SESSION_RETRY_WITH_CURRENT') {
      // The refresh token is used up: asking with it again would only end the session.
      for (let attempt = 0; attempt < othersTries; attempt += 1) {
        await pause(othersBaseMs * 2 ** attempt, this.#closed);
        if (await hasChanged()) {
          return;
        }
      }
    }
    const reason = code === null ? undefined : endings[code];
    if (reason) {
      if (await hasChanged()) {
        return;
      }
      await this.#session.end(reason, epoch, used.accessToken);
    }
    throw error;
  }
}
