import PQueue from 'p-queue';
import { AppError } from '../../errors.ts';

const atOnce = 4;
const waiting = 8;
/** Of one person, running and waiting: nobody takes the turns of all others. */
const ofOnePerson = 4;
const retryAfterSeconds = 1;

/** Lets a few searches through at a time, so that they leave the connections of a process to everybody else. */
export class SearchTurns {
  readonly #queue = new PQueue({ concurrency: atOnce });
  readonly #counts = new Map<string, number>();

  /** @throws AppError `BUSY` when many wait already, or some of the same person */
  async run<T>(userId: string, work: () => Promise<T>): Promise<T> {
    const isFull = this.#queue.pending >= atOnce && this.#queue.size >= waiting;
    if (isFull || this.#count(userId) >= ofOnePerson) {
      throw new AppError('BUSY', { data: { retryAfterSeconds } });
    }
    this.#counts.set(userId, this.#count(userId) + 1);
    try {
      return await this.#queue.add(work);
    } finally {
      this.#leave(userId);
    }
  }

  #count(userId: string): number {
    return this.#counts.get(userId) ?? 0;
  }

  #leave(userId: string): void {
    const left = this.#count(userId) - 1;
    if (left > 0) {
      this.#counts.set(userId, left);
    } else {
      this.#counts.delete(userId);
    }
  }
}
