import { browserStorage, withLock, type BrowserStorage } from './browser.ts';
import type { OutboxEntry, OutboxStorage } from './outbox-list.ts';

/**
 * Keeps an outbox in `localStorage` under `key`, shared by the tabs of an origin: each shows and
 * sends what any of them has written, one tab at a time. Scripts of the page can read it. Where
 * there is no `localStorage` it throws, and the outbox goes on in memory.
 *
 * @param key default `chapar.outbox`
 */
export function browserOutboxStorage(key = 'chapar.outbox'): OutboxStorage {
  return {
    get: () => parse(storage().getItem(key)),
    set: (entries) => storage().setItem(key, JSON.stringify(entries)),
    lock: (name, work) => withLock(`${key}.${name}`, work),
  };
}

function storage(): BrowserStorage {
  const found = browserStorage();
  if (!found) {
    throw new Error('there is no localStorage');
  }
  return found;
}

/** Something else under the key counts as nothing. */
function parse(text: string | null): readonly OutboxEntry[] | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return Array.isArray(value) ? value.filter(isEntry) : null;
  } catch {
    return null;
  }
}

function isEntry(value: unknown): value is OutboxEntry {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { id, conversationId, text, status } = value as Partial<Record<string, unknown>>;
  const texts = [id, conversationId, text].every((field) => typeof field === 'string');
  return texts && (status === 'pending' || status === 'failed');
}
