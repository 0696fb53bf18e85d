import { vi } from 'vitest';
import type { Hub, HubSignal } from '../realtime/hub.ts';
import type { LiveEvent } from '../realtime/live-event.ts';

/** What a listener has heard. */
export interface Heard {
  events: LiveEvent[];
  heads: { streamId: string; seq: number }[];
  signals: HubSignal[];
}

export function listen(hub: Hub): Heard & { leave: () => void } {
  const heard: Heard = { events: [], heads: [], signals: [] };
  const leave = hub.subscribe({
    event: (event) => heard.events.push(event),
    head: (streamId, seq) => heard.heads.push({ streamId, seq }),
    signal: (signal) => heard.signals.push(signal),
  });
  return { ...heard, leave };
}

export const streamId = '019f0000-0000-7000-8000-000000000001';
export const another = '019f0000-0000-7000-8000-000000000002';

export function eventOf(seq: number, text = 'hi', stream = streamId): LiveEvent {
  const json = JSON.stringify({ streamId: stream, seq, type: 'chat.message', body: { text } });
  return { streamId: stream, seq, type: 'chat.message', json };
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

export function seqsOf(heard: Heard, stream = streamId): number[] {
  return heard.events.filter((event) => event.streamId === stream).map(({ seq }) => seq);
}

export function until(isTrue: () => boolean): Promise<unknown> {
  return vi.waitUntil(isTrue, { timeout: 10_000, interval: 2 });
}
