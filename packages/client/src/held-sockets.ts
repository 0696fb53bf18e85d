import type { Credential } from './session.ts';
import type { SupervisedSocket } from './web-socket.ts';

/** What is known of a socket. */
export interface Held {
  /** What it was opened with. */
  readonly credential: Credential;
  /** Since when the server answers on it. Monotonic. */
  servingSince: number | null;
  connectionId: string | null;
  /** The server has asked to replace it. */
  isNoticed: boolean;
  stopRenewal: (() => void) | null;
}

const open = 1;

/** The sockets of a client: one, and for a moment two when one takes the other's place. */
export class HeldSockets {
  /** The newest comes last. */
  readonly #all = new Map<SupervisedSocket, Held>();
  #speaker: SupervisedSocket | null = null;

  add(socket: SupervisedSocket, credential: Credential): void {
    this.#all.set(socket, {
      credential,
      servingSince: null,
      connectionId: null,
      isNoticed: false,
      stopRenewal: null,
    });
  }

  /**
   * Takes a socket out that is gone.
   *
   * @returns what was known of it, and whether a newer one serves in its place
   */
  remove(socket: SupervisedSocket): { held: Held | null; isReplaced: boolean } {
    const held = this.#all.get(socket) ?? null;
    const entries = [...this.#all];
    const newer = entries.slice(entries.findIndex(([other]) => other === socket) + 1);
    this.#all.delete(socket);
    held?.stopRenewal?.();
    return { held, isReplaced: newer.some(([, { servingSince }]) => servingSince !== null) };
  }

  /** A message is handled in one go; until the next one this is whose it is. */
  speaking(socket: SupervisedSocket): void {
    this.#speaker = socket;
  }

  /** The socket whose message is being handled. */
  get speaker(): { socket: SupervisedSocket; held: Held } | null {
    const socket = this.#speaker;
    const held = socket && this.#all.get(socket);
    return socket && held ? { socket, held } : null;
  }

  get isServing(): boolean {
    return [...this.#all.values()].some(({ servingSince }) => servingSince !== null);
  }

  get isOpen(): boolean {
    return [...this.#all.keys()].some(({ readyState }) => readyState === open);
  }

  probe(): void {
    for (const socket of this.#all.keys()) {
      socket.probe();
    }
  }

  close(): void {
    for (const socket of this.#all.keys()) {
      socket.close();
    }
  }
}

/** How long a socket has served. */
export function servedMs({ servingSince }: Held): number {
  return servingSince === null ? 0 : performance.now() - servingSince;
}
