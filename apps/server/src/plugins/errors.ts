import { appErrors, type AppErrorCode } from '@chapar/contract';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readLanguage } from '../context.ts';
import { logRequest } from './request-log.ts';

type HttpError = Error & { statusCode?: number };

/**
 * Errors outside the router, in the shape of those inside it: a body that is too large or of
 * another kind, a path that does not exist, and whatever nobody has foreseen.
 */
export function addErrors(server: FastifyInstance): void {
  server.setErrorHandler<HttpError>((error, request, reply) => {
    const status = statusOf(error);
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
 * A path that cannot be read, or is too long: Fastify's own answer would repeat it, and it may be one
 * with a secret. No hook runs for it.
 */
export function refusePath(error: HttpError, request: FastifyRequest, reply: FastifyReply): void {
  const status = statusOf(error);
  sendError(request, reply, codeOf(status), status);
  logRequest(request, reply);
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

function statusOf({ statusCode = 500 }: HttpError): number {
  return Math.min(statusCode, 500);
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
