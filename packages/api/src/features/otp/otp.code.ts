import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Deps, Secrets } from '../../deps.ts';
import { seal, unseal } from '../../kernel/seal.ts';

const ivBytes = 12;

/** What a code is bound to: it is wrong for any other challenge, contact, purpose or device. */
export interface CodeBinding {
  challengeId: string;
  /** E.164 or e-mail address. */
  contact: string;
  purpose: string;
  /** Who asked, where somebody signed in did. */
  userId: string | null;
  deviceKey: string | null;
}

/** `length` uniform digits from the secure source, leading zeros included. */
export function makeCode(deps: Deps, length: number): string {
  return String(deps.random.integer(10 ** length)).padStart(length, '0');
}

/** HMAC-SHA-256 of the code and what it is bound to; the key is not in the database. */
export function hashCode(secrets: Secrets, binding: CodeBinding, code: string): Buffer {
  const { challengeId, contact, purpose, userId, deviceKey } = binding;
  const parts = [challengeId, contact, purpose, userId, deviceKey, code];
  return createHmac('sha256', secrets.otp).update(JSON.stringify(parts)).digest();
}

/** Compares in constant time. */
export function isCode(
  secrets: Secrets,
  binding: CodeBinding,
  code: string,
  hash: Buffer,
): boolean {
  return timingSafeEqual(hashCode(secrets, binding, code), hash);
}

/** The code as it waits for the job that sends it. */
export function sealCode(deps: Deps, secrets: Secrets, challengeId: string, code: string): Buffer {
  return seal(secrets.seal, deps.random.bytes(ivBytes), code, challengeId);
}

export function unsealCode(secrets: Secrets, challengeId: string, sealed: Uint8Array): string {
  return unseal(secrets.seal, sealed, challengeId);
}
