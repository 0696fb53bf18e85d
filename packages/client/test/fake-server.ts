import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initTRPC, tracked, TRPCError, type TrackedEnvelope } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import superjson from 'superjson';
import { WebSocketServer, type WebSocket } from 'ws';
import type { TokenPair } from '../src/session.ts';
import type { AppErrorCode } from '../src/types.ts';

interface Context {
  token: string | null;
  socket: WebSocket | null;
}

/** An error as the server's formatter writes it. */
class Refusal extends TRPCError {
  readonly appCode: string;
  readonly appData: object | null;

  constructor(
    appCode: string,
    code: TRPCError['code'] = 'UNAUTHORIZED',
    appData: object | null = null,
  ) {
    super({ code, message: appCode });
    this.appCode = appCode;
    this.appData = appData;
  }
}

/** A refusal of a call with a token, by its code. */
function refusalOf(appCode: string): Refusal {
  switch (appCode) {
    case 'UNAVAILABLE':
      return new Refusal(appCode, 'SERVICE_UNAVAILABLE');
    case 'SESSION_NOT_FRESH':
      return new Refusal(appCode, 'FORBIDDEN', { maxAgeSeconds: 600 });
    default:
      return new Refusal(appCode);
  }
}

/** A line of the log. The types `test.end` and `test.fail` end a stream that gets to them. */
export interface Entry {
  cursor: number;
  event: { type: string; streamId?: string; seq?: number; body?: unknown };
}

/** Waits in every one of these places can be changed by a test. */
export interface Faults {
  /** Called for each HTTP request; true cuts the connection before anything is done. */
  cutRequest(path: string): boolean;
  /** Called when an HTTP answer is about to be sent; true cuts the connection instead. */
  cutAnswer(path: string): boolean;
  /** Called for each socket that is open. A number closes it with this code. */
  closeSocket(count: number): number | null;
  /** Called for each refresh; an error code refuses it. */
  refuseRefresh(): AppErrorCode | null;
  /** Called for each call with a token. The server may be newer than the client's types. */
  refuseCall(path: string): string | null;
  /** Awaited before a login is answered, when its session has been made. */
  loggedIn(): Promise<unknown>;
}

const noFaults: Faults = {
  cutRequest: () => false,
  cutAnswer: () => false,
  closeSocket: () => null,
  refuseRefresh: () => null,
  refuseCall: () => null,
  loggedIn: () => Promise.resolve(),
};

/** A server with the procedures' names and the protocol of the real one, and faults on demand. */
export class FakeServer implements AsyncDisposable {
  faults: Faults = { ...noFaults };
  accessExpiresIn = 300;
  /** Every refresh that reached the server, by its attempt id. */
  readonly refreshes: { refreshToken: string; attemptId: string | undefined }[] = [];
  readonly sent = new Map<string, string>();
  /** HTTP requests by path. */
  readonly requests: string[] = [];
  readonly languages: (string | undefined)[] = [];
  /** The header `chapar-device` of each HTTP request. */
  readonly devices: (string | string[] | undefined)[] = [];
  /** What each subscription said about where it stood. */
  readonly resumes: (string | null)[] = [];
  readonly socketTokens: (string | null)[] = [];
  readonly log: Entry[] = [];
  readonly sockets = new Set<WebSocket>();
  opened = 0;

  #issued = 0;
  readonly #good = new Set<string>();
  #refreshToken = '';
  #lastAttempt: { from: string; attemptId: string | undefined; pair: TokenPair } | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #http = createServer();
  readonly #wss = new WebSocketServer({ noServer: true });

  get url(): string {
    return `http://localhost:${(this.#http.address() as AddressInfo).port}`;
  }

  issue(): TokenPair {
    this.#issued += 1;
    const pair = {
      accessToken: `access-${this.#issued}`,
      refreshToken: `refresh-${this.#issued}`,
      accessExpiresIn: this.accessExpiresIn,
    };
    this.#good.add(pair.accessToken);
    this.#refreshToken = pair.refreshToken;
    return pair;
  }

  /** All access tokens so far are refused from now on. */
  expire(): void {
    this.#good.clear();
  }

  append(...entries: Entry[]): void {
    this.log.push(...entries);
    for (const listener of this.#listeners) {
      listener();
    }
  }

  /** Cuts all sockets without a word. */
  cut(): void {
    for (const socket of this.sockets) {
      socket.terminate();
    }
  }

  close(code: number): void {
    for (const socket of this.sockets) {
      socket.close(code);
    }
  }

