import { fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpCalls } from './http-calls.ts';
import { retryAfter } from './retry-after.ts';

/** Answers a request by tRPC's own adapter. */
export async function answerByStock(
  calls: HttpCalls,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { path } = request.params as { path: string };
  await fastifyRequestHandler({
    router: calls.router,
    req: request,
    res: reply,
    path,
    maxBatchSize: calls.maxBatchSize,
    createContext: () => calls.createContext(request),
    onError: ({ error, path: failed }) => calls.onError(request, { error, path: failed }),
    responseMeta: ({ errors }) => ({ headers: retryAfter(errors) }),
  });
}
