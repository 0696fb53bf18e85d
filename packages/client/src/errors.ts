import { TRPCClientError } from '@trpc/client';
import type { AppErrorCode, AppRouter, ErrorData } from './types.ts';

/** An error that the server answered: `data.appCode` names it, `message` is for people. */
export type ChaparError = TRPCClientError<AppRouter> & { readonly data: ErrorData };

/**
 * Whether `error` is an answer of the server. False for what went wrong on the way, such as a
 * network failure.
 */
export function isChaparError(error: unknown): error is ChaparError {
  if (!(error instanceof Error) || !('data' in error)) {
    return false;
  }
  const { data } = error;
  return typeof data === 'object' && data !== null && 'appCode' in data;
}

/**
 * The name of an error that the server answered, such as `CHAT_NOT_FRIENDS`; null for every other
 * error. A server that is newer than this package may answer names that its types do not list.
 */
export function appCodeOf(error: unknown): AppErrorCode | null {
  return isChaparError(error) ? error.data.appCode : null;
}

/** The socket was closed with a code that says not to come back. */
export class SocketRefusedError extends Error {
  /** The WebSocket close code. */
  readonly closeCode: number;

  constructor(closeCode: number) {
    super(`the server closed the socket for good (${closeCode})`);
    this.name = 'SocketRefusedError';
    this.closeCode = closeCode;
  }
}

/** The call did not reach the server, or its answer did not arrive: trying again may help. */
export function isTransient(error: unknown): boolean {
  if (isChaparError(error)) {
    return error.data.appCode === 'UNAVAILABLE';
  }
  return !isAbort(error) && !isAbort(causeOf(error));
}

/** The session behind the access token cannot be used with this token. */
export function isTokenRefusal(error: unknown): boolean {
  const code = appCodeOf(error);
  return code === 'AUTH_TOKEN_EXPIRED' || code === 'AUTH_TOKEN_INVALID';
}

/** An error as the server would answer it, found out without asking. */
export function localError(
  appCode: 'AUTH_REQUIRED' | 'SESSION_ENDED',
  message: string,
): TRPCClientError<AppRouter> {
  const data: ErrorData = {
    code: 'UNAUTHORIZED',
    httpStatus: 401,
    path: null,
    appCode,
    appData: null,
    requestId: null,
  };
  return TRPCClientError.from({ error: { code: unauthorized, message, data } });
}

/** What a call of a closed client fails by. */
export function closedError(): TRPCClientError<AppRouter> {
  return TRPCClientError.from(new Error('the client is closed'));
}

/** JSON-RPC's number of tRPC's UNAUTHORIZED. */
const unauthorized = -32_001;

export function toClientError(error: unknown): TRPCClientError<AppRouter> {
  return TRPCClientError.from(error instanceof Error ? error : new Error(String(error)));
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
