import type { Clock } from '../deps.ts';

const sevenForm = /^([0-9a-f]{8})-([0-9a-f]{4})-7/i;
const counterBits = 12n;
const randomBytesPerId = 8;
/** Asking for random bytes costs the same for one id and for many. */
const idsPerDraw = 64;

/**
 * Makes UUIDv7s (RFC 9562, section 5.7) that rise within a process: 48 bits of milliseconds, a 12
 * bit counter (section 6.2, method 1) and 62 random bits.
 */
export function createIdSource(clock: Clock, bytes: (count: number) => Buffer): () => string {
  let last = 0n;
  let drawn: Buffer = Buffer.alloc(0);
  let used = 0;
  return () => {
    const now = BigInt(clock.now().getTime()) << counterBits;
    last = now > last ? now : last + 1n;
    const ms = (last >> counterBits).toString(16).padStart(12, '0');
    const counter = (last & 0xfffn).toString(16).padStart(3, '0');
    if (used === drawn.length) {
      drawn = bytes(randomBytesPerId * idsPerDraw);
      used = 0;
    }
    drawn[used] = (drawn.readUInt8(used) & 0x3f) | 0x80;
    const tail = drawn.toString('hex', used, used + randomBytesPerId);
    used += randomBytesPerId;
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7${counter}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  };
}

/** When an id was made, in milliseconds since 1970; null for an id that is no UUIDv7. */
export function timeOfId(id: string): number | null {
  const [, high = '', low = ''] = sevenForm.exec(id) ?? [];
  return high === '' ? null : Number.parseInt(high + low, 16);
}
