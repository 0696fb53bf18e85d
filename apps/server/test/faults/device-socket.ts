import { connect, type Socket } from 'node:net';
import { FrameReader, makeFrame, opcodes } from '@chapar/load';

const upgraded = 'HTTP/1.1 101';
const headEnd = '\r\n\r\n';
const readBytes = 64 * 1024;
/** What stands for a close that names no code, and for one that never came (RFC 6455, section 7.1.5). */
const noCode = 1005;
const noClose = 1006;
// One for all: a chunk is done with before the next socket is read.
const buffer = Buffer.alloc(readBytes);

/** What happens to a socket. */
export interface DeviceEvents {
  /** It was let in. */
  onOpen(): void;
  onText(text: string): void;
  /** It is over, once, whether it was let in or not. @param code of the close, 1006 without one */
  onClose(code: number): void;
}

/** A WebSocket with no more than a follower needs, so that thousands cost little. */
export class DeviceSocket {
  readonly #socket: Socket;
  readonly #events: DeviceEvents;
  readonly #reader = new FrameReader();
  #isLetIn = false;
  #isLeaving = false;
  #closeCode = noClose;

  /** @param from the address that a trusted proxy would name as the peer's */
  constructor(url: string, from: string, events: DeviceEvents) {
    const { host, hostname, port } = new URL(url);
    this.#events = events;
    const callback = (size: number): boolean => {
      this.#read(buffer.subarray(0, size));
      return true;
    };
    this.#socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer, callback },
    });
    // What went wrong is followed by the end, which is told.
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => events.onClose(this.#closeCode));
    this.#socket.write(upgradeOf(host, from));
  }

  /** Whether it was let in and is not over. */
  get isOpen(): boolean {
    return this.#isLetIn && !this.isOver;
  }

  get isOver(): boolean {
    return this.#socket.destroyed;
  }

  send(...texts: readonly string[]): void {
    this.#socket.write(
      Buffer.concat(texts.map((text) => makeFrame(opcodes.text, Buffer.from(text)))),
    );
  }

  /** Says goodbye, and leaves the end to the server. */
  close(): void {
    this.#answerClose(Buffer.alloc(0));
  }

  terminate(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#isLetIn) {
      this.#reader.push(chunk, this.#onFrame);
      return;
    }
    // The head of the answer is small and comes in one piece.
    if (chunk.toString('latin1', 0, upgraded.length) !== upgraded) {
      this.#socket.destroy();
      return;
    }
    this.#isLetIn = true;
    this.#events.onOpen();
    this.#reader.push(chunk.subarray(chunk.indexOf(headEnd) + headEnd.length), this.#onFrame);
  }

  readonly #onFrame = (opcode: number, payload: Buffer): void => {
    if (opcode === opcodes.text) {
      this.#events.onText(payload.toString());
    } else if (opcode === opcodes.ping) {
      this.#socket.write(makeFrame(opcodes.pong, payload));
    } else if (opcode === opcodes.close) {
      this.#closeCode = payload.length > 1 ? payload.readUInt16BE() : noCode;
      this.#answerClose(payload);
    }
  };

  #answerClose(payload: Buffer): void {
    if (!this.#isLeaving) {
      this.#isLeaving = true;
      this.#socket.write(makeFrame(opcodes.close, payload));
    }
  }
}

function upgradeOf(host: string, from: string): string {
  return [
    'GET /trpc?connectionParams=1 HTTP/1.1',
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `X-Forwarded-For: ${from}${headEnd}`,
  ].join('\r\n');
}
