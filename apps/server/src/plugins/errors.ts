import { appErrors, type AppErrorCode } from '@chapar/contract';
import type { FastifyInstance } from 'fastify';

/**
 * Errors outside the router, in the shape of those inside it: a body that is too large or no
 * JSON, a path that does not exist, and whatever nobody has foreseen.
 */
export function addErrors(server: FastifyInstance): void {
  server.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      request.log.error({ err: error }, 'unexpected error');
    }
    const known = Math.min(status, 500);
    return reply.status(known).send(errorBody(codeOf(known), request.id));
  });
  server.setNotFoundHandler((request, reply) =>
    reply.status(404).send(errorBody('PROCEDURE_NOT_FOUND', request.id)),
  );
}

/** The body of an error: code, text and the id under which the log knows it. */
export function errorBody(appCode: AppErrorCode, requestId: string) {
  return { error: { message: appErrors[appCode].en, data: { appCode, requestId } } };
}

function codeOf(status: number): AppErrorCode {
  if (status === 413) {
    return 'PAYLOAD_TOO_LARGE';
  }
  if (status === 404) {
    return 'PROCEDURE_NOT_FOUND';
  }
  if (status === 429) {
    return 'RATE_LIMITED';
  }
  return status < 500 ? 'INPUT_INVALID' : 'INTERNAL';
}
