import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import type { Call, Connection, SenderCall, SignedInCall } from './call.ts';
import { toPublicError } from './error-shape.ts';
import { AppError, toAppError } from './errors.ts';
import { readActor, requireFresh } from './features/session/index.ts';
import { spendLimits, subjectsOf, type DeclaredLimits } from './limits/guard.ts';

/** What a router says of a procedure beside its schemas. */
export interface ProcedureMeta {
  /** How often it may be called, by whom it is counted. */
  limits?: DeclaredLimits;
}

const t = initTRPC
  .context<Connection>()
  .meta<ProcedureMeta>()
  .create({
    transformer: superjson,
    errorFormatter({ shape, error, ctx }) {
      const { appCode, message, data } = toPublicError(error, ctx?.language ?? 'en');
      return {
        code: shape.code,
        message,
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

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/**
 * Anybody may call. Makes the call: one instant, one signal, errors of the contract; and counts it
 * against the procedure's budgets by address and device.
 */
export const open = t.procedure.use(async ({ ctx, next, signal, path, meta }) => {
  const call: Call = {
    app: ctx.app,
    connection: ctx,
    now: ctx.app.deps.clock.now(),
    signal: signal ?? new AbortController().signal,
  };
  if (meta?.limits) {
    try {
      await spendLimits(ctx.app, path, meta.limits, subjectsOf(ctx));
    } catch (error) {
      throw toAppError(error);
    }
  }
  const result = await next({ ctx: { call } });
  if (!result.ok) {
    throw toAppError(result.error);
  }
  return result;
});

/** Needs a session that is alive at this very call, whatever the token says. */
export const signedIn = open.use(async ({ ctx, next, path, meta }) => {
  const actor = await readActor(ctx.call, ctx.auth);
  if (meta?.limits) {
    await spendLimits(ctx.app, path, meta.limits, { user: actor.userId });
  }
  const checkSession = async (): Promise<void> => {
    await readActor(ctx.call, ctx.auth);
  };
  const call: SignedInCall = { ...ctx.call, actor, checkSession };
  return next({ ctx: { call } });
});

/**
 * Needs somebody who has proved who they are within `maxAgeSeconds`, by the login or by
 * `account.confirm` (step-up: OWASP ASVS 5.0, 7.5.3).
 */
export function freshSession(maxAgeSeconds: number) {
  return signedIn.use(({ ctx, next }) => {
    requireFresh(ctx.call, maxAgeSeconds);
    return next();
  });
}

/** Needs staff rights. */
export const staff = signedIn.use(({ ctx, next }) => {
  if (ctx.call.actor.role === 'user') {
    throw new AppError('STAFF_ONLY');
  }
  return next();
});

/** Needs staff rights, or the key of a service that the operator has listed. */
export const staffOrService = open.use(async ({ ctx, next, path, meta }) => {
  if (ctx.auth.status === 'service') {
    const { name } = ctx.auth;
    if (meta?.limits) {
      await spendLimits(ctx.app, path, meta.limits, { user: `service:${name}` });
    }
    return next({ ctx: { call: { ...ctx.call, sender: { service: name } } satisfies SenderCall } });
  }
  const { userId, role } = await readActor(ctx.call, ctx.auth);
  if (role === 'user') {
    throw new AppError('STAFF_ONLY');
  }
  if (meta?.limits) {
    await spendLimits(ctx.app, path, meta.limits, { user: userId });
  }
  return next({ ctx: { call: { ...ctx.call, sender: { userId } } satisfies SenderCall } });
});

/** Needs an administrator. */
export const admin = staff.use(({ ctx, next }) => {
  if (ctx.call.actor.role !== 'admin') {
    throw new AppError('ADMIN_ONLY');
  }
  return next();
});
