import { createHash } from 'node:crypto';
import type { BreachList } from '@chapar/api';

const prefixLength = 5;

interface Options {
  /** Where the range API is, or a mirror of it. */
  url?: string;
  /** For the whole answer. */
  timeoutMs?: number;
}

/**
 * Asks the range API of Have I Been Pwned (https://haveibeenpwned.com/API/v3#PwnedPasswords) how
 * often a password is known from breaches. Only the first 5 hexadecimal digits of its SHA-1 leave
 * the process; the answer, padded so that its size tells nothing, is searched here.
 *
 * Fails open: 0 when there is no answer in time or it makes no sense. The list of common
 * passwords, which is with us, still holds.
 */
export function createPwnedPasswords({
  url = 'https://api.pwnedpasswords.com',
  timeoutMs = 1000,
}: Options = {}): BreachList {
  const base = url.replace(/\/+$/, '');
  return {
    async count(password) {
      const hash = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
      try {
        const response = await fetch(`${base}/range/${hash.slice(0, prefixLength)}`, {
          headers: { 'add-padding': 'true' },
          redirect: 'error',
          signal: AbortSignal.timeout(timeoutMs),
        });
        // Read in any case: a body that nobody reads holds on to its connection.
        const lines = await response.text();
        return response.ok ? countIn(lines, hash.slice(prefixLength)) : 0;
      } catch {
        return 0;
      }
    },
  };
}

/** Lines are `SUFFIX:COUNT`; those that only pad have the count 0. */
function countIn(lines: string, suffix: string): number {
  const count = new RegExp(`^${suffix}:([0-9]{1,15})$`, 'im').exec(lines)?.[1];
  return Number(count ?? 0);
}
