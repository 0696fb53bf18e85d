import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { reconnectNotice } from '../src/trpc-socket.ts';
import { noFaults, type Faults } from './fake-faults.ts';
import { FakeLog, type Entry } from './fake-log.ts';
import { fakeRouter, type Stored } from './fake-router.ts';
import { FakeSessions } from './fake-sessions.ts';

/** A server with the procedures' names and the protocol of the real one, and faults on demand. */
export class FakeServer implements AsyncDisposable {
  faults: Faults = { ...noFaults };
  readonly sessions = new FakeSessions();
  readonly log = new FakeLog();
  /** The messages by their ids, in the order in which they came. */
  readonly sent = new Map<string, Stored>();
  /** HTTP requests by path. */
  readonly requests: string[] = [];
  readonly languages: (string | undefined)[] = [];
  /** The header `chapar-device` of each HTTP request. */
  readonly devices: (string | string[] | undefined)[] = [];
  readonly socketTokens: (string | null)[] = [];
  /** With which tokens which sockets were renewed. */
  readonly renewals: { connectionId: string; token: string | null }[] = [];
  readonly sockets = new Map<string, WebSocket>();
  /** Close codes of the sockets that are gone, as the server saw them. */
  readonly closed: number[] = [];
  opened = 0;
  /** The most sockets that were open at once. */
  mostOpen = 0;
  /** Sockets end with their tokens, after so many milliseconds more; null: never. */
  graceMs: number | null = null;

  readonly #ends = new Map<string, NodeJS.Timeout>();
  readonly #http = createServer();
  readonly #wss = new WebSocketServer({ noServer: true });

  constructor() {
    const router = fakeRouter(this);
    this.#serveCalls(router);
    this.#serveSockets(router);
  }

  get url(): string {
    return `http://localhost:${(this.#http.address() as AddressInfo).port}`;
  }

  append(...entries: Entry[]): void {
    this.log.append(...entries);
  }

  /** Cuts all sockets without a word. */
  cut(): void {
    for (const socket of this.sockets.values()) {
      socket.terminate();
    }
  }

  close(code: number): void {
    for (const socket of this.sockets.values()) {
      socket.close(code);
    }
  }

  /** Asks all clients to move to other sockets. */
  notice(): void {
    for (const socket of this.sockets.values()) {
      socket.send(reconnectNotice);
    }
  }

  renew(connectionId: string, token: string | null): { expiresAt: string } {
    this.renewals.push({ connectionId, token });
    this.#endWith(connectionId, token);
    return { expiresAt: new Date(Date.now() + this.sessions.lifeOf(token)).toISOString() };
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#http.listen(port, resolve);
    });
    return this;
  }

  async stop(): Promise<void> {
    this.cut();
    this.#http.closeAllConnections();
    await new Promise((resolve) => {
      this.#http.close(resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #serveCalls(router: ReturnType<typeof fakeRouter>): void {
    const handle = createHTTPHandler({
      router,
      basePath: '/trpc/',
      createContext: ({ req }) => ({ token: bearer(req), connectionId: null }),
    });
    this.#http.on('request', (req, res) => {
      const path = (req.url ?? '').replace(/^\/trpc\//, '').replace(/\?.*/, '');
      this.requests.push(path);
      this.languages.push(req.headers['accept-language']);
      this.devices.push(req.headers['chapar-device']);
      if (this.faults.cutRequest(path)) {
        req.socket.destroy();
        return;
      }
      const { end } = res;
      res.end = ((...args: Parameters<typeof end>) => {
        if (!this.faults.cutAnswer(path)) {
          return end.apply(res, args);
        }
        req.socket.destroy();
        return res;
      }) as typeof end;
      handle(req, res);
    });
  }

  #serveSockets(router: ReturnType<typeof fakeRouter>): void {
    const ids = new WeakMap<WebSocket, string>();
    const serve = getWSConnectionHandler({
      wss: this.#wss,
      router,
      createContext: ({ info, res }) => {
        const token = info.connectionParams?.['token'] ?? null;
        const connectionId = ids.get(res) ?? '';
        this.socketTokens.push(token);
        const isGood = this.sessions.isGood(token);
        const code = this.faults.closeSocket(this.opened) ?? (isGood ? null : 4401);
        if (code !== null) {
          res.close(code);
        }
        this.#endWith(connectionId, token);
        return { token, connectionId };
      },
    });
    this.#http.on('upgrade', (req, raw, head) => {
      if (this.faults.cutSocket()) {
        raw.destroy();
        return;
      }
      this.#wss.handleUpgrade(req, raw, head, (socket) => {
        const id = randomUUID();
        ids.set(socket, id);
        this.opened += 1;
        this.sockets.set(id, socket);
        this.mostOpen = Math.max(this.mostOpen, this.sockets.size);
        socket.on('close', (code) => {
          this.sockets.delete(id);
          this.closed.push(code);
          clearTimeout(this.#ends.get(id));
        });
        serve(socket, req);
      });
    });
  }

  /** The socket ends with this token. */
  #endWith(connectionId: string, token: string | null): void {
    const socket = this.sockets.get(connectionId);
    clearTimeout(this.#ends.get(connectionId));
    if (socket && this.graceMs !== null) {
      const ms = this.sessions.lifeOf(token) + this.graceMs;
      this.#ends.set(
        connectionId,
        setTimeout(() => socket.close(4401), ms),
      );
    }
  }
}

function bearer(req: IncomingMessage): string | null {
  return /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1] ?? null;
}
