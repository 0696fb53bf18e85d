import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';

/** The secret of every server that is measured. It guards nothing but made-up people. */
export const secretKey = 'q7Hn2vXc9LrT5wBz8KmY3pJd6GfS4aNe1UtRxWvQ';

const keyBytes = 32;

/** A key as the server derives it from its secret (HKDF-SHA-256). */
export function deriveKey(use: 'access-token' | 'otp'): KeyObject {
  return createSecretKey(
    Buffer.from(hkdfSync('sha256', secretKey, '', `chapar ${use} 1`, keyBytes)),
  );
}

const accessKey = deriveKey('access-token');
const otpKey = deriveKey('otp');

/** An access token that is good on both sides for a day. */
export function makeToken({ userId, sessionId }: { userId: string; sessionId: string }): string {
  const claims = { sub: userId, sid: sessionId, typ: 'access' };
  const about = { issuer: 'chapar', audience: 'chapar' };
  return jwt.sign(claims, accessKey, { ...about, algorithm: 'HS256', expiresIn: '1d' });
}

/** A code on its way, as each side keeps it. */
export interface Code {
  challengeId: string;
  /** E.164. */
  contact: string;
  code: string;
}

export function hashForOurs({ challengeId, contact, code }: Code): Buffer {
  const parts = [challengeId, contact, 'login', null, null, code];
  return createHmac('sha256', otpKey).update(JSON.stringify(parts)).digest();
}

export function hashForBaseline({ challengeId, contact, code }: Code): Buffer {
  return createHmac('sha256', otpKey).update(`${challengeId}.${contact}.${code}`).digest();
}
