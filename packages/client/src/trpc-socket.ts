import { createWSClient, jsonEncoder, type TRPCWebSocketClient } from '@trpc/client';
import type { SupervisedSocket } from './web-socket.ts';

/** The server pings every 25 s by itself; this is for what only we can notice. */
const keepAlive = { enabled: true, intervalMs: 20_000, pongTimeoutMs: 8_000 };

/**
 * What a server sends before it restarts: tRPC's client opens another socket, moves the
 * subscriptions there and lets this one go.
 */
export const reconnectNotice = JSON.stringify({ id: null, method: 'reconnect' });

interface TrpcSocketOptions {
  /** Called before each socket; resolves with its address when it may be opened. */
  prepare(): Promise<string>;
  /** What the socket that was just opened says first. */
  params(): Record<string, string>;
  open(url: string): SupervisedSocket;
  /** The socket that speaks has answered. */
  serving(): void;
  /** The socket that speaks asks to be replaced. */
  noticed(): void;
  /** Without subscriptions the socket is closed after this time. */
  idleMs: number;
}

/** tRPC's client of one WebSocket, which is opened when there is something to send. */
export function createTrpcSocket(options: TrpcSocketOptions): TRPCWebSocketClient {
  let received = 0;
  return createWSClient({
    // The pace is set in `prepare`, where a wait can be cut short and tokens can be changed.
    retryDelayMs: () => 0,
    url: () => options.prepare(),
    connectionParams: () => options.params(),
    lazy: { enabled: true, closeMs: options.idleMs },
    keepAlive,
    experimental_encoder: {
      encode: (message) => jsonEncoder.encode(withPlaces(message)),
      decode(data) {
        const message: unknown = jsonEncoder.decode(data);
        if (!isObject(message)) {
          return message;
        }
        if ('method' in message) {
          options.noticed();
        } else if (isObject(message['result'])) {
          options.serving();
          received += 1;
          return { ...message, result: marked(message['result'], received) };
        }
        return message;
      },
    },
    WebSocket: asWebSocket((url) => options.open(url)),
  });
}

const mark = '#';

/**
 * While it moves a subscription, tRPC's client drops what came over the old socket by event id.
 * Ours are places in the log that events may share, so each gets a mark that makes it unique.
 * Repeats are dropped later, by the events' own numbers.
 */
function marked(result: Fields, number: number): Fields {
  const { id } = result;
  return typeof id === 'string' ? { ...result, id: `${id}${mark}${number}` } : result;
}

/** Takes the marks off what goes to the server. */
function withPlaces(message: unknown): unknown {
  if (Array.isArray(message)) {
    return message.map(withPlaces);
  }
  if (!isObject(message) || !isObject(message['params'])) {
    return message;
  }
  const { params } = message;
  const { lastEventId } = params;
  if (typeof lastEventId !== 'string') {
    return message;
  }
  const [place] = lastEventId.split(mark);
  return { ...message, params: { ...params, lastEventId: place } };
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** tRPC's client asks for the DOM's whole class; what it uses is what a supervised socket has. */
function asWebSocket(open: (url: string) => SupervisedSocket): typeof WebSocket {
  function Opened(url: string): SupervisedSocket {
    return open(url);
  }
  return Object.assign(Opened, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }) as never;
}
