/** What a signed-in client keeps between runs. Plain JSON; store it as it is. */
export interface Tokens {
  /** Sent with every call. Good for some minutes. */
  accessToken: string;
  /** Good once; every refresh gives a new one. Keep it where other apps cannot read it. */
  refreshToken: string;
  /**
   * Id of a refresh that was begun. It is stored before the call, so that a repeat after a lost
   * answer or a restart is recognised as the same refresh.
   */
  attemptId?: string;
  /** Whose tokens they are. Tokens from elsewhere may be stored without it. */
  userId?: string;
}

/**
 * Where a client keeps its tokens and the key of the device. Write one for the platform's key
 * chain in a native app.
 */
export interface TokenStore {
  /** The stored tokens; null when nobody is signed in. */
  get(): Tokens | null | Promise<Tokens | null>;
  /**
   * Replaces the stored tokens; null removes them. Where it fails, the client goes on with what it has
   * in memory and tells nobody: only the next start of the app does not know of it.
   */
  set(tokens: Tokens | null): unknown;
  /**
   * The stored key of this device; null when there is none yet. Without this method and the next
   * one, every client is a device of its own.
   */
  getDevice?(): string | null | Promise<string | null>;
  /** Stores the key of this device, apart from the tokens: it has to outlive the sign-out. */
  setDevice?(key: string): unknown;
  /**
   * Runs `work` while nobody else who uses the same storage runs theirs: other tabs, other
   * processes. Without it two of them may refresh at once, which the server forgives for 30 s.
   */
  lock?<T>(work: () => Promise<T>): Promise<T>;
}

/** Keeps everything in memory: it is gone with the process. Clients may share one store. */
export function memoryTokenStore(initial: Tokens | null = null): TokenStore {
  let stored = initial;
  let device: string | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return {
    get: () => stored,
    set(tokens) {
      stored = tokens;
    },
    getDevice: () => device,
    setDevice(key) {
      device = key;
    },
    lock(work) {
      const result = last.then(work);
      last = result.catch(() => null);
      return result;
    },
  };
}
