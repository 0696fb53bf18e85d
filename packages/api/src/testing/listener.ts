import type { StoredStreamEvent, StreamEvent } from '@chapar/contract';
import type { TrackedEnvelope } from '@trpc/server';
import { vi } from 'vitest';
import { WireText } from '../wire.ts';

const waitMs = 5_000;

/** Events travel as text that was made once. */
function eventOf(event: unknown): StreamEvent {
  return event instanceof WireText
    ? (JSON.parse(event.json) as StreamEvent)
    : (event as StreamEvent);
}

/** A live stream that a test listens to. */
export class Listener {
  /** Everything that came, signals included. */
  readonly events: StreamEvent[] = [];
  /** The cursor of the newest event. */
  lastEventId = '';
  closeCode: number | null = null;
  /** What the stream was refused with. */
  error: Error | null = null;
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
        this.events.push(eventOf(event));
      }
    };
    read().catch((error: unknown) => {
      this.error = error instanceof Error ? error : new Error(String(error));
    });
  }

  closed(code: number): void {
    this.closeCode = code;
  }

  /** Waits for the first event that satisfies `test`. */
  async until(test: (event: StreamEvent) => boolean): Promise<StreamEvent> {
    const look = (): StreamEvent | undefined => {
      if (this.error !== null) {
        throw this.error;
      }
      return this.events.find(test);
    };
    return vi.waitUntil(look, { timeout: waitMs, interval: 5 });
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
