import { StoredTokens } from './stored-tokens.ts';
import { TokenLife } from './token-life.ts';
import type { Tokens, TokenStore } from './tokens.ts';
import { UnderWay } from './under-way.ts';

/**
 * Why nobody is signed in any more.
 *
 * - `signed-out`: this client called `session.end`, `session.removeAll` or `account.remove`.
 * - `ended`: it was ended elsewhere: by another device or tab, or by the server.
 * - `refresh-invalid`: the server does not accept the refresh token.
 * - `inactive`: the account is closed.
 */
export type SessionEndReason = 'signed-out' | 'ended' | 'refresh-invalid' | 'inactive';

/** Tokens as the server answers them. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Seconds. */
  accessExpiresIn: number;
}

interface SessionListeners {
  started(): void;
  /** @param userId whose session it was, where that is known */
  ended(reason: SessionEndReason, userId: string | null): void;
}

/** Proof of who was signed in when something began. */
export interface Credential {
  /** Rises whenever somebody signs in or the session ends. */
  epoch: number;
  accessToken: string | null;
  /** Whose token it is, where that is known. */
  userId: string | null;
}

/** Who is signed in, by the token store, and what they are signed in with. */
export class Session {
  readonly #stored: StoredTokens;
  readonly #listeners: SessionListeners;
  #epoch = 0;
  /** Whether tokens of this epoch have been seen in the store. */
  #isKnown = false;
  /** Epochs of which tokens have been seen. */
  readonly #signedIn = new Set<number>();
  /** By the tokens that were in the store last. */
  #userId: string | null = null;
  readonly life = new TokenLife();
  readonly underWay = new UnderWay();

  constructor(store: TokenStore, listeners: SessionListeners) {
    this.#stored = new StoredTokens(store);
    this.#listeners = listeners;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Who is signed in, as far as that is known without looking. */
  get userId(): string | null {
    return this.#userId;
  }

  /**
   * The stored tokens. Have others removed them, say another tab, the session ends here as well;
   * have others signed somebody else in, that person is signed in here as well.
   */
  async read(): Promise<Tokens | null> {
    const { tokens } = await this.#look();
    return tokens;
  }

  async credential(): Promise<Credential> {
    const { epoch, tokens } = await this.#look();
    return { epoch, accessToken: tokens?.accessToken ?? null, userId: tokens?.userId ?? null };
  }

  /** Whether somebody was signed in at `epoch`, as far as that was noticed. */
  wasSignedIn(epoch: number): boolean {
    return this.#signedIn.has(epoch);
  }

  /** The stored tokens, and the epoch that they are of. */
  async #look(): Promise<{ epoch: number; tokens: Tokens | null }> {
    // What is not written yet is not to be taken for what others have done.
    while (this.#stored.isBusy) {
      await this.#stored.settled();
    }
    const epoch = this.#epoch;
    const tokens = await this.#stored.get();
    if (tokens) {
      this.#signedIn.add(epoch);
    }
    if (epoch !== this.#epoch) {
      return this.#look();
    }
    if (tokens) {
      this.#meet(tokens.userId ?? null);
    } else if (this.#isKnown) {
      await this.end('ended', epoch, null);
    }
    return { epoch: this.#epoch, tokens };
  }

  /** There are tokens of `userId` in the store. */
  #meet(userId: string | null): void {
    const isOther = userId !== null && this.#userId !== null && userId !== this.#userId;
    this.#isKnown = true;
    this.#userId = userId;
    if (isOther) {
      this.#begin();
      this.life.forget();
      this.#listeners.started();
    }
  }

  #begin(): void {
    this.#epoch += 1;
    this.#signedIn.add(this.#epoch);
  }

  /** What is stored for the session of `epoch`, for who is alone; null when that is over. */
  async stored(epoch: number): Promise<Tokens | null> {
    const tokens = await this.#stored.get();
    return epoch === this.#epoch && !this.#stored.isChanging ? tokens : null;
  }

  /** Somebody has just signed in. */
  async start(pair: TokenPair, userId: string | null): Promise<void> {
    this.#begin();
    const epoch = this.#epoch;
    this.#isKnown = false;
    this.#userId = userId;
    const tokens = this.#take(pair);
    await this.#stored.change(async () => {
      if (epoch === this.#epoch) {
        await this.#stored.write(tokens);
      }
    });
    if (epoch === this.#epoch) {
      this.#listeners.started();
    }
  }

  /**
   * New tokens for the session of `epoch`, for who is alone. Those of one that is over are dropped, here
   * or by others who have stored something else meanwhile.
   *
   * @param used the refresh token that they were got by
   */
  async renew(pair: TokenPair, epoch: number, used: string): Promise<void> {
    const stored = await this.stored(epoch);
    if (stored?.refreshToken === used && epoch === this.#epoch) {
      await this.#stored.write(this.#take(pair));
    }
  }

  #take({ accessToken, refreshToken, accessExpiresIn }: TokenPair): Tokens {
    this.life.begin(accessToken, accessExpiresIn);
    const userId = this.#userId;
    return { accessToken, refreshToken, ...(userId !== null && { userId }) };
  }

  /** Keeps whose the stored tokens are, when they were stored without it. */
  async learnUser(userId: string, epoch: number): Promise<void> {
    await this.alone(async () => {
      const tokens = await this.stored(epoch);
      if (tokens && tokens.userId === undefined && epoch === this.#epoch) {
        this.#userId = userId;
        await this.#stored.write({ ...tokens, userId });
      }
    });
  }

  /** Remembers that a refresh begins, unless the session of `epoch` is over. For who is alone. */
  async keepAttempt(tokens: Tokens, attemptId: string, epoch: number): Promise<void> {
    if (epoch === this.#epoch) {
      await this.#stored.write({ ...tokens, attemptId });
    }
  }

  /**
   * Ends the session of `epoch`, once.
   *
   * @param accessToken what it was signed in with; null when its tokens are known to be gone
   */
  async end(reason: SessionEndReason, epoch: number, accessToken: string | null): Promise<void> {
    if (epoch !== this.#epoch) {
      return;
    }
    this.#epoch += 1;
    this.#isKnown = false;
    const [userId, after] = [this.#userId, this.#epoch];
    const ended = [accessToken, this.life.accessToken];
    this.life.forget();
    this.#userId = null;
    try {
      if (accessToken !== null) {
        await this.#stored.change(() => this.#remove(ended, after));
      }
    } finally {
      this.#listeners.ended(this.underWay.isSigningOut ? 'signed-out' : reason, userId);
    }
  }

  /** Removes the tokens with one of the access tokens `ended`: others are of a newer login. */
  async #remove(ended: (string | null)[], epoch: number): Promise<void> {
    const stored = await this.#stored.get();
    if (stored && ended.includes(stored.accessToken) && epoch === this.#epoch) {
      await this.#stored.write(null);
    }
  }

  /**
   * Ends the session that `credential` belongs to, when it is the one that is signed in now. A login
   * that is under way decides it: one on the same device takes the older session over, which may be
   * heard of first.
   *
   * @returns whether it was
   */
  async endOf({ epoch, accessToken }: Credential): Promise<boolean> {
    await this.underWay.loggedIn();
    await this.read();
    return this.alone(async () => {
      const tokens = await this.stored(epoch);
      if (!tokens || ![accessToken, this.life.accessToken].includes(tokens.accessToken)) {
        return false;
      }
      await this.end('ended', epoch, tokens.accessToken);
      return true;
    });
  }

  /** Runs `work` alone, where the token store can see to that. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#stored.alone(work);
  }
}
