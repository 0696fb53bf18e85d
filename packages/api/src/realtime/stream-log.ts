import type { LiveEvent } from './live-event.ts';

/** What the node reads from the log. */
export interface StreamLog {
  /** Newest seq of each stream; a stream without a row is left out. */
  heads(streamIds: readonly string[]): Promise<Map<string, number>>;
  /** Events of one stream with `afterSeq < seq <= toSeq`, in order. */
  between(streamId: string, afterSeq: number, toSeq: number): Promise<LiveEvent[]>;
  /**
   * The newest seq of every stream that has an event at or above a cursor, and the cursor
   * below which nothing can appear any more (see `StreamEventEntity.pos`), in one snapshot.
   */
  since(cursor: bigint): Promise<{ heads: Map<string, number>; horizon: bigint }>;
  /** The present horizon, as a cursor. */
  horizon(): Promise<bigint>;
}
