import type { TRPCWebSocketClient } from '@trpc/client';
import { comeBackOf } from './backoff.ts';
import { Dependents, idleMs, type Dependent } from './dependents.ts';
import { localError, SocketRefusedError } from './errors.ts';
import { HeldSockets, servedMs, type Held } from './held-sockets.ts';
import { Pace } from './pace.ts';
import type { Refresher } from './refresh.ts';
import { Renewer, type CallRenew } from './renewal.ts';
import type { Credential, Session } from './session.ts';
import { SocketSignIn } from './socket-sign-in.ts';
import { createTrpcSocket, reconnectNotice } from './trpc-socket.ts';
import { SupervisedSocket, type SocketConstructor } from './web-socket.ts';

/** What can be said about the live connection. */
export type ConnectionState =
  /** It is being opened, or was lost a moment ago. */
  | 'connecting'
  /** The server serves the live stream. */
  | 'live'
  /** Nobody listens, the server refused, or several tries have failed (they go on). */
  | 'offline';

interface LiveSocketOptions {
  url: string;
  WebSocket: SocketConstructor;
  session: Session;
  refresher: Refresher;
  renew: CallRenew;
  onChange(state: ConnectionState): void;
}

const offlineAfterFailures = 3;

/**
 * The one WebSocket: opened for the first subscription, opened again whenever it is lost, closed
 * a while after the last subscription ends. For a moment there are two, when one is replaced while
 * it serves. tRPC's client moves the subscriptions; when and with which token is decided here.
 */
export class LiveSocket {
  readonly client: TRPCWebSocketClient;
  readonly #options: LiveSocketOptions;
  readonly #renewer: Renewer;
  readonly #signIn: SocketSignIn;
  readonly #dependents = new Dependents(() => void this.#rest());
  readonly #pace = new Pace();
  readonly #sockets = new HeldSockets();
  #state: ConnectionState = 'offline';
  /** What has to be known before the next socket is opened. */
  #settled: Promise<unknown> = Promise.resolve();

  constructor(options: LiveSocketOptions) {
    this.#options = options;
    const { WebSocket: Inner, session, refresher, renew } = options;
    this.#renewer = new Renewer({ session, refresher, call: renew });
    this.#signIn = new SocketSignIn(options);
    this.client = createTrpcSocket({
      prepare: () => this.#prepare(),
      params: () => this.#signIn.params,
      open: (url) =>
        new SupervisedSocket(new Inner(url), {
          opening: (socket) => this.#sockets.add(socket, this.credential),
          speaking: (socket) => this.#sockets.speaking(socket),
          closed: (socket, code) => this.#closed(socket, code),
        }),
      serving: () => this.#serving(),
      noticed: () => this.#noticed(),
      idleMs,
    });
  }

  /** Counts a subscription in. @returns what counts it out */
  enlist(dependent: Dependent): () => void {
    const leave = this.#dependents.add(dependent);
    this.#report();
    return leave;
  }

  /** An event has come over the socket that speaks. */
  heard(event: unknown): void {
    const { speaker } = this.#sockets;
    if (!speaker || typeof event !== 'object' || event === null || !('type' in event)) {
      return;
    }
    if (event.type === 'stream.ready') {
      const { socket, held } = speaker;
      const id = 'connectionId' in event ? event.connectionId : null;
      held.connectionId = typeof id === 'string' ? id : null;
      this.#signIn.connectionId = held.connectionId;
      held.stopRenewal ??= this.#keep(socket, held);
    }
  }

  /** Who the newest socket was opened for. */
  get credential(): Credential {
    return this.#signIn.credential;
  }

  /** Gives up the present sockets; new ones are opened with the tokens of that time. */
  reopen(refused: string | null = null): void {
    this.#signIn.refused = refused;
    this.#sockets.close();
  }

  /** The network or the app has come back: looks whether the socket lives, or tries at once. */
  wake(): void {
    this.#sockets.probe();
    this.#pace.cut('wake');
  }

  /** Ends all subscriptions, by `error` where there is one, and closes. */
  async stop(error: Error | null): Promise<void> {
    this.#dependents.end(error);
    await this.#rest();
  }

  async #rest(): Promise<void> {
    this.#dependents.stopWaiting();
    const done = this.client.close();
    this.#pace.cut('stop');
    this.reopen();
    this.#report();
    await done;
  }

  /** Everything before a socket is opened. Rejects to have tRPC's client try again. */
  async #prepare(): Promise<string> {
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
    if (!(await this.#signIn.prepare())) {
      void this.stop(localError('AUTH_REQUIRED', 'Please sign in.'));
      throw new Error('nobody is signed in');
    }
    return this.#options.url;
  }

  #serving(): void {
    const held = this.#sockets.speaker?.held;
    if (held?.servingSince === null) {
      held.servingSince = performance.now();
      this.#signIn.refused = null;
      this.#report();
    }
  }

  /** The socket asks to be replaced; until that is done it goes on. */
  #noticed(): void {
    const held = this.#sockets.speaker?.held;
    if (held && !held.isNoticed) {
      held.isNoticed = true;
      this.#pace.replacing(servedMs(held));
    }
  }

  #keep(socket: SupervisedSocket, held: Held): () => void {
    return this.#renewer.keep({
      accessToken: held.credential.accessToken ?? '',
      connectionId: () => held.connectionId,
      isNeeded: () => this.#dependents.size > 0,
      // It is replaced as if the server had asked for it.
      failed: () => socket.receive(reconnectNotice),
    });
  }

  #closed(socket: SupervisedSocket, code: number): void {
    const { held, isReplaced } = this.#sockets.remove(socket);
    if (this.#dependents.size === 0) {
      this.#pace.released((held?.servingSince ?? null) !== null);
      return;
    }
    if (!held || isReplaced) {
      return;
    }
    this.#pace.lost(code, servedMs(held));
    const advice = comeBackOf(code);
    if (advice === 'refresh') {
      this.#signIn.refused = held.credential.accessToken;
    } else if (advice === 'never') {
      this.#refusedForGood(code, held.credential);
    }
    this.#report();
  }

  #refusedForGood(code: number, credential: Credential): void {
    if (code !== 4403) {
      if (!this.#sockets.isOpen) {
        // Otherwise it has made room for the one that takes its place.
        void this.stop(new SocketRefusedError(code));
      }
      return;
    }
    // With other tokens than the socket had, it is for the server to say whether they are good.
    this.#settled = this.#options.session.endOf(credential).catch(() => undefined);
  }

  #report(): void {
    const state = this.#judge();
    if (state !== this.#state) {
      this.#state = state;
      this.#options.onChange(state);
    }
  }

  #judge(): ConnectionState {
    if (this.#dependents.size === 0) {
      return 'offline';
    }
    if (this.#sockets.isServing) {
      return 'live';
    }
    return this.#pace.failures > offlineAfterFailures ? 'offline' : 'connecting';
  }
}
