import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  appRouter,
  readLiveEvent,
  renewalPrefix,
  toWire,
  type App,
  type Connection,
  type Renewal,
} from '@chapar/api';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import type { FastifyInstance } from 'fastify';
import proxyAddress from 'proxy-addr';
import { WebSocketServer, type WebSocket } from 'ws';
import { readConnection, type Credentials } from '../context.ts';
import type { Config } from '../env.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { isAllowedOrigin } from '../plugins/security.ts';
import { logCallError } from './call-errors.ts';
import { Doorway } from './doorway.ts';
import { LiveSocket } from './live-socket.ts';
import { watchSessions } from './socket-sessions.ts';
import { Sockets } from './sockets.ts';
import { maxBatchSize } from './trpc-http.ts';

const largestMessageBytes = 64 * 1024;
/** Of a message. Each may keep more memory than it has bytes: it is a part of what was read at once. */
const mostFragments = 64;
/** In which one frame may come: the smallest packets of a network are ten times as large. */
const mostPieces = 1_024;
const waitingPerAddress = 50;
/** For the peer to answer a close. */
const closeWithinMs = 5_000;

/**
 * The router over WebSocket at `/trpc`. A socket signs in by its connection params
 * `{ token, device?, replaces? }` within 5 s and lives as long as its token, which `stream.renew`
 * replaces; whatever it may not do, it is told by a close code.
 */
export function addTrpcWs(
  server: FastifyInstance,
  { config, app, lifecycle }: { config: Config; app: App; lifecycle: Lifecycle },
): void {
  const sockets = new Sockets(app.deps);
  // The types of ws do not know all of them yet.
  const options = {
    noServer: true,
    maxPayload: largestMessageBytes,
    maxFragments: mostFragments,
    maxBufferedChunks: mostPieces,
    perMessageDeflate: false,
    closeTimeout: closeWithinMs,
  };
  const wss = new WebSocketServer(options);
  const addressOf = createAddressReader(config);
  const doorway = new Doorway();
  const live = new WeakMap<WebSocket, LiveSocket>();
  const serve = getWSConnectionHandler({
    wss,
    router: appRouter,
    maxBatchSize,
    createContext: ({ req, res, info }) => {
      const { token = null, device = null, replaces = null } = info.connectionParams ?? {};
      return signIn(req, res, { token, device, replaces, uses: 'once' });
    },
    onError: ({ error, path, ctx }) =>
      logCallError(server.log, { error, path, id: ctx?.requestId ?? '' }),
    experimental_encoder: { encode: toWire, decode: fromWire },
  });

  function signIn(
    req: IncomingMessage,
    raw: WebSocket,
    { replaces, ...credentials }: Credentials & { replaces: string | null },
  ): Connection {
    const socket = live.get(raw) ?? null;
    const { id = randomUUID(), ip = '' } = socket ?? {};
    const facts = { id, ip, headers: req.headers };
    const connection = readConnection(app, facts, credentials);
    if (connection.auth.status === 'verified' && socket) {
      sockets.own(socket, connection.auth, replaces);
    } else {
      socket?.close(4401);
    }
    return { ...connection, socket };
  }

  // Functions that all sockets share: ten thousand have each a handful.
  const listeners = Object.entries({
    message: onSocket((socket) => socket.heard()),
    ping: onSocket((socket) => socket.pinged()),
    close: onSocket((socket) => {
      socket.served();
      sockets.remove(socket);
    }),
    error(error: Error) {
      server.log.debug({ err: error }, 'socket error');
    },
  });
  function onSocket(react: (socket: LiveSocket) => void): (this: WebSocket) => void {
    return function listener() {
      const socket = live.get(this);
      if (socket) {
        react(socket);
      }
    };
  }

  function accept(
    socket: WebSocket,
    raw: Duplex,
    { req, ...origin }: { req: IncomingMessage; ip: string; served: () => void },
  ): void {
    const one = new LiveSocket(socket, raw, { id: randomUUID(), ...origin });
    live.set(socket, one);
    sockets.add(one);
    for (const [event, listener] of listeners) {
      socket.on(event, listener);
    }
    serve(socket, keepLittle(req));
  }

  server.server.on('upgrade', (req: IncomingMessage, raw: Duplex, head: Buffer) => {
    const ip = addressOf(req);
    const refusal = refuse(req, ip);
    if (refusal !== null) {
      return answer(raw, refusal);
    }
    raw.on('error', destroyIt);
    doorway.wait(ip, (served) => {
      raw.off('error', destroyIt);
      if (raw.destroyed) {
        return served();
      }
      if (isLeaving()) {
        return answer(raw, 503);
      }
      wss.handleUpgrade(req, raw, head, (socket) => accept(socket, raw, { req, ip, served }));
    });
  });
  server.server.on('connection', doorway.noteConnection);

  let closing = false;
  const isLeaving = (): boolean => closing || lifecycle.isDraining;
  function refuse(req: IncomingMessage, ip: string): number | null {
    if (isLeaving() || doorway.isFull) {
      return 503;
    }
    if (!URL.canParse(req.url ?? '/', `http://${req.headers.host ?? 'localhost'}`)) {
      return 400;
    }
    if (pathOf(req.url ?? '/') !== '/trpc') {
      return 404;
    }
    const { origin } = req.headers;
    // Apps send no origin and no cookies; a page always says where it is from (RFC 6455, 10.2).
    if (origin !== undefined && !isAllowedOrigin(config, origin)) {
      return 403;
    }
    return sockets.waiting(ip) + doorway.waiting(ip) >= waitingPerAddress ? 429 : null;
  }

  const unsubscribe = app.deps.hub.subscribe({
    event(event) {
      const ended = event.type === 'session.ended' ? readLiveEvent(event) : null;
      if (ended?.type === 'session.ended') {
        sockets.endSession(ended.streamId, ended.body.sessionId);
      }
    },
    head: () => undefined,
    signal({ topic, json }) {
      if (topic.startsWith(renewalPrefix)) {
        sockets.renew(topic.slice(renewalPrefix.length), JSON.parse(json) as Renewal);
      }
    },
  });
  const unwatch = watchSessions(sockets, app, server.log);
  lifecycle.onDrain((ms) => sockets.drain(ms));

  server.addHook('preClose', async () => {
    closing = true;
    unsubscribe();
    unwatch();
    doorway.clear();
    await sockets.close();
    wss.close();
  });
}

