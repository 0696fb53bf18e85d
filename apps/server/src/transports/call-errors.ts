import { isAppError } from '@chapar/api';
import type { TRPCError } from '@trpc/server';
import type { FastifyBaseLogger } from 'fastify';

const expected = new Set(['BAD_REQUEST', 'NOT_FOUND', 'METHOD_NOT_SUPPORTED', 'PARSE_ERROR']);

/** Logs what nobody has foreseen, with its cause; what a client can bring about is not news. */
export function logCallError(
  log: FastifyBaseLogger,
  { error, path, id }: { error: TRPCError; path: string | undefined; id: string },
): void {
  const isFailure = !isAppError(error) && !expected.has(error.code);
  const isOutage = isAppError(error) && error.appCode === 'UNAVAILABLE';
  const isInternal = isAppError(error) && error.appCode === 'INTERNAL';
  if (isFailure || isInternal) {
    log.error({ err: error.cause ?? error, path, requestId: id }, 'call failed');
  } else if (isOutage) {
    log.warn({ err: error.cause, path, requestId: id }, 'call not possible now');
  }
}
