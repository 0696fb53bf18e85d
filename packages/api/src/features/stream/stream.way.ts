import type { StreamEvent } from '@chapar/contract';
import type { SocketControl } from '../../call.ts';
import type { Delivery } from '../../realtime/delivery.ts';
import { readLiveEvent } from '../../realtime/live-event.ts';
import type { Sink } from '../../realtime/reader.ts';
import { WireText } from '../../wire.ts';

/** The faster way past tRPC, known from when tRPC has written the first value. */
export class Way {
  readonly #socket: SocketControl;
  sink: Sink | null = null;

  constructor(socket: SocketControl) {
    this.#socket = socket;
  }

  /** The text is what the type says; nobody reads it before it is written. */
  textOf({ json }: Delivery): StreamEvent {
    const text = new WireText(json, (head) => this.#learn(head));
    return text as unknown as StreamEvent;
  }

  /** @param head the first members of each message, as JSON text without its end: `{"id":1` */
  #learn(head: string): void {
    this.sink ??= this.#socket.sink(head);
  }
}

/** Whether this says that the session is over. */
export function isEndOf(sessionId: string, { event }: Delivery): boolean {
  if (event?.type !== 'session.ended') {
    return false;
  }
  const ended = readLiveEvent(event);
  return ended.type === 'session.ended' && ended.body.sessionId === sessionId;
}
