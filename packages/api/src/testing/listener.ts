import type { StoredStreamEvent, StreamEvent } from '@chapar/contract';
import type { TrackedEnvelope } from '@trpc/server';
import { vi } from 'vitest';

const waitMs = 5_000;

/** A live stream that a test listens to. */
export class Listener {
  /** Everything that came, signals included. */
  readonly events: StreamEvent[] = [];
  /** The cursor of the newest event. */
  lastEventId = '';
  closeCode: number | null = null;
  readonly #abort: AbortController;

  constructor(abort: AbortController) {
    this.#abort = abort;
  }

  /** Stored events only, in the order in which they came. */
  get stored(): StoredStreamEvent[] {
    return this.events.filter((event) => 'seq' in event);
  }

  follow(events: AsyncIterable<TrackedEnvelope<StreamEvent>>): void {
    const read = async (): Promise<void> => {
      for await (const [id, event] of events) {
        this.lastEventId = id;
        this.events.push(event);
      }
    };
    read().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) {
        throw error;
      }
    });
  }

  closed(code: number): void {
    this.closeCode = code;
  }

  /** Waits for the first event that satisfies `test`. */
  async until(test: (event: StreamEvent) => boolean): Promise<StreamEvent> {
    return vi.waitUntil(() => this.events.find(test), { timeout: waitMs, interval: 5 });
  }

  /** Waits until everything missed has come. */
  async ready(): Promise<this> {
    await this.until(({ type }) => type === 'stream.ready');
    return this;
  }

  /** Cuts the connection. */
  stop(): void {
    this.#abort.abort();
  }
}
