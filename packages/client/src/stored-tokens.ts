import type { Tokens, TokenStore } from './tokens.ts';

/**
 * The tokens in the store. Other tabs and processes may share it, so whoever writes by what is there
 * reads and writes {@link alone}. What the store does not take counts as long as the client lives,
 * unless others change what is stored.
 */
export class StoredTokens {
  readonly #store: TokenStore;
  #writing = 0;
  /** Settled when nothing is being written. */
  #writes: Promise<unknown> = Promise.resolve();
  #changing = 0;
  /** Settled when no change waits for its turn. */
  #changes: Promise<unknown> = Promise.resolve();
  #isAlone = false;
  /** What the store did not take, and the refresh token that it holds in place of it. */
  #unstored: { tokens: Tokens | null; instead: string | undefined } | null = null;
  /** What the store held when it was read last. */
  #held: Tokens | null = null;

  constructor(store: TokenStore) {
    this.#store = store;
  }

  /** Whether a change is under way, so that what is stored is out of date. */
  get isChanging(): boolean {
    return this.#changing > 0;
  }

  /** Whether something was decided here that is not written yet. */
  get isBusy(): boolean {
    return this.isChanging || this.#writing > 0;
  }

  /** Waits for what is under way. Not for who is alone: it would wait for itself. */
  async settled(): Promise<void> {
    await Promise.all([this.#changes, this.#writes]);
  }

  async get(): Promise<Tokens | null> {
    await this.#written();
    const held = await this.#read();
    if (this.#unstored?.instead !== held?.refreshToken) {
      this.#unstored = null;
    }
    return this.#unstored ? this.#unstored.tokens : held;
  }

  /** One after the other: what is written last stays. Never rejects. */
  write(tokens: Tokens | null): Promise<unknown> {
    this.#writing += 1;
    this.#writes = this.#writes
      .then(() => this.#put(tokens))
      .finally(() => {
        this.#writing -= 1;
      });
    return this.#writes;
  }

  async #put(tokens: Tokens | null): Promise<void> {
    try {
      await this.#store.set(tokens);
      this.#unstored = null;
    } catch {
      this.#unstored = { tokens, instead: this.#held?.refreshToken };
      this.#unstored.instead = (await this.#read())?.refreshToken;
    }
  }

  /** What the store holds. One that says nothing while it is not needed is taken to be unchanged. */
  async #read(): Promise<Tokens | null> {
    try {
      this.#held = await this.#store.get();
    } catch (error) {
      if (!this.#unstored) {
        throw error;
      }
    }
    return this.#held;
  }

  /**
   * Runs a change alone, and those who read here wait for it. Where this client is alone already, it
   * runs at once, and so it does when the lock fails.
   */
  change(work: () => Promise<unknown>): Promise<unknown> {
    this.#changing += 1;
    const turn = this.#inTurn(work).finally(() => {
      this.#changing -= 1;
    });
    this.#changes = Promise.all([this.#changes, turn.catch(() => undefined)]);
    return turn;
  }

  async #inTurn(work: () => Promise<unknown>): Promise<unknown> {
    let result: Promise<unknown> | null = null;
    const begin = (): Promise<unknown> => (result ??= work());
    try {
      return await (this.#isAlone ? begin() : this.alone(begin));
    } catch {
      return begin();
    }
  }

  /** Runs `work` while nobody else does theirs, where the store can see to that. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#store.lock) {
      return work();
    }
    return this.#store.lock(async () => {
      this.#isAlone = true;
      try {
        return await work();
      } finally {
        await this.#written();
        this.#isAlone = false;
      }
    });
  }

  async #written(): Promise<void> {
    while (this.#writing > 0) {
      await this.#writes;
    }
  }
}
