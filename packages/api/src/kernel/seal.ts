import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

const ivBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a short secret that must rest in the database for a moment (AES-256-GCM, NIST SP
 * 800-38D). Bound to `context`: it does not open under another one.
 *
 * @param iv 12 random bytes, never used twice with one key
 * @returns iv, ciphertext and tag in one buffer
 */
export function seal(key: KeyObject, iv: Buffer, secret: string, context: string): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what {@link seal} made. @throws Error when the key, the context or a byte is not right */
export function unseal(key: KeyObject, sealed: Uint8Array, context: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const body = sealed.subarray(ivBytes, -tagBytes);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
}