  constructor() {
    this.#serve();
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

  #serve(): void {
    const router = this.#router();
    const handle = createHTTPHandler({
      router,
      basePath: '/trpc/',
      createContext: ({ req }) => ({ token: bearer(req), socket: null }),
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
    const serve = getWSConnectionHandler({
      wss: this.#wss,
      router,
      createContext: ({ info, res }) => {
        const token = info.connectionParams?.['token'] ?? null;
        this.socketTokens.push(token);
        const code = this.faults.closeSocket(this.opened) ?? (this.#isGood(token) ? null : 4401);
        if (code !== null) {
          res.close(code);
        }
        return { token, socket: res };
      },
    });
    this.#http.on('upgrade', (req, raw, head) => {
      this.#wss.handleUpgrade(req, raw, head, (socket) => {
        this.opened += 1;
        this.sockets.add(socket);
        socket.on('close', () => this.sockets.delete(socket));
        serve(socket, req);
      });
    });
  }

  #isGood(token: string | null): boolean {
    return token !== null && this.#good.has(token);
  }

  #refresh(input: { refreshToken: string; attemptId?: string | undefined }): TokenPair {
    const { refreshToken, attemptId } = input;
    this.refreshes.push({ refreshToken, attemptId });
    const refusal = this.faults.refuseRefresh();
    if (refusal) {
      throw new Refusal(
        refusal,
        refusal === 'SESSION_RETRY_WITH_CURRENT' ? 'CONFLICT' : 'UNAUTHORIZED',
      );
    }
    const last = this.#lastAttempt;
    if (refreshToken === last?.from) {
      if (attemptId !== undefined && last.attemptId === attemptId) {
        return last.pair;
      }
      throw new Refusal('SESSION_RETRY_WITH_CURRENT', 'CONFLICT');
    }
    if (refreshToken !== this.#refreshToken) {
      throw new Refusal('SESSION_ENDED');
    }
    const pair = this.issue();
    this.#lastAttempt = { from: refreshToken, attemptId, pair };
    return pair;
  }

  #router() {
    const t = initTRPC.context<Context>().create({
      transformer: superjson,
      errorFormatter: ({ shape, error }) => ({
        ...shape,
        data: {
          code: shape.data.code,
          httpStatus: shape.data.httpStatus,
          path: shape.data.path ?? null,
          appCode: error instanceof Refusal ? error.appCode : 'INTERNAL',
          appData: error instanceof Refusal ? error.appData : null,
          requestId: null,
        },
      }),
    });
    const open = t.procedure;
    const signedIn = open.use(({ ctx, path, next }) => {
      const refusal = this.faults.refuseCall(path);
      if (refusal !== null) {
        throw refusalOf(refusal);
      }
      if (ctx.token === null) {
        throw new Refusal('AUTH_REQUIRED');
      }
      if (!this.#isGood(ctx.token)) {
        throw new Refusal('AUTH_TOKEN_EXPIRED');
      }
      return next();
    });
    const login = open.mutation(async () => {
      const pair = this.issue();
      await this.faults.loggedIn();
      return { ...pair, isNewUser: false };
    });
    const signOut = signedIn.mutation(() => {
      this.expire();
      this.close(4403);
    });
    const follow = this.#follow.bind(this);
    return t.router({
      otp: t.router({ verify: login }),
      password: t.router({ login, register: login }),
      account: t.router({ remove: signOut }),
      session: t.router({
        refresh: open
          .input((value) => value as { refreshToken: string; attemptId?: string })
          .mutation(({ input }) => this.#refresh(input)),
        list: signedIn.query(() => ({ items: [] })),
        end: signOut,
        removeAll: signOut,
      }),
      user: t.router({
        me: signedIn.query(({ ctx }) => ({ id: ctx.token, createdAt: new Date(0) })),
        update: signedIn.input((value) => value).mutation(({ ctx }) => ({ id: ctx.token })),
        /** Has the form of a login's answer, and is none. */
        lookalike: signedIn.query(() => ({
          accessToken: 'foreign',
          refreshToken: 'foreign',
          accessExpiresIn: 300,
        })),
      }),
      chat: t.router({
        send: signedIn
          .input((value) => value as { id: string; text: string })
          .mutation(({ input }) => {
            this.sent.set(input.id, input.text);
            return { id: input.id, text: input.text };
          }),
      }),
      stream: t.router({
        onEvent: signedIn
          .input((value) => value as { lastEventId?: string } | undefined)
          .subscription(async function* ({
            input,
            signal,
          }): AsyncGenerator<TrackedEnvelope<Entry['event']>> {
            yield* follow(input?.lastEventId ?? null, signal ?? new AbortController().signal);
          }),
      }),
    });
  }

  async *#follow(
    lastEventId: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<TrackedEnvelope<Entry['event']>> {
    this.resumes.push(lastEventId);
    // A resume repeats the event at the cursor, as the real server may.
    let next = this.log.findIndex(({ cursor }) => cursor >= Number(lastEventId ?? Infinity));
    if (next === -1) {
      next = this.log.length;
    }
    const replayTo = this.log.length;
    for (; next < replayTo; next += 1) {
      yield toTracked(this.log[next]!);
    }
    yield tracked(String(this.log.at(-1)?.cursor ?? 0), { type: 'stream.ready' });
    while (!signal.aborted) {
      while (next < this.log.length) {
        const entry = this.log[next]!;
        if (entry.event.type === 'test.end' || entry.event.type === 'test.fail') {
          this.log.splice(next, 1);
          if (entry.event.type === 'test.end') {
            return;
          }
          throw new Refusal('UNAVAILABLE', 'SERVICE_UNAVAILABLE');
        }
        yield toTracked(entry);
        next += 1;
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#listeners.delete(wake);
          resolve();
        };
        this.#listeners.add(wake);
        signal.addEventListener('abort', wake, { once: true });
        if (next < this.log.length) {
          wake();
        }
      });
    }
  }
}

function toTracked({ cursor, event }: Entry): TrackedEnvelope<Entry['event']> {
  return tracked(String(cursor), event);
}

function bearer(req: IncomingMessage): string | null {
  return /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1] ?? null;
}
