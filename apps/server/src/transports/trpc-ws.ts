import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { appRouter, expiryOf, type App, type Connection } from '@chapar/api';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import type { FastifyInstance } from 'fastify';
import proxyAddress from 'proxy-addr';
import { WebSocketServer, type WebSocket } from 'ws';
import { readConnection, type Credentials } from '../context.ts';
import type { Config } from '../env.ts';
import { isAllowedOrigin } from '../plugins/security.ts';
import { logCallError } from './call-errors.ts';
import { closeSocket, controlOf, limitRate, Sockets } from './sockets.ts';
import { maxBatchSize } from './trpc-http.ts';

const largestFrameBytes = 64 * 1024;
const signInWithinMs = 5_000;
const waitingPerAddress = 50;
const pingMs = 25_000;
const pongWaitMs = 10_000;
const clockToleranceMs = 5_000;
/** A timer of more ends at once (HTML, "timers"): 24 days. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * The router over WebSocket at `/trpc`. A socket signs in by its connection params
 * `{ token, device? }` within 5 s and lives as long as that token; whatever it may not do, it is told
 * by a close code.
 */
export function addTrpcWs(server: FastifyInstance, config: Config, app: App): void {
  const sockets = new Sockets();
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: largestFrameBytes,
    perMessageDeflate: false,
  });
  const addressOf = createAddressReader(config);
  const serve = getWSConnectionHandler({
    wss,
    router: appRouter,
    maxBatchSize,
    keepAlive: { enabled: true, pingMs, pongWaitMs },
    createContext: ({ req, res, info }) => {
      const { token = null, device = null } = info.connectionParams ?? {};
      return signIn(req, res, { token, device });
    },
    onError: ({ error, path, ctx }) =>
      logCallError(server.log, { error, path, id: ctx?.requestId ?? '' }),
  });
  const signedIn = new WeakMap<WebSocket, () => void>();

  function signIn(
    req: IncomingMessage,
    socket: WebSocket,
    { token, device }: Credentials,
  ): Connection {
    const facts = { id: randomUUID(), ip: addressOf(req), headers: req.headers };
    const connection = readConnection(app, facts, { token, device });
    if (connection.auth.status === 'verified' && token !== null) {
      signedIn.get(socket)?.();
      sockets.own(socket, connection.auth.userId);
      closeAt(socket, expiryOf(token) + clockToleranceMs);
    } else {
      closeSocket(socket, 4401);
    }
    return { ...connection, socket: controlOf(socket) };
  }

  function accept(socket: WebSocket, req: IncomingMessage): void {
    sockets.add(socket);
    socket.on('error', (error) => server.log.debug({ err: error }, 'socket error'));
    const done = sockets.wait(socket, addressOf(req));
    const timer = setTimeout(() => closeSocket(socket, 4401), signInWithinMs);
    signedIn.set(socket, () => {
      clearTimeout(timer);
      done();
    });
    socket.on('close', () => clearTimeout(timer));
    limitRate(socket);
    serve(socket, req);
  }

  server.server.on('upgrade', (req: IncomingMessage, raw: Duplex, head: Buffer) => {
    const refusal = refuse(req);
    if (refusal !== null) {
      return answer(raw, refusal);
    }
    wss.handleUpgrade(req, raw, head, (socket) => accept(socket, req));
  });

  let closing = false;
  function refuse(req: IncomingMessage): number | null {
    if (closing) {
      return 503;
    }
    if (pathOf(req.url ?? '/') !== '/trpc') {
      return 404;
    }
    const { origin } = req.headers;
    // Apps send no origin and no cookies; a page always says where it is from (RFC 6455, 10.2).
    if (origin !== undefined && !isAllowedOrigin(config, origin)) {
      return 403;
    }
    return sockets.waiting(addressOf(req)) >= waitingPerAddress ? 429 : null;
  }

  server.addHook('preClose', async () => {
    closing = true;
    await sockets.close();
    wss.close();
  });
}

/** Null for what is no address: anything can be written there. */
function pathOf(target: string): string | null {
  const base = 'http://localhost';
  return URL.canParse(target, base) ? new URL(target, base).pathname : null;
}

/** Closes a socket when its token ends; the client comes back with a new one. */
function closeAt(socket: WebSocket, at: number): void {
  const ms = Math.min(Math.max(0, at - Date.now()), longestTimerMs);
  const timer = setTimeout(() => closeSocket(socket, 4401), ms);
  socket.on('close', () => clearTimeout(timer));
}

/** The peer's address; what proxies say of it counts only from those that are trusted. */
function createAddressReader(config: Config): (req: IncomingMessage) => string {
  const trust = proxyAddress.compile(config.trustProxy === false ? [] : config.trustProxy);
  return (req) => proxyAddress(req, trust);
}

function answer(raw: Duplex, status: number): void {
  raw.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
