import { isAppError, appRouter, procedureList, type App } from '@chapar/api';
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyInstance } from 'fastify';
import { sendError } from '../plugins/errors.ts';
import { readBearer, readConnection } from '../context.ts';
import { logCallError } from './call-errors.ts';

/** They need a socket that can be bounded, and closed with a code. */
const subscriptions = new Set(
  procedureList.filter(({ type }) => type === 'subscription').map(({ path }) => path),
);

/** Calls in one request; the client package sends no more. */
export const maxBatchSize = 10;

/**
 * The router over HTTP at `/trpc/<procedure>[,<procedure>…]`. In a scope of its own, because tRPC
 * wants the body unparsed; form data is not taken at all, so that no foreign page can post.
 */
export function addTrpcHttp(server: FastifyInstance, app: App): void {
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'string' },
      (_request, body, parsed) => parsed(null, body),
    );
    scope.all<{ Params: { path: string } }>('/trpc/:path', async (request, reply) => {
      if (request.params.path.split(',').some((path) => subscriptions.has(path))) {
        return sendError(request, reply, 'STREAM_NEEDS_SOCKET', 400);
      }
      await fastifyRequestHandler({
        router: appRouter,
        req: request,
        res: reply,
        path: request.params.path,
        maxBatchSize,
        createContext: () =>
          readConnection(app, request, {
            token: readBearer(request.headers.authorization),
            device: request.headers['chapar-device'],
          }),
        onError: ({ error, path }) => logCallError(request.log, { error, path, id: request.id }),
        responseMeta: ({ errors }) => ({ headers: retryAfter(errors) }),
      });
    });
    done();
  });
}

/** RFC 9110, section 10.2.3: the longest of the waits that the errors of a batch name. */
function retryAfter(errors: readonly unknown[]): Record<string, string> {
  const waits = errors.flatMap((error) => {
    const data: unknown = isAppError(error) ? error.data : undefined;
    if (typeof data !== 'object' || data === null || !('retryAfterSeconds' in data)) {
      return [];
    }
    return typeof data.retryAfterSeconds === 'number' ? [data.retryAfterSeconds] : [];
  });
  return waits.length > 0 ? { 'retry-after': String(Math.max(...waits)) } : {};
}
