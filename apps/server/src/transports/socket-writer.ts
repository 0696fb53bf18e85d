import type { Duplex } from 'node:stream';
import type { Delivery, Sink } from '@chapar/api';
import { WebSocket } from 'ws';
import { textFrame } from './frame.ts';

/** Above this much unsent, a peer gets nothing more that it has not asked for. */
export const softLimitBytes = 128 * 1024;

/**
 * Frames on the way to one socket, past `ws` and tRPC: whole frames that many sockets share, and all
 * that comes in one go in one write. Frames of `ws` go out when they are sent; between the
 * two whoever changes over has to flush.
 */
export class SocketWriter {
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  #frames: Buffer[] = [];
  #bytes = 0;

  /** @param raw the TCP connection under the socket, which does no compression */
  constructor(socket: WebSocket, raw: Duplex) {
    this.#socket = socket;
    this.#raw = raw;
  }

  /** What has not left yet, in bytes. */
  get unsent(): number {
    return this.#raw.writableLength + this.#bytes;
  }

  /** A way for one subscription. @param head what its messages begin with, such as `{"id":1` */
  sink(head: string): Sink {
    return {
      write: (delivery) => this.#write(delivery, head),
      flush: () => this.flush(),
    };
  }

  #write(delivery: Delivery, head: string): boolean {
    if (this.unsent > softLimitBytes) {
      return false;
    }
    const frame = delivery.bytes(head, makeFrame);
    if (this.#frames.push(frame) === 1) {
      waiting.push(this);
      plan();
    }
    this.#bytes += frame.length;
    return true;
  }

  /** Hands everything to the operating system. What a closing socket would have got is dropped. */
  flush(): void {
    if (this.#bytes === 0) {
      return;
    }
    const [first] = this.#frames;
    const all = this.#frames.length === 1 && first ? first : Buffer.concat(this.#frames);
    this.#frames = [];
    this.#bytes = 0;
    if (this.#socket.readyState === WebSocket.OPEN && !this.#raw.destroyed) {
      this.#raw.write(all);
    }
  }
}

/** A tracked value as tRPC writes it for a subscription. */
function makeFrame({ id, json }: Delivery, head: string): Buffer {
  return textFrame(
    `${head},"result":{"type":"data","id":"${id}","data":{"json":{"id":"${id}","data":${json}}}}}`,
  );
}

/** Writers with something to flush when whoever hands out events has done so. */
let waiting: SocketWriter[] = [];
/** So many sockets are written to before the answer to whoever has caused it; more come after it. */
const mostBeforeAnswer = 32;

function plan(): void {
  if (waiting.length === 1) {
    // Before whatever else was waiting for the same news: the answer to who has sent a message, for one.
    queueMicrotask(flushFew);
  }
}

/** A write to a socket takes some microseconds: in a large channel the sender would wait for all of them. */
function flushFew(): void {
  if (waiting.length > mostBeforeAnswer) {
    setImmediate(flushAll);
  } else {
    flushAll();
  }
}

function flushAll(): void {
  const all = waiting;
  waiting = [];
  for (const writer of all) {
    writer.flush();
  }
}