/** A frame of text, or one of bytes that are text. */
function fromWire(data: string | ArrayBuffer | Uint8Array): unknown {
  if (typeof data === 'string') {
    return JSON.parse(data);
  }
  const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
  return JSON.parse(Buffer.from(bytes).toString());
}

/**
 * What is still asked of an upgrade once it is a socket. tRPC holds it for as long as the socket lives,
 * and a whole request is several kilobytes.
 */
function keepLittle({ url, headers }: IncomingMessage): IncomingMessage {
  const { host, 'user-agent': userAgent, 'accept-language': language } = headers;
  return {
    url,
    headers: { host, 'user-agent': userAgent, 'accept-language': language },
  } as unknown as IncomingMessage;
}

/** For a process without sockets. */
export function refuseUpgrades(server: FastifyInstance): void {
  server.server.on('upgrade', (_request: IncomingMessage, raw: Duplex) => answer(raw, 404));
}

/** Null for what is no address: anything can be written there. */
function pathOf(target: string): string | null {
  const base = 'http://localhost';
  return URL.canParse(target, base) ? new URL(target, base).pathname : null;
}

/** The peer's address; what proxies say of it counts only from those that are trusted. */
function createAddressReader(config: Config): (req: IncomingMessage) => string {
  const trust = proxyAddress.compile(config.trustProxy === false ? [] : config.trustProxy);
  return (req) => proxyAddress(req, trust);
}

function destroyIt(this: Duplex): void {
  this.destroy();
}

/** Refuses an upgrade. Whatever becomes of the connection afterwards is nobody's affair. */
function answer(raw: Duplex, status: number): void {
  raw.on('error', destroyIt);
  raw.once('finish', destroyIt);
  raw.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
