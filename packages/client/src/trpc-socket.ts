import { createWSClient, jsonEncoder, type TRPCWebSocketClient } from '@trpc/client';
import type { SupervisedSocket } from './web-socket.ts';

/** The server pings every 25 s by itself; this is for what only we can notice. */
const keepAlive = { enabled: true, intervalMs: 20_000, pongTimeoutMs: 8_000 };

interface TrpcSocketOptions {
  /** Called before each socket; resolves with its address when it may be opened. */
  prepare(): Promise<string>;
  /** The access token for the socket that was just opened. */
  token(): string;
  open(url: string): SupervisedSocket;
  /** Without subscriptions the socket is closed after this time. */
  idleMs: number;
}

/** tRPC's client of one WebSocket, which is opened when there is something to send. */
export function createTrpcSocket(options: TrpcSocketOptions): TRPCWebSocketClient {
  return createWSClient({
    // The pace is set in `prepare`, where a wait can be cut short and tokens can be changed.
    retryDelayMs: () => 0,
    url: () => options.prepare(),
    connectionParams: () => ({ token: options.token() }),
    lazy: { enabled: true, closeMs: options.idleMs },
    keepAlive,
    experimental_encoder: { encode: (message) => jsonEncoder.encode(message), decode },
    WebSocket: asWebSocket((url) => options.open(url)),
  });
}

/**
 * Drops the server's notice that it will restart: on it, tRPC's client would open a second socket
 * and compare event ids between the two, but ours are places in the log that events may share.
 * The close code 1012 that follows says the same.
 */
function decode(data: string | ArrayBuffer | Uint8Array): unknown {
  const message: unknown = jsonEncoder.decode(data);
  const isNotice = typeof message === 'object' && message !== null && 'method' in message;
  return isNotice ? { id: null, result: { type: 'stopped' } } : message;
}

/** tRPC's client asks for the DOM's whole class; what it uses is what a supervised socket has. */
function asWebSocket(open: (url: string) => SupervisedSocket): typeof WebSocket {
  function Opened(url: string): SupervisedSocket {
    return open(url);
  }
  return Object.assign(Opened, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }) as never;
}
