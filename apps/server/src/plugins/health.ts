import type { FastifyInstance } from 'fastify';
import type { Container } from '../container.ts';

/** `GET /healthz`: the process is alive. `GET /readyz`: the database and the bus answer. */
export function addHealth(server: FastifyInstance, container: Container): void {
  let closing = false;
  server.addHook('preClose', () => {
    closing = true;
  });
  server.get('/healthz', () => ({ status: 'alive' }));
  server.get('/readyz', async (request, reply) => {
    if (closing) {
      return reply.status(503).send({ status: 'closing' });
    }
    try {
      await container.check();
      return { status: 'ready' };
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      return reply.status(503).header('retry-after', '2').send({ status: 'unavailable' });
    }
  });
}
