import type { Log } from '../deps.ts';
import type { HubListener } from './hub.ts';

/** Those of this node that listen to a hub. One that throws stops neither the others nor the hub. */
export class HubListeners {
  readonly #listeners = new Set<HubListener>();
  readonly #log: Pick<Log, 'error'> | null;

  constructor(log: Pick<Log, 'error'> | null) {
    this.#log = log;
  }

  /** @returns a function that takes the listener out again */
  add(listener: HubListener): () => void {
    // Of its own, so that one listener that is added twice hears twice and leaves once.
    const own: HubListener = {
      event: (event) => listener.event(event),
      head: (streamId, seq) => listener.head(streamId, seq),
      signal: (signal) => listener.signal(signal),
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  tell(what: (listener: HubListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        what(listener);
      } catch (error) {
        this.#log?.error({ err: error }, 'a listener of the hub failed');
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
