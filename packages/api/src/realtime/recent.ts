import type { LiveEvent } from './live-event.ts';

/** Text of events that is kept at most, in each of two generations, in UTF-16 code units. */
const mostText = 1024 * 1024;

/**
 * What a node has heard in the last moments, of any stream. Who opens a stream reads the log first and
 * listens afterwards; this tells what came in between.
 *
 * How far streams have come is kept for one to two periods, which {@link turn} ends. The events that
 * were handed over are kept as long as there is room; whoever does not find them here reads the log.
 */
export class Recent {
  #heads = new Map<string, number>();
  #oldHeads = new Map<string, number>();
  #events = new Map<string, LiveEvent[]>();
  #oldEvents = new Map<string, LiveEvent[]>();
  #text = 0;

  /** There is an event up to this seq. */
  heard(streamId: string, seq: number): void {
    if (seq > (this.#heads.get(streamId) ?? 0)) {
      this.#heads.set(streamId, seq);
    }
  }

  /** The event was handed to the readers of its stream, in its turn. */
  delivered(event: LiveEvent): void {
    this.heard(event.streamId, event.seq);
    const events = this.#events.get(event.streamId);
    if (events) {
      events.push(event);
    } else {
      this.#events.set(event.streamId, [event]);
    }
    this.#text += event.json.length;
    if (this.#text > mostText) {
      this.#turnEvents();
    }
  }

  /** The newest seq that was heard of; 0 when there was none. */
  headOf(streamId: string): number {
    return Math.max(this.#heads.get(streamId) ?? 0, this.#oldHeads.get(streamId) ?? 0);
  }

  /** Events with `afterSeq < seq <= toSeq`; null when not all of them are here. */
  between(streamId: string, afterSeq: number, toSeq: number): LiveEvent[] | null {
    const [old = [], young = []] = [this.#oldEvents.get(streamId), this.#events.get(streamId)];
    const events = [...old, ...young].filter(({ seq }) => seq > afterSeq && seq <= toSeq);
    const isWhole = events.every(({ seq }, index) => seq === afterSeq + 1 + index);
    return isWhole && events.length === toSeq - afterSeq ? events : null;
  }

  turn(): void {
    this.#oldHeads = this.#heads;
    this.#heads = new Map();
    this.#turnEvents();
  }

  #turnEvents(): void {
    this.#oldEvents = this.#events;
    this.#events = new Map();
    this.#text = 0;
  }
}
