import { connect, type Socket } from 'node:net';
import type { Guest, Wire } from '../wire/wire.ts';
import { FrameReader, makeFrame, opcodes } from '@chapar/load';

interface Member {
  socket: Socket;
  cursor: string;
}

const readBytes = 64 * 1024;
const upgraded = 'HTTP/1.1 101';
const pongText = makeFrame(opcodes.text, Buffer.from('PONG'));
const perNetwork = 8;

/** Subscribed sockets, counted and not looked at: what they receive is found by one mark of bytes. */
export class Crowd {
  /** Messages received by all sockets together. */
  deliveries = 0;
  /** Sockets that the server closed, by close code; 0 without one. */
  readonly closed = new Map<number, number>();
  readonly #wire: Wire;
  readonly #members: Member[] = [];
  // One for all: a chunk is done with before the next socket is read.
  readonly #buffer = Buffer.alloc(readBytes);
  #awaited = Number.POSITIVE_INFINITY;
  #reached: () => void = () => undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get size(): number {
    return this.#members.length;
  }

  /** The cursor of each socket's `ready`, in the order in which they became ready. */
  get cursors(): string[] {
    return this.#members.map(({ cursor }) => cursor);
  }

  /** Opens sockets, so many at once, and waits until every one is subscribed. */
  async open(url: string, guests: readonly Guest[], atOnce: number): Promise<void> {
    let next = 0;
    const drive = async (): Promise<void> => {
      while (next < guests.length) {
        const i = next;
        next += 1;
        const guest = guests[i];
        if (guest) {
          await this.#join(url, guest, Math.floor(i / perNetwork));
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, guests.length) }, drive));
  }

  /** Waits until so many messages have come since the beginning. */
  async until(deliveries: number, withinMs: number): Promise<void> {
    if (this.deliveries >= deliveries) {
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const closed = JSON.stringify([...this.closed]);
        reject(new Error(`${this.deliveries} of ${deliveries} came; closed: ${closed}`));
      }, withinMs);
      this.#awaited = deliveries;
      this.#reached = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    for (const { socket } of this.#members.splice(0)) {
      socket.destroy();
    }
  }

  /** Opens one socket and waits until it is subscribed. */
  #join(url: string, guest: Guest, network: number): Promise<void> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const reader = new FrameReader();
      let isOpen = false;
      let isReady = false;
      const onFrame = (opcode: number, payload: Buffer): void => {
        if (opcode === opcodes.text) {
          if (isReady) {
            this.#count(socket, payload);
          } else if (payload.includes(this.#wire.readyMark)) {
            isReady = true;
            this.#members.push({ socket, cursor: this.#wire.cursorOf(payload) });
            resolve();
          } else if (payload.includes(this.#wire.messageMark)) {
            this.#deliver();
          } else if (payload.includes('"error"')) {
            reject(new Error(`The server refused a subscription: ${payload.toString()}`));
          }
        } else if (opcode === opcodes.ping) {
          socket.write(makeFrame(opcodes.pong, payload));
        } else if (opcode === opcodes.close) {
          this.#noteClose(payload.length >= 2 ? payload.readUInt16BE(0) : 0);
          socket.destroy();
        }
      };
      const onBytes = (size: number): boolean => {
        const chunk = this.#buffer.subarray(0, size);
        if (isOpen) {
          reader.push(chunk, onFrame);
          return true;
        }
        // The head of the answer is small and comes in one piece.
        const head = chunk.toString('latin1');
        if (!head.startsWith(upgraded)) {
          socket.destroy(new Error(`The server took no socket: ${head}`));
          return true;
        }
        isOpen = true;
        socket.write(Buffer.concat(this.#wire.hello(guest).map(textFrame)));
        const end = head.indexOf('\r\n\r\n') + 4;
        if (end < size) {
          reader.push(chunk.subarray(end), onFrame);
        }
        return true;
      };
      const onread = { buffer: this.#buffer, callback: onBytes };
      const socket = connect({ host: hostname, port: Number(port), noDelay: true, onread });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('The server closed a socket.')));
      socket.write(upgradeOf(this.#wire.socketPath, network));
    });
  }

  #count(socket: Socket, payload: Buffer): void {
    if (payload.includes(this.#wire.messageMark)) {
      this.#deliver();
    } else if (payload.length === 4 && payload.toString('latin1') === 'PING') {
      socket.write(pongText);
    }
  }

  #deliver(): void {
    this.deliveries += 1;
    if (this.deliveries >= this.#awaited) {
      this.#awaited = Number.POSITIVE_INFINITY;
      this.#reached();
    }
  }

  #noteClose(code: number): void {
    this.closed.set(code, (this.closed.get(code) ?? 0) + 1);
  }
}

function textFrame(text: string): Buffer {
  return makeFrame(opcodes.text, Buffer.from(text));
}

/** Every few sockets come from a network of their own, which the server is told to believe. */
function upgradeOf(path: string, network: number): string {
  const address = `10.${(network >> 8) & 255}.${network & 255}.1`;
  return [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `X-Forwarded-For: ${address}`,
    '\r\n',
  ].join('\r\n');
}
