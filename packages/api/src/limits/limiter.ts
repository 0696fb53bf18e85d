/** How often something may happen: `most` times in a window of `seconds` that begins with the first. */
export interface Budget {
  most: number;
  seconds: number;
}

/** Where a budget stands after a use was counted. */
export interface Spent {
  /** False from the use after the last one that the budget has room for. */
  allowed: boolean;
  /** Uses in the window that runs, this one included. */
  count: number;
  /** Until the window ends. */
  retryAfterSeconds: number;
}

/** Counts uses by key. However many callers race, on however many nodes, each counts once. */
export interface Limiter {
  spend(key: string, budget: Budget): Promise<Spent>;
  /** Begins anew, as if the key had never been used. */
  forget(key: string): Promise<void>;
}
