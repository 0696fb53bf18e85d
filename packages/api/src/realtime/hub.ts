import type { StoredStreamEvent } from '@chapar/contract';

/** What the hub carries: an event that has been committed. */
export type HubMessage = StoredStreamEvent;

/**
 * Wakes the nodes that have readers.
 *
 * Guarantee: none but speed. A hub may lose a message, repeat it, or bring it late and out of
 * order; readers find holes by `seq` and fill them from the log. What it must not do is throw,
 * block the caller, or make messages up.
 */
export interface Hub {
  /** Called after the commit. */
  publish(messages: readonly HubMessage[]): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: (message: HubMessage) => void): () => void;
  /** Resolves when the bus can be reached, rejects when it cannot. */
  ping(): Promise<void>;
}

/** The hub of a single process: straight to the listeners. */
export function createMemoryHub(): Hub {
  const listeners = new Set<(message: HubMessage) => void>();
  return {
    publish(messages) {
      for (const message of messages) {
        for (const listener of listeners) {
          listener(message);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ping: () => Promise.resolve(),
  };
}
