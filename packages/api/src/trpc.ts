import { appErrors, type AppErrorCode, type Language } from '@chapar/contract';
import type { TRPCError } from '@trpc/server';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { ZodError } from 'zod';
import type { Call, Connection, SignedInCall } from './call.ts';
import { AppError, toAppError } from './errors.ts';
import { readActor } from './features/session/index.ts';

const t = initTRPC.context<Connection>().create({
  transformer: superjson,
  errorFormatter({ shape, error, ctx }) {
    const { appCode, data } = describe(error);
    const language = ctx?.language ?? 'en';
    return {
      code: shape.code,
      message: textOf(appCode, language),
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: shape.data.path ?? null,
        /** The error's name in the contract. */
        appCode,
        /** Public data of the error; its shape follows from `appCode`. */
        appData: data ?? null,
        /** For the log and for support. */
        requestId: ctx?.requestId ?? null,
      },
    };
  },
});

/** The text for people. Declared as text, so that the types do not list every sentence. */
function textOf(appCode: AppErrorCode, language: Language): string {
  return appErrors[appCode][language];
}

/** The public side of an error. Whatever is not of the contract says nothing of itself. */
function describe(error: TRPCError): { appCode: AppErrorCode; data: unknown } {
  if (error instanceof AppError) {
    return error;
  }
  if (error.cause instanceof ZodError && error.code === 'BAD_REQUEST') {
    const issues = error.cause.issues.map(({ path, message }) => ({
      path: path.map(String).join('.'),
      message,
    }));
    return { appCode: 'INPUT_INVALID', data: { issues } };
  }
  return { appCode: unnamed[error.code] ?? 'INTERNAL', data: undefined };
}

const unnamed: Partial<Record<TRPCError['code'], AppErrorCode>> = {
  NOT_FOUND: 'PROCEDURE_NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'PROCEDURE_NOT_FOUND',
  BAD_REQUEST: 'INPUT_INVALID',
  PARSE_ERROR: 'INPUT_INVALID',
  UNSUPPORTED_MEDIA_TYPE: 'INPUT_INVALID',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
};

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** Anybody may call. Makes the call: one instant, one signal, errors of the contract. */
export const open = t.procedure.use(async ({ ctx, next, signal }) => {
  const call: Call = {
    app: ctx.app,
    connection: ctx,
    now: ctx.app.deps.clock.now(),
    signal: signal ?? new AbortController().signal,
  };
  const result = await next({ ctx: { call } });
  if (!result.ok) {
    throw toAppError(result.error);
  }
  return result;
});

/** Needs a session that is alive at this very call, whatever the token says. */
export const signedIn = open.use(async ({ ctx, next }) => {
  const actor = await readActor(ctx.call, ctx.auth);
  const checkSession = async (): Promise<void> => {
    await readActor(ctx.call, ctx.auth);
  };
  const call: SignedInCall = { ...ctx.call, actor, checkSession };
  return next({ ctx: { call } });
});

/** Needs staff rights. */
export const staff = signedIn.use(({ ctx, next }) => {
  if (ctx.call.actor.role === 'user') {
    throw new AppError('STAFF_ONLY');
  }
  return next();
});
