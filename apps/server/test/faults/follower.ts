import { setTimeout as wait } from 'node:timers/promises';
import { DeviceSocket } from './device-socket.ts';

const perAddress = 8;
/** A follower that was refused waits at most so long, and each time twice as long as before. */
const firstWaitMs = 2_000;
const longestWaitMs = 30_000;

/** As much of a message of the live stream as a follower looks at. */
interface Heard {
  result?: {
    id?: string;
    data?: {
      json?: { data?: { type: string; streamId: string; seq: number; body: { id: string } } };
    };
  };
}

let followers = 0;

/**
 * One device that follows the live stream, at little cost: what it has and where it stands outlives
 * its sockets, and repeats are dropped as the client package drops them.
 */
export class Follower {
  /** Ids of the messages that have come, in their order. */
  readonly messages: string[] = [];
  /** With what its sockets were closed, those that it left itself included. */
  readonly closes: number[] = [];
  /** How many sockets it was let in with. */
  opened = 0;
  /** How often it was asked for a sign of life. */
  pings = 0;
  readonly #token: string;
  readonly #newest = new Map<string, number>();
  readonly #address: string;
  #cursor: string | undefined;
  #socket: DeviceSocket | null = null;
  #heard = (): void => undefined;
  #left = (): void => undefined;

  constructor({ token }: { token: string }) {
    this.#token = token;
    const network = Math.floor(followers / perAddress);
    this.#address = `10.${(network >> 8) & 255}.${network & 255}.1`;
    followers += 1;
  }

  /** Whether it has a socket that is open. */
  get isHere(): boolean {
    return this.#socket?.isOpen ?? false;
  }

  /** Opens a socket and resumes. @returns once it is live; rejects when it was not let in */
  come(url: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new DeviceSocket(url, this.#address, {
        onOpen: () => {
          this.opened += 1;
          const input = { json: { lastEventId: this.#cursor } };
          const params = { path: 'stream.onEvent', input };
          socket.send(
            JSON.stringify({ method: 'connectionParams', data: { token: this.#token } }),
            JSON.stringify({ id: 1, method: 'subscription', params }),
          );
        },
        onText: (text) => {
          if (text === 'PING') {
            this.pings += 1;
            socket.send('PONG');
          } else if (this.#hear(text) === 'stream.ready') {
            resolve();
          }
        },
        onClose: (code) => {
          this.closes.push(code);
          reject(new Error(`closed with ${code}`));
          this.#left();
        },
      });
      this.#socket = socket;
    });
  }

  /** Comes as clients come back: at a moment of its own, and again a while after each refusal. */
  async comeBack(url: string, spreadMs: number): Promise<void> {
    await wait(Math.random() * spreadMs);
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
      const isLive = await this.come(url).then(
        () => true,
        () => false,
      );
      if (isLive) {
        return;
      }
      await wait(Math.random() * waitMs);
    }
  }

  /** Waits until so many messages have come. */
  async until(count: number): Promise<void> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** Leaves as it should be done, or without a word. @returns once its socket is over */
  async leave(how: 'close' | 'terminate' = 'close'): Promise<void> {
    const socket = this.#socket;
    if (socket && !socket.isOver) {
      const left = new Promise<void>((resolve) => {
        this.#left = resolve;
      });
      socket[how]();
      await left;
    }
  }

  #hear(text: string): string | undefined {
    const { result } = JSON.parse(text) as Heard;
    const event = result?.data?.json?.data;
    if (result?.id !== undefined) {
      this.#cursor = result.id;
    }
    if (event?.type === 'stream.reset') {
      throw new Error('what was missed is not there any more');
    }
    if (event?.type === 'chat.message' && event.seq > (this.#newest.get(event.streamId) ?? 0)) {
      this.#newest.set(event.streamId, event.seq);
      this.messages.push(event.body.id);
      this.#heard();
    }
    return event?.type;
  }
}
