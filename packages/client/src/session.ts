import type { Tokens, TokenStore } from './tokens.ts';

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

const refreshBeforeMs = 30_000;

/** Who is signed in, by the token store, and how long the access token still lives. */
export class Session {
  readonly #store: TokenStore;
  readonly #listeners: SessionListeners;
  #epoch = 0;
  #signingOut = 0;
  /** Settled when no login is under way. */
  #signIns: Promise<unknown> = Promise.resolve();
  /** Whether tokens of this epoch have been seen in the store. */
  #isKnown = false;
  /** Epochs of which tokens have been seen. */
  readonly #signedIn = new Set<number>();
  /** By the tokens that were in the store last. */
  #userId: string | null = null;
  /** Settled when nothing is being written. */
  #writes: Promise<unknown> = Promise.resolve();
  /** Of the token that this process got itself; that of any other is unknown. */
  #life: { accessToken: string; startedAt: number; ms: number } | null = null;

  constructor(store: TokenStore, listeners: SessionListeners) {
    this.#store = store;
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
    let writes: Promise<unknown> | null = null;
    while (writes !== this.#writes) {
      writes = this.#writes;
      await writes;
    }
    const epoch = this.#epoch;
    const tokens = await this.#store.get();
    if (tokens) {
      this.#signedIn.add(epoch);
    }
    if (epoch !== this.#epoch) {
      return this.#look();
    }
    if (tokens) {
      this.#meet(tokens.userId ?? null);
    } else if (this.#isKnown) {
      await this.end('ended', epoch);
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
      this.#life = null;
      this.#listeners.started();
    }
  }

  #begin(): void {
    this.#epoch += 1;
    this.#signedIn.add(this.#epoch);
  }

  /** One after the other: what is written last stays. */
  #write(tokens: Tokens | null): Promise<unknown> {
    const turn = this.#writes.then(() => this.#store.set(tokens));
    this.#writes = turn.catch(() => undefined);
    return turn;
  }

  /** Whether the token should be changed for a new one before it is used. */
  isExpiring(accessToken: string): boolean {
    const left = this.lifeOf(accessToken);
    return left !== null && left.ms < Math.min(refreshBeforeMs, left.of / 2);
  }

  /** Whether the token is known to be of no use any more. */
  isExpired(accessToken: string): boolean {
    const left = this.lifeOf(accessToken);
    return left !== null && left.ms <= 0;
  }

  /**
   * What is left of a token's life, and how long it was, where that is known. By the monotonic
   * clock: the device's date may be wrong or jump.
   */
  lifeOf(accessToken: string): { ms: number; of: number } | null {
    const life = this.#life;
    if (life?.accessToken !== accessToken) {
      return null;
    }
    return { ms: life.startedAt + life.ms - performance.now(), of: life.ms };
  }

  /**
   * Whether `credential` belongs to the session that is signed in now. A login that is under way
   * decides it: one on the same device takes the older session over, which may be heard of first.
   */
  async isCurrent({ epoch, accessToken }: Credential): Promise<boolean> {
    await this.#signIns;
    const tokens = await this.read();
    if (!tokens || epoch !== this.#epoch) {
      return false;
    }
    return [accessToken, this.#life?.accessToken].includes(tokens.accessToken);
  }

  /** Somebody has just signed in. */
  async start(pair: TokenPair, userId: string | null): Promise<void> {
    this.#begin();
    const epoch = this.#epoch;
    this.#isKnown = false;
    this.#userId = userId;
    await this.renew(pair, epoch);
    if (epoch === this.#epoch) {
      this.#listeners.started();
    }
  }

  /** New tokens for the session of `epoch`; those of one that is over are dropped. */
  async renew(pair: TokenPair, epoch: number): Promise<void> {
    if (epoch !== this.#epoch) {
      return;
    }
    const { accessToken, refreshToken, accessExpiresIn } = pair;
    this.#life = { accessToken, startedAt: performance.now(), ms: accessExpiresIn * 1000 };
    const userId = this.#userId;
    await this.#write({ accessToken, refreshToken, ...(userId !== null && { userId }) });
  }

  /** Keeps whose the stored tokens are, when they were stored without it. */
  async learnUser(userId: string, epoch: number): Promise<void> {
    await this.alone(async () => {
      const tokens = await this.read();
      if (tokens && tokens.userId === undefined && epoch === this.#epoch) {
        this.#userId = userId;
        await this.#write({ ...tokens, userId });
      }
    });
  }

  /** Remembers that a refresh begins, unless the session of `epoch` is over. */
  async keepAttempt(tokens: Tokens, attemptId: string, epoch: number): Promise<void> {
    if (epoch === this.#epoch) {
      await this.#write({ ...tokens, attemptId });
    }
  }

  /** Ends the session of `epoch`, once. */
  async end(reason: SessionEndReason, epoch: number): Promise<void> {
    if (epoch !== this.#epoch) {
      return;
    }
    this.#epoch += 1;
    this.#isKnown = false;
    this.#life = null;
    const userId = this.#userId;
    this.#userId = null;
    try {
      await this.#write(null);
    } finally {
      this.#listeners.ended(this.#signingOut > 0 ? 'signed-out' : reason, userId);
    }
  }

  /** Until `done`, whatever ends the session is the sign-out. */
  signingOut(done: Promise<void>): void {
    this.#signingOut += 1;
    void done.then(() => {
      this.#signingOut -= 1;
    });
  }

  /** Until `done`, a login is under way. */
  signingIn(done: Promise<void>): void {
    this.#signIns = Promise.all([this.#signIns, done]);
  }

  /** Runs `work` alone, where the token store can see to that. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#store.lock ? this.#store.lock(work) : work();
  }
}
