import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { Refusal, refusalOf, type Faults } from './fake-faults.ts';
import type { FakeLog } from './fake-log.ts';
import type { FakeSessions } from './fake-sessions.ts';

export interface Context {
  token: string | null;
  /** Of the socket that the call came over. */
  connectionId: string | null;
}

/** A message that the server has stored. */
export interface Stored {
  id: string;
  conversationId: string;
  text: string;
  userId: string | null;
}

/** What the procedures work on. */
export interface Backend {
  readonly faults: Faults;
  readonly sessions: FakeSessions;
  readonly log: FakeLog;
  readonly sent: Map<string, Stored>;
  close(code: number): void;
  renew(connectionId: string, token: string | null): { expiresAt: string };
}

/** The procedures' names and the protocol of the real server. */
export function fakeRouter(server: Backend) {
  const { sessions, log } = server;
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
    const refusal = server.faults.refuseCall(path);
    if (refusal !== null) {
      throw refusalOf(refusal);
    }
    if (ctx.token === null) {
      throw new Refusal('AUTH_REQUIRED');
    }
    if (!sessions.isGood(ctx.token)) {
      throw new Refusal('AUTH_TOKEN_EXPIRED');
    }
    return next();
  });
  const login = open.mutation(async () => {
    const { userId } = sessions;
    const pair = sessions.issue();
    await server.faults.loggedIn();
    return { ...pair, isNewUser: false, ...(userId !== null && { user: { id: userId } }) };
  });
  const signOut = signedIn.mutation(() => {
    sessions.expire();
    server.close(4403);
  });
  return t.router({
    otp: t.router({ verify: login }),
    password: t.router({ login, register: login }),
    account: t.router({ remove: signOut }),
    session: t.router({
      refresh: open
        .input((value) => value as { refreshToken: string; attemptId?: string })
        .mutation(({ input }) => sessions.refresh(server.faults, input)),
      list: signedIn.query(() => ({ items: [] })),
      end: signOut,
      removeAll: signOut,
    }),
    user: t.router({
      me: signedIn.query(({ ctx }) => ({
        id: sessions.userOf(ctx.token) ?? ctx.token,
        createdAt: new Date(0),
      })),
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
        .input((value) => value as Omit<Stored, 'userId'>)
        .mutation(async ({ input, ctx }) => {
          await server.faults.sending(input.text);
          const refusal = server.faults.refuseSend(input.text);
          if (refusal !== null) {
            throw refusalOf(refusal);
          }
          const others = server.sent.get(input.id);
          if (others && others.text !== input.text) {
            throw refusalOf('CHAT_MESSAGE_ID_TAKEN');
          }
          server.sent.set(input.id, { ...input, userId: sessions.userOf(ctx.token) });
          return input;
        }),
    }),
    stream: t.router({
      onEvent: signedIn
        .input((value) => value as { lastEventId?: string } | undefined)
        .subscription(({ input, ctx, signal }) =>
          log.follow({
            lastEventId: input?.lastEventId ?? null,
            connectionId: ctx.connectionId ?? '',
            signal: signal ?? new AbortController().signal,
          }),
        ),
      renew: signedIn
        .input((value) => value as { connectionId: string })
        .mutation(({ input, ctx }) => server.renew(input.connectionId, ctx.token)),
    }),
  });
}
