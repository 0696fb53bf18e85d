import PQueue from 'p-queue';
import { AppError } from '../../errors.ts';

const atOnce = 4;
const waiting = 8;
const retryAfterSeconds = 1;

/** Lets a few searches through at a time, so that they leave the connections of a process to everybody else. */
export class SearchTurns {
  readonly #queue = new PQueue({ concurrency: atOnce });

  /** @throws AppError `BUSY` when many wait already */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#queue.pending >= atOnce && this.#queue.size >= waiting) {
      throw new AppError('BUSY', { data: { retryAfterSeconds } });
    }
    return this.#queue.add(work);
  }
}
