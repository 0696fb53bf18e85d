import { initTRPC, type TRPCError } from '@trpc/server';
import type { Call, Connection, SenderCall, SignedInCall, ClaimedCall } from './call.ts';
import { toPublicError } from './error-shape.ts';
import { AppError, toAppError } from './errors.ts';
import { noteSeen, readActor, requireFresh } from './features/session/index.ts';
import { spendLimits, subjectsOf, type DeclaredLimits } from './limits/guard.ts';
import { runSteps } from './run-steps.ts';
import { transformer } from './wire.ts';

/** What a router says of a procedure beside its schemas. */
export interface ProcedureMeta {
  /** How often it may be called, by whom it is counted. */
  limits?: DeclaredLimits;
}

const t = initTRPC
  .context<Connection>()
  .meta<ProcedureMeta>()
  .create({
    transformer,
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

/**
 * Every procedure's beginning. To tRPC's types a caller of one's own makes functions of procedures; ours
 * are called as all others are.
 */
const procedure = t.procedure.experimental_caller(runSteps) as unknown as typeof t.procedure;

export const router = t.router;
export const mergeRouters = t.mergeRouters;
export const createCallerFactory = t.createCallerFactory;

/** What a guard gets of tRPC. */
interface Begun {
  ctx: Connection;
  signal: AbortSignal | undefined;
  path: string;
  meta: ProcedureMeta | undefined;
}

/** Makes the call: one instant, one signal; and counts it against the procedure's budgets. */
async function begin({ ctx, signal, path, meta }: Begun): Promise<Call> {
  if (meta?.limits) {
    await spendLimits(ctx.app, path, meta.limits, subjectsOf(ctx));
  }
  return {
    app: ctx.app,
    connection: ctx,
    now: ctx.app.deps.clock.now(),
    signal: signal ?? new AbortController().signal,
  };
}

type Outcome = { ok: true } | { ok: false; error: TRPCError };

/** Makes errors of the contract of whatever the guard or the procedure throws. */
async function guarded<Result extends Outcome>(work: () => Promise<Result>): Promise<Result> {
  try {
    const result = await work();
    if (result.ok) {
      return result;
    }
    throw result.error;
  } catch (error) {
    throw toAppError(error);
  }
}

/**
 * Anybody may call. Makes the call: one instant, one signal, errors of the contract; and counts it
 * against the procedure's budgets by address and device.
 */
export const open = procedure.use(({ next, ...begun }) =>
  guarded(async () => {
    const call = await begin(begun);
    return next({ ctx: { call } });
  }),
);

/**
 * Needs a session that is alive at this very call, whatever the token says. It has what
 * {@link open} does in the same step, since tRPC copies everything it knows at each step.
 */
export const signedIn = procedure.use(({ next, ...begun }) =>
  guarded(async () => {
    const { ctx, path, meta } = begun;
    const begunCall = await begin(begun);
    const actor = await readActor(begunCall, ctx.auth);
    if (meta?.limits) {
      await spendLimits(ctx.app, path, meta.limits, { user: actor.userId });
    }
    const call: SignedInCall = { ...begunCall, actor };
    return next({ ctx: { call } });
  }),
);

/**
 * Like {@link signedIn}, for a procedure whose own statement looks the session up and does nothing
 * without it: the service says so by `proveSession`. Where it has not, the session is looked up before
 * anything is answered, be it a result or an error.
 */
export const signedInByService = procedure.use(({ next, ...begun }) =>
  guarded(async () => {
    const { ctx, path, meta } = begun;
    const begunCall = await begin(begun);
    if (ctx.auth.status !== 'verified') {
      await readActor(begunCall, ctx.auth);
      throw new AppError('AUTH_REQUIRED');
    }
    const { userId, sessionId } = ctx.auth;
    if (meta?.limits) {
      await spendLimits(ctx.app, path, meta.limits, { user: userId });
    }
    const proof = { isGiven: false };
    const proveSession = async (lastSeenMs: number): Promise<void> => {
      proof.isGiven = true;
      await noteSeen(begunCall, sessionId, lastSeenMs);
    };
    const call: ClaimedCall = { ...begunCall, actor: { userId, sessionId }, proveSession };
    const result = await next({ ctx: { call } });
    if (!proof.isGiven) {
      await readActor(begunCall, ctx.auth);
    }
    return result;
  }),
);

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
