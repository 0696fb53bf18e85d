import type { FastifyInstance, FastifyRequest } from 'fastify';

/** One line a request, without its query and body: those may hold what nobody should read. */
export function addRequestLog(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    const ms = Math.round(reply.elapsedTime);
    request.log.info(
      {
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        ms,
        ip: request.ip,
      },
      'request',
    );
    done();
  });
}

/** Below this one, paths hold a secret, and what is nearly such a path may hold it too. */
const secretPaths = /^\/+callbacks(?:\/|$)/i;

/** The path, or only the pattern of its route where a part of it is secret. */
function pathOf({ url, routeOptions }: FastifyRequest): string {
  const route = routeOptions.url;
  if (route?.includes(':secret')) {
    return route;
  }
  const [path = ''] = url.split('?');
  return secretPaths.test(decoded(path)) ? '/callbacks/…' : path;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
