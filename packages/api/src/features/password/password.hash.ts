import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import PQueue from 'p-queue';
import type { PasswordConfig, Random } from '../../deps.ts';
import { AppError } from '../../errors.ts';

const derive = promisify(argon2);

const saltBytes = 16;
const hashBytes = 32;
const retryAfterSeconds = 1;

/** What a PHC string says: the parameters of Argon2id, its salt and the hash. */
interface Phc {
  memoryKiB: number;
  passes: number;
  parallelism: number;
  salt: Buffer;
  hash: Buffer;
}

/**
 * Hashes passwords with Argon2id (RFC 9106). They are used exactly as typed: their UTF-8 bytes,
 * not trimmed, not cut, not normalised.
 *
 * The work is done by libuv's threads, not by the event loop. At most `workers` hashes are made
 * at once, and `waiting` more may wait for their turn: that bounds the memory (`workers` times
 * `memoryKiB`) and the threads that a flood of logins can take from everybody else.
 */
export class PasswordHasher {
  readonly #random: Random;
  readonly #config: PasswordConfig;
  readonly #queue: PQueue;
  /** Stands in where there is nothing to compare with: no password leads to random bytes. */
  readonly #dummy: Phc;

  constructor({ random, config }: { random: Random; config: PasswordConfig }) {
    this.#random = random;
    this.#config = config;
    this.#queue = new PQueue({ concurrency: config.workers });
    this.#dummy = this.#fill(random.bytes(hashBytes));
  }

  /**
   * Makes the PHC string to store: parameters, 16 bytes of salt and 32 of hash.
   *
   * @throws AppError `BUSY`
   */
  async hash(password: string): Promise<string> {
    const made = this.#fill(Buffer.alloc(hashBytes));
    return writePhc({ ...made, hash: await this.#derive(password, made) });
  }

  /**
   * Compares in constant time. Without anything stored (no such account, no password) the work is
   * the same and the answer is no, so the time does not tell; a hash of other parameters takes
   * another time until it is made anew.
   *
   * @returns `rehash`: it was made with other parameters than those of today
   * @throws AppError `BUSY`
   * @throws Error when `stored` cannot be read: that is a fault of ours, not a wrong password
   */
  async verify(
    password: string,
    stored: string | null,
  ): Promise<{ isRight: boolean; rehash: boolean }> {
    const phc = stored === null ? this.#dummy : readPhc(stored);
    const derived = await this.#derive(password, phc);
    const isRight = timingSafeEqual(derived, phc.hash) && stored !== null;
    return { isRight, rehash: shapeOf(phc) !== shapeOf(this.#dummy) };
  }

  /** Today's parameters and a new salt around a hash. */
  #fill(hash: Buffer): Phc {
    const { memoryKiB, passes } = this.#config;
    return { memoryKiB, passes, parallelism: 1, salt: this.#random.bytes(saltBytes), hash };
  }

  #derive(password: string, phc: Phc): Promise<Buffer> {
    const { workers, waiting } = this.#config;
    if (this.#queue.pending >= workers && this.#queue.size >= waiting) {
      throw new AppError('BUSY', { data: { retryAfterSeconds } });
    }
    return this.#queue.add(() =>
      derive('argon2id', {
        message: Buffer.from(password),
        nonce: phc.salt,
        parallelism: phc.parallelism,
        tagLength: phc.hash.length,
        memory: phc.memoryKiB,
        passes: phc.passes,
      }),
    );
  }
}

/** What two strings have in common that were made alike: all but the salt and the hash. */
function shapeOf({ memoryKiB, passes, parallelism, salt, hash }: Phc): string {
  return [memoryKiB, passes, parallelism, salt.length, hash.length].join();
}

/** Writes the PHC string format: numbers in decimal, bytes in base64 without padding. */
function writePhc({ memoryKiB, passes, parallelism, salt, hash }: Phc): string {
  const parameters = `m=${memoryKiB},t=${passes},p=${parallelism}`;
  return `$argon2id$v=19$${parameters}$${toBase64(salt)}$${toBase64(hash)}`;
}

/** Salts of 8 to 48 bytes and hashes of 16 to 64, as other implementations may have made them. */
const phcForm =
  /^\$argon2id\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/;

/** @throws Error that says nothing of the string, which would end up in the log */
function readPhc(stored: string): Phc {
  const match = phcForm.exec(stored);
  if (match) {
    const [, memory, passes, parallelism, salt = '', hash = ''] = match;
    const phc = {
      memoryKiB: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
      salt: Buffer.from(salt, 'base64'),
      hash: Buffer.from(hash, 'base64'),
    };
    if (writePhc(phc) === stored) {
      return phc;
    }
  }
  throw new Error('A stored password hash is not readable.');
}

function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
