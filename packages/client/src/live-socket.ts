import type { TRPCWebSocketClient } from '@trpc/client';
import { comeBackOf } from './backoff.ts';
import { localError, SocketRefusedError } from './errors.ts';
import { Pace } from './pace.ts';
import type { Refresher } from './refresh.ts';
import type { Credential, Session } from './session.ts';
import { createTrpcSocket } from './trpc-socket.ts';
import { SupervisedSocket, type SocketConstructor } from './web-socket.ts';

/** What can be said about the live connection. */
export type ConnectionState =
  /** It is being opened, or was lost a moment ago. */
  | 'connecting'
  /** The server serves the live stream. */
  | 'live'
  /** Nobody listens, the server refused, or several tries have failed (they go on). */
  | 'offline';

/** A subscription that depends on the socket. */
export interface Dependent {
  fail(error: Error): void;
  complete(): void;
}

interface LiveSocketOptions {
  url: string;
  WebSocket: SocketConstructor;
  session: Session;
  refresher: Refresher;
  onChange(state: ConnectionState): void;
}

/** Shorter than the ping interval: every pong counts as activity. */
const idleMs = 10_000;
const offlineAfterFailures = 3;

/**
 * The one WebSocket: opened for the first subscription, opened again whenever it is lost, closed
 * a while after the last subscription ends. tRPC's client sends the subscriptions again; when and
 * with which token a socket is opened is decided here.
 */
export class LiveSocket {
  readonly client: TRPCWebSocketClient;
  readonly #options: LiveSocketOptions;
  readonly #dependents = new Set<Dependent>();
  readonly #pace = new Pace();
  readonly #sockets = new Map<SupervisedSocket, Credential>();
  #state: ConnectionState = 'offline';
  #credential: Credential = { epoch: 0, accessToken: null };
  /** A token that the server does not accept. */
  #refused: string | null = null;
  /** What has to be known before the next socket is opened. */
  #settled: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveSocketOptions) {
    this.#options = options;
    const { WebSocket: Inner } = options;
    this.client = createTrpcSocket({
      prepare: () => this.#prepare(),
      token: () => this.#credential.accessToken ?? '',
      open: (url) =>
        new SupervisedSocket(new Inner(url), {
          opening: (socket) => this.#sockets.set(socket, this.#credential),
          closed: (socket, code) => this.#closed(socket, code),
        }),
      idleMs,
    });
  }

  /** Counts a subscription in. @returns what counts it out */
  enlist(dependent: Dependent): () => void {
    clearTimeout(this.#idle);
    this.#dependents.add(dependent);
    this.#report();
    return () => {
      if (!this.#dependents.delete(dependent) || this.#dependents.size > 0) {
        return;
      }
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => void this.#rest(), idleMs);
    };
  }

  /** The server has answered on the socket. */
  serving(): void {
    this.#pace.serving();
    this.#refused = null;
    this.#report();
  }

  /** Who the present socket was opened for. */
  get credential(): Credential {
    return this.#credential;
  }

  /** Gives up the present sockets; new ones are opened with the tokens of that time. */
  reopen(refused: string | null = null): void {
    this.#refused = refused;
    for (const socket of this.#sockets.keys()) {
      socket.close();
    }
  }

  /** The network or the app has come back: looks whether the socket lives, or tries at once. */
  wake(): void {
    for (const socket of this.#sockets.keys()) {
      socket.probe();
    }
    this.#pace.cut('wake');
  }

  /** Ends all subscriptions, by `error` where there is one, and closes. */
  async stop(error: Error | null): Promise<void> {
    for (const dependent of this.#dependents) {
      if (error) {
        dependent.fail(error);
      } else {
        dependent.complete();
      }
    }
    await this.#rest();
  }

  async #rest(): Promise<void> {
    clearTimeout(this.#idle);
    const done = this.client.close();
    this.#pace.cut('stop');
    this.reopen();
    this.#report();
    await done;
  }

  /** Everything before a socket is opened. Rejects to have tRPC's client try again. */
  async #prepare(): Promise<string> {
    const { session, refresher, url } = this.#options;
    const turn = this.#pace.next();
    this.#report();
    const isWanted = await turn;
    await this.#settled;
    if (!isWanted || this.#dependents.size === 0) {
      if (this.#dependents.size === 0) {
        void this.#rest();
      }
      throw new Error('no socket is needed');
    }
    const tokens =
      this.#refused === null ? await refresher.current() : await refresher.renew(this.#refused);
    if (!tokens) {
      void this.stop(localError('AUTH_REQUIRED', 'Please sign in.'));
      throw new Error('nobody is signed in');
    }
    this.#credential = { epoch: session.epoch, accessToken: tokens.accessToken };
    return url;
  }

  #closed(socket: SupervisedSocket, code: number): void {
    const credential = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    const wasNeeded = this.#dependents.size > 0;
    this.#pace.lost(code, wasNeeded);
    if (!wasNeeded) {
      return;
    }
    const advice = comeBackOf(code);
    if (advice === 'refresh') {
      this.#refused = credential?.accessToken ?? null;
    }
    if (advice === 'never') {
      this.#refusedForGood(code, credential);
    }
    this.#report();
  }

  #refusedForGood(code: number, credential: Credential | undefined): void {
    const { session } = this.#options;
    if (code !== 4403 || !credential) {
      void this.stop(new SocketRefusedError(code));
      return;
    }
    // With other tokens than the socket had, it is for the server to say whether they are good.
    const settle = async (): Promise<void> => {
      if (await session.isCurrent(credential)) {
        await session.end('ended', credential.epoch);
      }
    };
    this.#settled = settle().catch(() => undefined);
  }

  #report(): void {
    const state = this.#judge();
    if (state === this.#state) {
      return;
    }
    this.#state = state;
    this.#options.onChange(state);
  }

  #judge(): ConnectionState {
    if (this.#dependents.size === 0) {
      return 'offline';
    }
    if (this.#pace.isServing) {
      return 'live';
    }
    return this.#pace.failures > offlineAfterFailures ? 'offline' : 'connecting';
  }
}
