import { createTRPCClient, type TRPCClient } from '@trpc/client';
import { authLink } from './auth-link.ts';
import { closedLink } from './closed-link.ts';
import { deviceKey } from './device.ts';
import { localError } from './errors.ts';
import { callLink, createCallRefresh, type HttpOptions, type Language } from './http.ts';
import { newId } from './id.ts';
import { LiveSocket, type ConnectionState } from './live-socket.ts';
import { Refresher } from './refresh.ts';
import { retryLink } from './retry-link.ts';
import { Session, type SessionEndReason } from './session.ts';
import { keepInside, Signs } from './signs.ts';
import { streamLink } from './stream-link.ts';
import { memoryTokenStore, type TokenStore } from './tokens.ts';
import type { AppRouter } from './types.ts';
import type { SocketConstructor } from './web-socket.ts';

/** Options of {@link createChaparClient}. Only `url` is needed. */
export interface ChaparClientOptions {
  /** Base address of the server, such as `http://localhost:4000`. */
  url: string;
  /**
   * Where the tokens and the key of the device are kept. Default: {@link memoryTokenStore}, which
   * forgets them. A store that fails to write breaks no call; see {@link TokenStore}.
   */
  tokenStore?: TokenStore;
  /** Of the texts in error messages and SMS. Default `en`. */
  language?: Language;
  /**
   * Nobody is signed in any more; the tokens are removed and the socket is closed. Called once a
   * session, whatever noticed its end. Show the login page.
   */
  onSessionEnd?: (end: { reason: SessionEndReason }) => void;
  /** The state of the live connection has changed. It begins as `offline`. */
  onConnectionChange?: (state: ConnectionState) => void;
  /** Used instead of the global `fetch`. */
  fetch?: FetchLike;
  /** Used instead of the global `WebSocket`, which Node has since version 22. */
  WebSocket?: SocketConstructor;
}

/** A `fetch` function. */
export type FetchLike = NonNullable<HttpOptions['fetch']>;

/** What a client has beside the procedures. */
export interface ClientControls {
  /**
   * Ends all subscriptions and calls, closes the socket and stops all timers. A call that was under
   * way may have been done; what it answers is not kept. The session lives on.
   */
  close(): Promise<void>;
  /**
   * Tells the client that the app or the network is back: a silent socket is found out within
   * 3 s, and a reconnect that waits is tried now. Call it on such events where there are any.
   */
  wake(): void;
  /** Makes an id for something that the client creates; see {@link newId}. */
  newId(): string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** All procedures of the server, typed, and {@link ClientControls}. */
export type ChaparClient = TRPCClient<AppRouter> & ClientControls;

/**
 * Makes a client of a Chapar server. Calls go over HTTP in batches, `stream.onEvent` over one
 * WebSocket. Signing in, keeping and refreshing tokens, reconnecting and resuming are its affair.
 *
 * A call rejects with a `TRPCClientError`: one that the server answered has `data.appCode`
 * ({@link appCodeOf}); any other is a failure on the way, with the reason as its `cause`.
 *
 * @example
 * const client = createChaparClient({ url: 'http://localhost:4000' });
 * const { challengeId } = await client.otp.request.mutate({ phone: '09121234567' });
 * await client.otp.verify.mutate({ challengeId, code: '123456' });
 * const live = client.stream.onEvent.subscribe(undefined, {
 *   onData: ({ data: event }) => console.log(event.type),
 * });
 */
export function createChaparClient(options: ChaparClientOptions): ChaparClient {
  const closing = new AbortController();
  const closed = closing.signal;
  const store = options.tokenStore ?? memoryTokenStore();
  const device = deviceKey(store);
  const http: HttpOptions = {
    url: `${options.url.replace(/\/+$/, '')}/trpc`,
    language: options.language ?? 'en',
    device,
    fetch: options.fetch,
  };
  let live: LiveSocket | null = null;
  const signs = new Signs();

  const session = new Session(store, {
    started() {
      live?.reopen();
      signs.give({ type: 'signed-in' });
    },
    ended(reason, userId) {
      const error = localError('SESSION_ENDED', 'This session has ended. Please sign in again.');
      void live?.stop(reason === 'signed-out' ? null : error);
      signs.give({ type: 'ended', reason, userId });
      inItsOwnTurn(() => options.onSessionEnd?.({ reason }));
    },
  });
  const call = createCallRefresh(http, closed);
  const refresher = new Refresher(session, { call, closed, device });

  const openLive = (): LiveSocket => {
    live ??= new LiveSocket({
      url: http.url.replace(/^http/, 'ws'),
      WebSocket: options.WebSocket ?? globalWebSocket(),
      session,
      refresher,
      renew: (connectionId) => trpc.stream.renew.mutate({ connectionId }),
      onChange(state) {
        if (state === 'live') {
          signs.give({ type: 'live' });
        }
        inItsOwnTurn(() => options.onConnectionChange?.(state));
      },
    });
    return live;
  };

  const trpc = createTRPCClient<AppRouter>({
    links: [
      closedLink(closed),
      streamLink(openLive, session),
      retryLink,
      authLink(session, refresher),
      callLink(http),
    ],
  });
  const close = async (): Promise<void> => {
    closing.abort();
    signs.give({ type: 'closed' });
    await live?.stop(null);
  };
  const controls: ClientControls = {
    close,
    wake() {
      live?.wake();
      signs.give({ type: 'wake' });
    },
    newId,
    [Symbol.asyncDispose]: close,
  };
  const client = withControls(trpc, controls);
  keepInside(client, { session, on: signs.on });
  return client;
}

/** A callback that throws must not break off what the client is doing. */
function inItsOwnTurn(callback: () => void): void {
  queueMicrotask(callback);
}

function globalWebSocket(): SocketConstructor {
  const { WebSocket: found } = globalThis as { WebSocket?: SocketConstructor };
  if (!found) {
    throw new Error('this runtime has no WebSocket: pass one as the option WebSocket');
  }
  return found;
}

/** tRPC's client makes up its properties as they are asked for, so they cannot be copied. */
function withControls(trpc: TRPCClient<AppRouter>, controls: ClientControls): ChaparClient {
  return new Proxy(trpc, {
    get: (target, key): unknown =>
      Object.hasOwn(controls, key) ? Reflect.get(controls, key) : Reflect.get(target, key),
  }) as ChaparClient;
}
