import { setTimeout as wait } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import type { Sink, SocketControl } from '@chapar/api';
import { closeCodes, type CloseCode } from '@chapar/contract';
import { WebSocket } from 'ws';
import { softLimitBytes, SocketWriter } from './socket-writer.ts';

const slowAfterMs = 10_000;
const lookAgainMs = 25;
const streamsPerSocket = 8;
const messagesPerSecond = 20;
const burst = 40;
const signInWithinMs = 5_000;
const pingAfterMs = 25_000;
const pongWithinMs = 10_000;
/** A token may be renewed a little late. */
const renewalGraceMs = 25_000;

/** Who a socket belongs to, and until when. */
export interface Owner {
  userId: string;
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/**
 * One socket of a client: what it may do, when it was heard of last, and what is on its way to it. It
 * has no timers of its own: {@link look} is called for all of them in turn.
 */
export class LiveSocket implements SocketControl {
  readonly id: string;
  readonly ip: string;
  owner: Owner | null = null;
  readonly #socket: WebSocket;
  readonly #writer: SocketWriter;
  readonly #openedAt = performance.now();
  #heardAt = this.#openedAt;
  #pingedAt: number | null = null;
  #credit = burst;
  #spentAt = this.#openedAt;
  #streams = 0;
  #onServed: (() => void) | null;

  /** @param origin its `served` is called once: when the first stream is served, or the peer has left */
  constructor(
    socket: WebSocket,
    raw: Duplex,
    { id, ip, served }: { id: string; ip: string; served: () => void },
  ) {
    this.id = id;
    this.ip = ip;
    this.#onServed = served;
    this.#socket = socket;
    this.#writer = new SocketWriter(socket, raw);
  }

  /** The peer has sent a message. */
  heard(): void {
    const now = performance.now();
    this.#heardAt = now;
    this.#pingedAt = null;
    this.#spend(now);
  }

  /** The peer has sent a ping of the protocol, which `ws` answers. That it reads is seen by messages only. */
  pinged(): void {
    this.#spend(performance.now());
  }

  /** At most 20 messages a second with bursts of 40, pings and pongs included. */
  #spend(now: number): void {
    const earned = ((now - this.#spentAt) / 1000) * messagesPerSecond;
    this.#credit = Math.min(burst, this.#credit + earned) - 1;
    this.#spentAt = now;
    if (this.#credit < 0) {
      this.close(4429);
    }
  }

  /** What is due: the end of an unknown or outdated peer, a ping, the end of a silent one. */
  look(now: number, clock: number): void {
    if (this.owner === null) {
      if (now - this.#openedAt >= signInWithinMs) {
        this.close(4401);
      }
    } else if (clock >= this.owner.expiresAt + renewalGraceMs) {
      this.close(4401);
    }
    if (this.#pingedAt !== null) {
      if (now - this.#pingedAt >= pongWithinMs) {
        this.#socket.terminate();
      }
    } else if (now - this.#heardAt >= pingAfterMs) {
      this.#pingedAt = now;
      this.send('PING');
    }
  }

  /** Nobody could be heard for so long; it is not held against the peer. */
  excuse(ms: number): void {
    if (this.#pingedAt !== null) {
      this.#pingedAt += ms;
    }
  }

  /** A message outside of any subscription. */
  send(text: string): void {
    this.#writer.flush();
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(text);
    }
  }

  openStream(): (() => void) | null {
    if (this.#streams === streamsPerSocket) {
      return null;
    }
    this.#streams += 1;
    return () => {
      this.#streams -= 1;
    };
  }

  async drained(signal: AbortSignal): Promise<boolean> {
    this.#writer.flush();
    if (this.#writer.unsent <= softLimitBytes) {
      return true;
    }
    const started = performance.now();
    while (this.#writer.unsent > softLimitBytes && this.#socket.readyState === WebSocket.OPEN) {
      if (performance.now() - started > slowAfterMs) {
        return false;
      }
      if (signal.aborted) {
        return true;
      }
      await wait(lookAgainMs);
    }
    return true;
  }

  /** The peer is past what everybody waits for who comes: it gets its stream, or has left. */
  served(): void {
    this.#onServed?.();
    this.#onServed = null;
  }

  sink(head: string): Sink {
    this.served();
    return this.#writer.sink(head);
  }

  /** What still comes from the peer is not listened to any more. */
  close(code: CloseCode): void {
    this.#writer.flush();
    this.#socket.removeAllListeners('message').removeAllListeners('ping');
    this.#socket.close(code, closeCodes[code].name);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
