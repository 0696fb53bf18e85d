import { appErrors, type AppErrorCode } from '@chapar/contract';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readLanguage } from '../context.ts';

/**
 * Errors outside the router, in the shape of those inside it: a body that is too large or of
 * another kind, a path that does not exist, and whatever nobody has foreseen.
 */
export function addErrors(server: FastifyInstance): void {
  server.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = Math.min(error.statusCode ?? 500, 500);
    if (status === 500) {
      request.log.error({ err: error }, 'unexpected error');
    }
    return sendError(request, reply, codeOf(status), status);
  });
  server.setNotFoundHandler((request, reply) =>
    sendError(request, reply, 'PROCEDURE_NOT_FOUND', 404),
  );
}

/**
 * Answers with an error of the contract, as tRPC's client reads it: superjson's envelope around
 * the error shape of the router.
 */
export function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  appCode: AppErrorCode,
  httpStatus: number,
): FastifyReply {
  const { kind: code, ...texts } = appErrors[appCode];
  const json = {
    code: TRPC_ERROR_CODES_BY_KEY[code],
    message: texts[readLanguage(request.headers['accept-language'])],
    data: { code, httpStatus, path: null, appCode, appData: null, requestId: request.id },
  };
  return reply.status(httpStatus).send({ error: { json } });
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
