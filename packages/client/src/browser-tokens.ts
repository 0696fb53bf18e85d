import type { Tokens, TokenStore } from './tokens.ts';

interface BrowserStorage {
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
 * Keeps the tokens in `localStorage` under `key`, shared by the tabs of an origin; a Web Lock
 * lets one tab refresh at a time. The key of the device is beside them, under `key` and `.device`.
 * Scripts of the page can read `localStorage`, so the page's content security policy has to keep
 * foreign scripts out. On a server that renders pages, where there is no `localStorage`, it is
 * always empty.
 *
 * @param key default `chapar.tokens`
 */
export function browserTokenStore(key = 'chapar.tokens'): TokenStore {
  const deviceItem = `${key}.device`;
  return {
    get: () => parse(storage()?.getItem(key) ?? null),
    set(tokens) {
      if (tokens) {
        storage()?.setItem(key, JSON.stringify(tokens));
      } else {
        storage()?.removeItem(key);
      }
    },
    getDevice: () => storage()?.getItem(deviceItem) ?? null,
    setDevice(device) {
      storage()?.setItem(deviceItem, device);
    },
    lock(work) {
      const { navigator } = globalThis as Browser;
      // There is none outside a secure context (plain http).
      return navigator?.locks ? navigator.locks.request(key, work) : work();
    },
  };
}

/** Asking for it throws where the page may not store anything; Node's is not one of a browser. */
function storage(): BrowserStorage | null {
  try {
    const { localStorage } = globalThis as Browser;
    return typeof localStorage?.getItem === 'function' ? localStorage : null;
  } catch {
    return null;
  }
}

/** Something else under the key counts as signed out. */
function parse(text: string | null): Tokens | null {
  if (text === null) {
    return null;
  }
  try {
    const value: unknown = JSON.parse(text);
    return isTokens(value) ? value : null;
  } catch {
    return null;
  }
}

function isTokens(value: unknown): value is Tokens {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  if (!('accessToken' in value) || !('refreshToken' in value)) {
    return false;
  }
  return typeof value.accessToken === 'string' && typeof value.refreshToken === 'string';
}
