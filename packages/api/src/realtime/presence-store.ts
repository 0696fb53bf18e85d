/** Somebody who looks, and somebody who is looked at. */
export interface Pair {
  viewerId: string;
  userId: string;
}

/** How a person is, as far as the one who looks may see it. */
export interface PresenceState {
  isOnline: boolean;
  /** The minute in which they were last seen, ISO 8601; null while they are online. */
  lastSeenAt: string | null;
}

/** What all nodes know together of who is online. */
export interface PresenceStore {
  /** Says that the node lives. `isNew`: nothing was known of it, so that all its people are to be told. */
  refresh(nodeId: string): Promise<{ isNew: boolean }>;
  /** Removes the nodes that have died. @returns ids of the people who were there */
  sweep(): Promise<string[]>;
  /** Who has a live stream on the node from now on, and who has none any more. Repeats are harmless. */
  write(
    nodeId: string,
    change: { come: readonly string[]; gone: readonly string[] },
  ): Promise<void>;
  /** The node ends. Its people are offline after so many milliseconds, unless they are elsewhere. */
  retire(nodeId: string, afterMs: number): Promise<void>;
  /** What each may see at this moment. @returns one state for each pair, in their order */
  look(pairs: readonly Pair[]): Promise<PresenceState[]>;
}
