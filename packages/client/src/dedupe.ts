import type { TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from './types.ts';

/** Streams of which the newest seq is remembered; beyond, the one that was quiet longest goes. */
const mostStreams = 10_000;

/** Decides event by event what a listener has not had yet. */
export class Dedupe {
  readonly #seen = new Map<string, number>();

  /** @returns whether the event is new to the listener and of any use to it */
  isNew(event: unknown): boolean {
    if (typeof event !== 'object' || event === null || !('type' in event)) {
      return true;
    }
    if (event.type === 'stream.beacon') {
      return false;
    }
    if (event.type === 'stream.reset') {
      this.#seen.clear();
    }
    if (!('streamId' in event) || !('seq' in event)) {
      return true;
    }
    const { streamId, seq } = event;
    if (typeof streamId !== 'string' || typeof seq !== 'number') {
      return true;
    }
    const last = this.#seen.get(streamId);
    if (last !== undefined && seq <= last) {
      return false;
    }
    this.#seen.delete(streamId);
    this.#seen.set(streamId, seq);
    if (this.#seen.size > mostStreams) {
      this.#forgetOldest();
    }
    return true;
  }

  #forgetOldest(): void {
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined) {
      this.#seen.delete(oldest);
    }
  }
}

/**
 * Makes the live stream exactly-once: what a resume repeats is dropped by `streamId` and `seq`,
 * and beacons, which only move the cursor, are swallowed. Each subscription has its own memory.
 */
export function dedupeLink(): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        const dedupe = new Dedupe();
        return next(op).subscribe({
          next(envelope) {
            const { result } = envelope;
            if (result.type === 'data' && !dedupe.isNew(eventOf(result.data))) {
              return;
            }
            observer.next(envelope);
          },
          error: (error) => observer.error(error),
          complete: () => observer.complete(),
        });
      });
}

/** A tracked value is wrapped together with its id. */
function eventOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'data' in data ? data.data : data;
}
