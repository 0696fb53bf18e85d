import { browserStorage, withLock } from './browser.ts';
import { memoryTokenStore, type Tokens, type TokenStore } from './tokens.ts';

/**
 * Keeps the tokens in `localStorage` under `key`, shared by the tabs of an origin; a Web Lock
 * lets one tab refresh at a time. The key of the device is beside them, under `key` and `.device`.
 * Scripts of the page can read `localStorage`, so the page's content security policy has to keep
 * foreign scripts out. Where there is no `localStorage` they are in memory, as with
 * {@link memoryTokenStore}: on a server that renders pages, make one for each request.
 *
 * @param key default `chapar.tokens`
 */
export function browserTokenStore(key = 'chapar.tokens'): TokenStore {
  const deviceItem = `${key}.device`;
  const memory = memoryTokenStore();
  return {
    get() {
      const storage = browserStorage();
      return storage ? parse(storage.getItem(key)) : memory.get();
    },
    set(tokens) {
      const storage = browserStorage();
      if (!storage) {
        return memory.set(tokens);
      }
      return tokens ? storage.setItem(key, JSON.stringify(tokens)) : storage.removeItem(key);
    },
    getDevice() {
      const storage = browserStorage();
      return storage ? storage.getItem(deviceItem) : (memory.getDevice?.() ?? null);
    },
    setDevice(device) {
      const storage = browserStorage();
      return storage ? storage.setItem(deviceItem, device) : memory.setDevice?.(device);
    },
    lock: (work) => withLock(key, work),
  };
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
