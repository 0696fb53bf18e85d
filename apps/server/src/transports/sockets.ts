import { setTimeout as wait } from 'node:timers/promises';
import type { SocketControl } from '@chapar/api';
import type { CloseCode } from '@chapar/contract';
import { closeCodes } from '@chapar/contract';
import type { WebSocket } from 'ws';

const softLimitBytes = 128 * 1024;
const slowAfterMs = 10_000;
const lookAgainMs = 25;
const streamsPerSocket = 8;
const messagesPerSecond = 20;
const burst = 40;
const closingMs = 2_000;
const socketsPerUser = 10;

/** Closes with a code of the contract. */
export function closeSocket(socket: WebSocket, code: CloseCode): void {
  socket.close(code, closeCodes[code].name);
}

/** What the live stream may know and do of its socket. */
export function controlOf(socket: WebSocket): SocketControl {
  let open = 0;
  return {
    openStream() {
      if (open === streamsPerSocket) {
        return null;
      }
      open += 1;
      return () => {
        open -= 1;
      };
    },
    async drained(signal) {
      const started = performance.now();
      while (socket.bufferedAmount > softLimitBytes && socket.readyState === socket.OPEN) {
        if (performance.now() - started > slowAfterMs) {
          return false;
        }
        if (signal.aborted) {
          return true;
        }
        await wait(lookAgainMs);
      }
      return true;
    },
    close: (code) => closeSocket(socket, code),
  };
}

/** Cuts off a peer that sends more than 20 messages a second, with bursts of 40. */
export function limitRate(socket: WebSocket): void {
  let credit = burst;
  let last = performance.now();
  socket.on('message', () => {
    const now = performance.now();
    credit = Math.min(burst, credit + ((now - last) / 1000) * messagesPerSecond) - 1;
    last = now;
    if (credit < 0) {
      closeSocket(socket, 4429);
    }
  });
}

/** All sockets of this process, for the limits and for the end. */
export class Sockets {
  readonly #all = new Set<WebSocket>();
  readonly #waiting = new Map<string, number>();
  readonly #byUser = new Map<string, Set<WebSocket>>();

  add(socket: WebSocket): void {
    this.#all.add(socket);
    socket.on('close', () => this.#all.delete(socket));
  }

  /** Sockets of an address that have not signed in yet. */
  waiting(ip: string): number {
    return this.#waiting.get(ip) ?? 0;
  }

  /** Counts a socket as waiting until the returned function is called or it closes. */
  wait(socket: WebSocket, ip: string): () => void {
    this.#waiting.set(ip, this.waiting(ip) + 1);
    let counted = true;
    const done = (): void => {
      if (!counted) {
        return;
      }
      counted = false;
      const left = this.waiting(ip) - 1;
      if (left > 0) {
        this.#waiting.set(ip, left);
      } else {
        this.#waiting.delete(ip);
      }
    };
    socket.on('close', done);
    return done;
  }

  /** Gives a socket to its person. Beyond ten, the oldest makes room. */
  own(socket: WebSocket, userId: string): void {
    const mine = this.#byUser.get(userId) ?? new Set();
    this.#byUser.set(userId, mine);
    mine.add(socket);
    socket.on('close', () => {
      mine.delete(socket);
      if (mine.size === 0) {
        this.#byUser.delete(userId);
      }
    });
    const [oldest] = mine;
    if (mine.size > socketsPerUser && oldest) {
      mine.delete(oldest);
      closeSocket(oldest, 4409);
    }
  }

  /** Tells every peer to come back soon, and waits until they are gone. */
  async close(): Promise<void> {
    for (const socket of this.#all) {
      closeSocket(socket, 1012);
    }
    const started = performance.now();
    while (this.#all.size > 0 && performance.now() - started < closingMs) {
      await wait(lookAgainMs);
    }
    for (const socket of this.#all) {
      socket.terminate();
    }
  }
}
