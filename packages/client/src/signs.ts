import type { Session, SessionEndReason } from './session.ts';

/** What happens to a client, for the helpers that are built on it. */
export type Sign =
  | { type: 'wake' | 'live' | 'signed-in' | 'closed' }
  | { type: 'ended'; reason: SessionEndReason; userId: string | null };

type Listener = (sign: Sign) => void;

/** The inside of a client, as far as its helpers need it. */
export interface Inside {
  readonly session: Session;
  /** @returns what ends it */
  on(listener: Listener): () => void;
}

const insides = new WeakMap<object, Inside>();

/** The inside of what `createChaparClient` has made. */
export function insideOf(client: object): Inside {
  const inside = insides.get(client);
  if (!inside) {
    throw new TypeError('this is no client of createChaparClient');
  }
  return inside;
}

/** Keeps the inside of a client. */
export function keepInside(client: object, inside: Inside): void {
  insides.set(client, inside);
}

/** Tells everybody who listens. */
export class Signs {
  readonly #listeners = new Set<Listener>();

  readonly on = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** In a turn of its own, so that nothing breaks off what the client is doing. */
  give(sign: Sign): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners) {
        listener(sign);
      }
    });
  }
}
