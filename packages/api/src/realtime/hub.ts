import type { LiveEvent } from './live-event.ts';

/**
 * Something for the moment: who types, who is there. Never stored, and the first to be dropped. A
 * newer one of the same topic takes the place of an older one that still waits.
 */
export interface HubSignal {
  /** What it is about, such as `stream/<conversation>/<user>/typing`. */
  topic: string;
  /** JSON text. */
  json: string;
}

/**
 * What a node does with what the hub brings. It must not throw; where one does, the others hear
 * nevertheless, and the log is told.
 */
export interface HubListener {
  event(event: LiveEvent): void;
  /** The stream has events up to this one, which was too long for the bus: read them from the log. */
  head(streamId: string, seq: number): void;
  signal(signal: HubSignal): void;
}

/**
 * Wakes the nodes that have readers.
 *
 * Guarantee: none but speed. A hub may lose a message, repeat it, or bring it late and out of
 * order; readers find holes by `seq` and fill them from the log, and an audit of the log finds what
 * nothing followed. What it must not do is throw, block the caller, or make messages up.
 *
 * The node's own listeners hear what the node publishes at once, before `publish` returns, whether
 * there is a bus or not, and not a second time from the bus.
 */
export interface Hub {
  /** Called after the commit. */
  publish(events: readonly LiveEvent[]): void;
  signal(signal: HubSignal): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: HubListener): () => void;
  /** Whether the other nodes can be reached, as far as is known. */
  readonly isConnected: boolean;
  /** Ends every subscription. Harmless when it was called before. */
  close(): Promise<void>;
}
