import { browserStorage, withLock } from './browser.ts';
import type { Tokens, TokenStore } from './tokens.ts';

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
    get: () => parse(browserStorage()?.getItem(key) ?? null),
    set(tokens) {
      if (tokens) {
        browserStorage()?.setItem(key, JSON.stringify(tokens));
      } else {
        browserStorage()?.removeItem(key);
      }
    },
    getDevice: () => browserStorage()?.getItem(deviceItem) ?? null,
    setDevice(device) {
      browserStorage()?.setItem(deviceItem, device);
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
