import { secureBytes } from './random.ts';

const counterBits = 12;
const counterValues = 2 ** counterBits;
/** A new millisecond starts in the lower half, so that at least half of the values are left. */
const counterStart = counterValues / 2;
const randomBytes = 8;
const versionSeven = 0x7000;
const variantMark = 0x80;
const variantValues = 0x40;

let lastMs = 0;
let counter = 0;

/**
 * Makes the id of a thing that the client creates, such as a message: a UUIDv7 in lower case
 * (RFC 9562, section 5.7). Ids of one process sort in the order in which they were made, also
 * when the device's clock goes back. Sending the same id again is the same request again.
 *
 * @example
 * const id = newId(); // '019a9f0c-6f7e-7c3a-9d1b-0b8a5f0c2d4e'
 */
export function newId(): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = Math.floor(Math.random() * counterStart);
  } else {
    counter += 1;
    if (counter === counterValues) {
      lastMs += 1;
      counter = 0;
    }
  }
  const time = hex(lastMs, 12);
  const [first = 0, ...rest] = randomness();
  const tail = [variantMark + (first % variantValues), ...rest]
    .map((byte) => hex(byte, 2))
    .join('');
  const sequence = hex(versionSeven + counter, 4);
  return `${time.slice(0, 8)}-${time.slice(8)}-${sequence}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** Ids are not secrets: where a runtime has no cryptographic source, any other will do. */
function randomness(): Uint8Array {
  return (
    secureBytes(randomBytes) ??
    new Uint8Array(randomBytes).map(() => Math.floor(Math.random() * 256))
  );
}
