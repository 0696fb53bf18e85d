import type { Log } from '../deps.ts';
import type { PresenceStore } from './presence-store.ts';
import { Rounds } from './rounds.ts';

export interface PresenceSourceOptions {
  nodeId: string;
  store: PresenceStore;
  report: Log;
  /** How long somebody is still here after their last stream has ended. */
  flapMs: number;
  /** The store knows of these people's coming or going. */
  onWritten: (userIds: readonly string[]) => void;
}

/** At most four statements a second, each about so many people. */
const pauseMs = 250;
const mostAtOnce = 5_000;

/**
 * Who has a live stream on this node. The store is told of a person's first stream, and of the end of
 * the last one when nobody has come back for a while: a short break changes nothing anywhere.
 *
 * What is written is the state at that moment, not the changes one by one; so neither their order nor
 * a failure can leave the store with anything wrong for long.
 */
export class PresenceSource {
  readonly #options: PresenceSourceOptions;
  readonly #streams = new Map<string, number>();
  /** Who has gone, and when it is believed (`performance.now`), the earliest first. */
  readonly #leaving = new Map<string, number>();
  /** Whose state the store may not know. */
  #changed = new Set<string>();
  readonly #rounds: Rounds;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: PresenceSourceOptions) {
    this.#options = options;
    this.#rounds = new Rounds({
      work: () => this.#write(),
      pauseMs,
      failed: (error) => options.report.warn({ err: error }, 'presence could not be written'),
    });
  }

  /** A live stream of a person has begun. @returns to be called at its end; once is enough */
  arrive(userId: string): () => void {
    const count = this.#streams.get(userId) ?? 0;
    this.#streams.set(userId, count + 1);
    if (count === 0 && !this.#leaving.delete(userId)) {
      this.#change([userId]);
    }
    let isHere = true;
    return () => {
      if (isHere) {
        isHere = false;
        this.#leave(userId);
      }
    };
  }

  /** The store has lost what it knew of this node. */
  writeAll(): void {
    this.#change([...this.#streams.keys(), ...this.#leaving.keys()]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) {
      clearTimeout(this.#timer);
    }
    await this.#rounds.close();
  }

  #leave(userId: string): void {
    const count = (this.#streams.get(userId) ?? 1) - 1;
    if (count > 0) {
      this.#streams.set(userId, count);
      return;
    }
    this.#streams.delete(userId);
    this.#leaving.set(userId, performance.now() + this.#options.flapMs);
    this.#wait(this.#options.flapMs);
  }

  /** Looks at who has gone after so many milliseconds, or when it looks anyway. */
  #wait(ms: number): void {
    if (this.#isClosed || this.#timer) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#believe();
    }, ms);
    this.#timer.unref();
  }

  #believe(): void {
    const now = performance.now();
    const gone: string[] = [];
    for (const [userId, at] of this.#leaving) {
      if (at > now) {
        this.#wait(at - now);
        break;
      }
      gone.push(userId);
      this.#leaving.delete(userId);
    }
    this.#change(gone);
  }

  #change(userIds: readonly string[]): void {
    for (const userId of userIds) {
      this.#changed.add(userId);
    }
    if (userIds.length > 0) {
      this.#rounds.ask();
    }
  }

  async #write(): Promise<void> {
    const { nodeId, store, onWritten } = this.#options;
    const all = [...this.#changed];
    const taken = all.slice(0, mostAtOnce);
    this.#changed = new Set(all.slice(mostAtOnce));
    const isHere = (userId: string): boolean =>
      this.#streams.has(userId) || this.#leaving.has(userId);
    const come = taken.filter(isHere);
    const gone = taken.filter((userId) => !isHere(userId));
    try {
      await store.write(nodeId, { come, gone });
    } catch (error) {
      this.#change(taken);
      throw error;
    }
    onWritten(taken);
    if (this.#changed.size > 0) {
      this.#rounds.ask();
    }
  }
}
