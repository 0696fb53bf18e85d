import { tracked, type TrackedEnvelope } from '@trpc/server';
import { Refusal } from './fake-faults.ts';

/** A line of the log. The types `test.end` and `test.fail` end a stream that gets to them. */
export interface Entry {
  cursor: number;
  event: { type: string; streamId?: string; seq?: number; body?: unknown };
}

type Tracked = TrackedEnvelope<Entry['event'] & { connectionId?: string }>;

/** Somebody who follows. */
export interface Follower {
  lastEventId: string | null;
  connectionId: string;
  signal: AbortSignal;
}

/** The log of events, and those who follow it. */
export class FakeLog {
  readonly entries: Entry[] = [];
  /** What each subscription said about where it stood. */
  readonly resumes: (string | null)[] = [];
  /** Events get to nobody meanwhile. */
  isHeld = false;
  readonly #listeners = new Set<() => void>();

  append(...entries: Entry[]): void {
    this.entries.push(...entries);
    this.tell();
  }

  tell(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }

  async *follow({ lastEventId, connectionId, signal }: Follower): AsyncGenerator<Tracked> {
    const log = this.entries;
    this.resumes.push(lastEventId);
    // A resume repeats the event at the cursor, as the real server may.
    let next = log.findIndex(({ cursor }) => cursor >= Number(lastEventId ?? Infinity));
    if (next === -1) {
      next = log.length;
    }
    const replayTo = log.length;
    for (; next < replayTo; next += 1) {
      yield toTracked(log[next]!);
    }
    const head = String(log.at(-1)?.cursor ?? 0);
    yield tracked(head, { type: 'stream.ready', connectionId });
    while (!signal.aborted) {
      while (next < log.length && !this.isHeld) {
        const entry = log[next]!;
        if (entry.event.type === 'test.end' || entry.event.type === 'test.fail') {
          log.splice(next, 1);
          if (entry.event.type === 'test.end') {
            return;
          }
          throw new Refusal('UNAVAILABLE', 'SERVICE_UNAVAILABLE');
        }
        yield toTracked(entry);
        next += 1;
      }
      await this.#more(signal, () => next < log.length && !this.isHeld);
    }
  }

  #more(signal: AbortSignal, isThere: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#listeners.delete(wake);
        resolve();
      };
      this.#listeners.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (isThere()) {
        wake();
      }
    });
  }
}

function toTracked({ cursor, event }: Entry): Tracked {
  return tracked(String(cursor), event);
}
