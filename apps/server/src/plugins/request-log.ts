import type { FastifyInstance } from 'fastify';

/** One line a request, without its query and body: those may hold what nobody should read. */
export function addRequestLog(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    const [path] = request.url.split('?');
    const ms = Math.round(reply.elapsedTime);
    request.log.info(
      { method: request.method, path, status: reply.statusCode, ms, ip: request.ip },
      'request',
    );
    done();
  });
}
