import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** One line a request, without its query and body: those may hold what nobody should read. */
export function addRequestLog(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    logRequest(request, reply);
    done();
  });
}

/** For what is answered before any hook: paths that are none. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  request.log.info(
    {
      method: request.method,
      path: pathOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ip: request.ip,
    },
    'request',
  );
}

/**
 * The path where a route has it, or only the route's pattern where a part of it is secret. A path
 * that nobody has may be such a one with a slip in it, however it is written, so it is not told.
 */
function pathOf({ url, routeOptions, is404 }: FastifyRequest): string {
  const route = routeOptions.url;
  if (is404 || route === undefined || route.includes('*')) {
    return '—';
  }
  const [path = ''] = url.split('?');
  return route.includes(':secret') ? route : path;
}
