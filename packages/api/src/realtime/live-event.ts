import type { StoredStreamEvent, StreamEventType } from '@chapar/contract';

/**
 * A committed event on its way to its readers: what it is routed by, and its text. The text is made
 * once, by whoever wrote or read the event, and shared by all of its readers.
 */
export interface LiveEvent {
  streamId: string;
  seq: number;
  type: StreamEventType;
  /** JSON of the {@link StoredStreamEvent}. */
  json: string;
}

/**
 * @param at ISO 8601
 * @param body JSON of the event's body
 */
export function createLiveEvent(event: {
  streamId: string;
  seq: number;
  type: string;
  at: string;
  body: string;
}): LiveEvent {
  const { streamId, seq, type, at, body } = event;
  return {
    streamId,
    seq,
    // A type that is written was one of the contract's.
    type: type as StreamEventType,
    json: `{"type":"${type}","streamId":"${streamId}","seq":${seq},"at":"${at}","body":${body}}`,
  };
}

/** What the text of an event says. */
export function readLiveEvent({ json }: LiveEvent): StoredStreamEvent {
  return JSON.parse(json) as StoredStreamEvent;
}
