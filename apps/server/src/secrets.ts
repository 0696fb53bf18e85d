import { createSecretKey, hkdfSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Secrets } from '@chapar/api';

const keyBytes = 32;
const ownerOnly = 0o600;

/**
 * One key for each use out of the one secret (HKDF-SHA-256, RFC 5869), so that a token of one
 * kind can never pass for another.
 */
export function deriveSecrets(secretKey: string): Secrets {
  const derive = (use: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', `chapar ${use} 1`, keyBytes)));
  return {
    accessToken: derive('access-token'),
    refreshToken: derive('refresh-token'),
    otp: derive('otp'),
    seal: derive('seal'),
  };
}

/**
 * The secret of a development machine: made once and kept, so that logins outlive a restart. It
 * gets its name when it is complete; of processes that start together all use the first one.
 */
export async function keepDevelopmentSecret(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'secret');
  await mkdir(dataDir, { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, randomBytes(keyBytes).toString('base64url'), { mode: ownerOnly });
  try {
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw error;
    }
  } finally {
    await unlink(draft);
  }
  return (await readFile(file, 'utf8')).trim();
}
