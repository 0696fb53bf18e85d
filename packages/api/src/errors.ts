import { TRPCError } from '@trpc/server';
import {
  appErrors,
  fieldErrors,
  type AppErrorCode,
  type AppErrorData,
  type FieldErrorReason,
} from '@chapar/contract';

interface AppErrorOptions<Code extends AppErrorCode> {
  /** What the client may know beside the code. */
  data?: AppErrorData<Code>;
  /** For the log only; never leaves the server. */
  cause?: unknown;
}

/**
 * An error of the contract. `data` is public; `cause` is for the log. It is a `TRPCError`, so
 * that the status is right wherever it is thrown, the body of a subscription included.
 */
export class AppError<Code extends AppErrorCode = AppErrorCode> extends TRPCError {
  readonly appCode: Code;
  readonly data: AppErrorData<Code> | undefined;

  constructor(appCode: Code, options: AppErrorOptions<Code> = {}) {
    const { kind, en } = appErrors[appCode];
    super({ code: kind, message: en, cause: options.cause });
    this.name = 'AppError';
    this.appCode = appCode;
    this.data = options.data;
  }
}

/** One field of the input is wrong in a way that its schema cannot know. */
export function fieldError(path: string, reason: FieldErrorReason): AppError<'INPUT_INVALID'> {
  const issues = [{ path, reason, message: fieldErrors[reason].en }];
  return new AppError('INPUT_INVALID', { data: { issues } });
}

/** Whether something that was thrown is an error of the contract. */
export function isAppError(thrown: unknown): thrown is AppError {
  return thrown instanceof AppError;
}

const retryAfterOutageSeconds = 2;
/** Of `pg` and its pool, where there is no code. */
const outageMessages =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/;

/**
 * PostgreSQL's way of saying "not now" (SQLSTATE classes 08, 53, 57P, a server that takes no writes, a
 * lock that does not become free, a statement that takes too long, and lost or silent connections, see PostgreSQL's appendix A): the caller may try again, nothing was stored half.
 */
export function isOutage(cause: unknown): boolean {
  if (!(cause instanceof Error)) {
    return false;
  }
  const code = 'code' in cause ? String(cause.code) : '';
  if (/^(08|25006|53|55P03|57014|57P)/.test(code)) {
    return true;
  }
  if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(code)) {
    return true;
  }
  return outageMessages.test(cause.message);
}

/** Turns whatever a procedure threw into an error of the contract. */
export function toAppError(thrown: unknown): TRPCError {
  if (thrown instanceof AppError) {
    return thrown;
  }
  const cause = thrown instanceof TRPCError ? thrown.cause : thrown;
  if (cause instanceof AppError) {
    return cause;
  }
  if (isOutage(cause)) {
    return new AppError('UNAVAILABLE', {
      cause,
      data: { retryAfterSeconds: retryAfterOutageSeconds },
    });
  }
  return thrown instanceof TRPCError ? thrown : new AppError('INTERNAL', { cause });
}
