export interface BrowserStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

interface BrowserLocks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

interface Browser {
  localStorage?: BrowserStorage;
  navigator?: { locks?: BrowserLocks };
}

/**
 * `localStorage`; null where there is none. Asking for it throws where the page may not store
 * anything; Node's is not one of a browser.
 */
export function browserStorage(): BrowserStorage | null {
  try {
    const { localStorage } = globalThis as Browser;
    return typeof localStorage?.getItem === 'function' ? localStorage : null;
  } catch {
    return null;
  }
}

/** Runs `work` under a Web Lock. There are none outside a secure context (plain http). */
export function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { navigator } = globalThis as Browser;
  return navigator?.locks ? navigator.locks.request(name, work) : work();
}
