import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '@chapar/api';
import type { LiveSocket, Owner } from './live-socket.ts';

const lookEveryMs = 250;
/** The event loop stood still. */
const lateMs = 1_000;
const closingMs = 2_000;
const closingLookMs = 25;
const socketsPerUser = 10;
/** Longer than the event that says it takes. */
const endedAfterMs = 500;
/** tRPC's word for "open another socket, then leave this one". */
const reconnectNotice = '{"id":null,"method":"reconnect"}';
const batchEveryMs = 100;

/** All sockets of this process, for the limits and for the end. */
export class Sockets {
  readonly #all = new Map<string, LiveSocket>();
  /** By address: sockets that have not signed in. */
  readonly #waiting = new Map<string, Set<LiveSocket>>();
  readonly #byUser = new Map<string, Set<LiveSocket>>();
  #lookedAt = performance.now();
  readonly #timer = setInterval(() => this.#look(), lookEveryMs);

  readonly #deps: { clock: Clock };

  constructor(deps: { clock: Clock }) {
    this.#deps = deps;
    this.#timer.unref();
  }

  add(socket: LiveSocket): void {
    this.#all.set(socket.id, socket);
    place(this.#waiting, socket.ip, socket);
  }

  remove(socket: LiveSocket): void {
    this.#all.delete(socket.id);
    take(this.#waiting, socket.ip, socket);
    if (socket.owner) {
      take(this.#byUser, socket.owner.userId, socket);
    }
  }

  /** Sockets of an address that have not signed in yet. */
  waiting(ip: string): number {
    return this.#waiting.get(ip)?.size ?? 0;
  }

  /**
   * Gives a socket to its person. Beyond ten, one makes room: that which the new one is to replace, if it
   * is here and the same person's, or else the oldest.
   *
   * @param replaces the id of a socket, as the peer says
   */
  own(socket: LiveSocket, owner: Owner, replaces: string | null): void {
    take(this.#waiting, socket.ip, socket);
    // Of its own, since it is renewed by itself.
    socket.owner = { ...owner };
    const mine = place(this.#byUser, owner.userId, socket);
    if (mine.size <= socketsPerUser) {
      return;
    }
    const [oldest = socket] = mine;
    const named = this.#all.get(replaces ?? '');
    const leaving = named && named !== socket && mine.has(named) ? named : oldest;
    mine.delete(leaving);
    leaving.close(4409);
  }

  /** Lets a socket live longer, if it is here and of this session. */
  renew(id: string, { sessionId, expiresAt }: { sessionId: string; expiresAt: number }): void {
    const owner = this.#all.get(id)?.owner;
    if (owner?.sessionId === sessionId) {
      owner.expiresAt = Math.max(owner.expiresAt, expiresAt);
    }
  }

  /** Sessions that have a socket here, each once. */
  get sessionIds(): string[] {
    const ids = new Set<string>();
    for (const { owner } of this.#all.values()) {
      if (owner) {
        ids.add(owner.sessionId);
      }
    }
    return [...ids];
  }

  /** Closes what these sessions have open. */
  closeSessions(sessionIds: ReadonlySet<string>): void {
    for (const socket of this.#all.values()) {
      if (socket.owner && sessionIds.has(socket.owner.sessionId)) {
        socket.close(4403);
      }
    }
  }

  /** Closes what a session has open, once its streams have had the time to say why. */
  endSession(userId: string, sessionId: string): void {
    for (const socket of this.#byUser.get(userId) ?? []) {
      if (socket.owner?.sessionId === sessionId) {
        setTimeout(() => socket.close(4403), endedAfterMs).unref();
      }
    }
  }

  #look(): void {
    const now = performance.now();
    const late = now - this.#lookedAt - lookEveryMs;
    this.#lookedAt = now;
    // What peers have sent meanwhile is read before the next look.
    if (late > lateMs) {
      this.#all.forEach((socket) => socket.excuse(late));
      return;
    }
    const clock = this.#deps.clock.now().getTime();
    this.#all.forEach((socket) => socket.look(now, clock));
  }

  /**
   * Asks every peer to go elsewhere: it opens a new socket, at another process by then, and leaves this
   * one when that serves. In random order, spread over the time, so that they do not come all at once.
   *
   * @returns when everybody has left, or the time is over
   */
  async drain(ms: number): Promise<void> {
    const order = [...this.#all.values()].toSorted(() => Math.random() - 0.5);
    const started = performance.now();
    const end = started + ms;
    let asked = 0;
    while (this.#all.size > 0 && performance.now() < end) {
      const part = Math.min(1, (performance.now() - started + batchEveryMs) / (ms * 0.8));
      for (const socket of order.slice(asked, Math.ceil(part * order.length))) {
        socket.send(reconnectNotice);
      }
      asked = Math.max(asked, Math.ceil(part * order.length));
      await wait(batchEveryMs);
    }
  }

  /** Tells every peer to come back soon, and waits until they are gone. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#all.forEach((socket) => socket.close(1012));
    const started = performance.now();
    while (this.#all.size > 0 && performance.now() - started < closingMs) {
      await wait(closingLookMs);
    }
    this.#all.forEach((socket) => socket.terminate());
  }
}

function place<Key>(
  places: Map<Key, Set<LiveSocket>>,
  key: Key,
  socket: LiveSocket,
): Set<LiveSocket> {
  const there = places.get(key) ?? new Set();
  places.set(key, there);
  return there.add(socket);
}

function take<Key>(places: Map<Key, Set<LiveSocket>>, key: Key, socket: LiveSocket): void {
  const there = places.get(key);
  there?.delete(socket);
  if (there?.size === 0) {
    places.delete(key);
  }
}
