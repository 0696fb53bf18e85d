import { secureBytes } from './random.ts';
import type { TokenStore } from './tokens.ts';

const keyBytes = 32;
/** So many bytes as base64url (RFC 4648, section 5), without padding. */
const keyPattern = /^[\w-]{43}$/;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const charBits = 6;

/**
 * By what the server knows this device again. The key is looked up once and stays for as long as
 * the client lives, whatever becomes of the storage. It is null where there is no stored key and
 * no secure random source to make one: a key that can be guessed is worse than none.
 *
 * @returns what gives the key. It never rejects, and may take the store's lock
 */
export function deviceKey(store: TokenStore): () => Promise<string | null> {
  let found: Promise<string | null> | null = null;
  return () => {
    found ??= find(store);
    return found;
  };
}

async function find(store: TokenStore): Promise<string | null> {
  const made = makeKey();
  try {
    const stored = await read(store);
    if (stored !== null || made === null || !store.setDevice) {
      return stored ?? made;
    }
    const work = (): Promise<string> => keep(store, made);
    return await (store.lock ? store.lock(work) : work());
  } catch {
    // Nothing is written where nothing can be read: there may be a key.
    return made;
  }
}

/** Stores `made`, unless somebody else was faster. What is there in the end counts. */
async function keep(store: TokenStore, made: string): Promise<string> {
  const others = await read(store);
  if (others !== null) {
    return others;
  }
  await store.setDevice?.(made);
  return (await read(store)) ?? made;
}

/** Something else in its place counts as no key. */
async function read(store: TokenStore): Promise<string | null> {
  const key = (await store.getDevice?.()) ?? '';
  return keyPattern.test(key) ? key : null;
}

function makeKey(): string | null {
  const bytes = secureBytes(keyBytes);
  return bytes && base64url(bytes);
}

/** Written out, since React Native has learnt `btoa` only lately. */
function base64url(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: Math.ceil(bits.length / charBits) }, (_, index) => {
    const part = bits.slice(index * charBits, (index + 1) * charBits).padEnd(charBits, '0');
    return alphabet[Number.parseInt(part, 2)];
  }).join('');
}
