import { appRouter, procedureList, type App } from '@chapar/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readBearer, readConnection } from '../context.ts';
import { sendError } from '../plugins/errors.ts';
import { logCallError } from './call-errors.ts';
import { createHttpCalls, type HttpCalls } from './http-calls.ts';
import { answerByStock } from './http-stock.ts';

/** They need a socket that can be bounded, and closed with a code. */
const subscriptions = new Set(
  procedureList.filter(({ type }) => type === 'subscription').map(({ path }) => path),
);

/** Calls in one request; the client package sends no more. */
export const maxBatchSize = 10;

/**
 * The router over HTTP at `/trpc/<procedure>[,<procedure>…]`. The usual requests take the short way
 * of `http-calls.ts`, all others that of tRPC's own adapter.
 */
export function addTrpcHttp(server: FastifyInstance, app: App): void {
  const calls = httpCallsOf(app);
  const answerUsual = createHttpCalls(calls);
  addCalls(server, '/trpc', async (request, reply) => {
    if (!(await answerUsual(request, reply))) {
      await answerByStock(calls, request, reply);
    }
  });
}

/** The router, and who is asking. */
export function httpCallsOf(app: App): HttpCalls {
  return {
    router: appRouter,
    maxBatchSize,
    createContext: (request) =>
      readConnection(app, request, {
        token: readBearer(request.headers.authorization),
        device: request.headers['chapar-device'],
      }),
    onError: (request, failed) => logCallError(request.log, { ...failed, id: request.id }),
  };
}

/**
 * The way in for requests with calls. In a scope of its own, because they want the body unparsed;
 * form data is not taken at all, so that no foreign page can post.
 */
export function addCalls(
  server: FastifyInstance,
  prefix: string,
  answer: (request: FastifyRequest, reply: FastifyReply) => Promise<void>,
): void {
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'string' },
      (_request, body, parsed) => parsed(null, body),
    );
    scope.all<{ Params: { path: string } }>(`${prefix}/:path`, async (request, reply) => {
      if (request.params.path.split(',').some((path) => subscriptions.has(path))) {
        return sendError(request, reply, 'STREAM_NEEDS_SOCKET', 400);
      }
      await answer(request, reply);
      return reply;
    });
    done();
  });
}
