import type { Log } from '../deps.ts';
import { HubListeners } from './hub-listeners.ts';
import type { Hub } from './hub.ts';

/**
 * The hub of a single process: straight to the listeners. Processes that share a database and have
 * this one serve each other's events by the audit, half a second late; signals stay in their process.
 *
 * @param log is told of a listener that throws
 */
export function createMemoryHub(log: Pick<Log, 'error'> | null = null): Hub {
  const listeners = new HubListeners(log);
  return {
    publish(events) {
      for (const event of events) {
        listeners.tell((listener) => listener.event(event));
      }
    },
    signal(signal) {
      listeners.tell((listener) => listener.signal(signal));
    },
    subscribe: (listener) => listeners.add(listener),
    isConnected: true,
    close() {
      listeners.clear();
      return Promise.resolve();
    },
  };
}
