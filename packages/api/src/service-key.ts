import { createHash, timingSafeEqual } from 'node:crypto';
import type { App } from './app.ts';
import type { Auth } from './call.ts';

const prefix = 'chapar_service_';

/** What a service sends in the place of an access token: a prefix, and a key of the operator's. */
export function isServiceKey(token: string): boolean {
  return token.startsWith(prefix);
}

/** Which service a key belongs to. Only the SHA-256 of each key is known; all are compared. */
export function verifyServiceKey({ config }: App, token: string): Auth {
  const hash = createHash('sha256').update(token.slice(prefix.length)).digest();
  const names = [...config.services].flatMap(([name, known]) =>
    known.length === hash.length && timingSafeEqual(known, hash) ? [name] : [],
  );
  const [name] = names;
  return name === undefined ? { status: 'invalid' } : { status: 'service', name };
}
