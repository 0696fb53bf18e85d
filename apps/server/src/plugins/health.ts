import type { FastifyInstance } from 'fastify';
import type { Container } from '../container.ts';
import type { Lifecycle } from '../lifecycle.ts';

const lookEveryMs = 250;
/** A pause of the event loop that people notice. */
const blockedMs = 1_000;
/** After one the process is asked for nothing new for so long. */
const restMs = 5_000;

/**
 * `GET /healthz`: the process is alive. `GET /readyz`: the database answers; 503 while it does not,
 * while the server drains or closes, and for a moment after its event loop stood still. `bus` says
 * whether other processes can be reached. While it is `away` this one is as right as ever, and half a
 * second slower with what they write: no reason to be without it.
 */
export function addHealth(
  server: FastifyInstance,
  { container, lifecycle }: { container: Container; lifecycle: Lifecycle },
): void {
  let closing = false;
  let blockedAt = -Infinity;
  let lookedAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const late = now - lookedAt - lookEveryMs;
    lookedAt = now;
    if (late > blockedMs) {
      blockedAt = now;
      server.log.warn({ ms: Math.round(late) }, 'the event loop stood still');
    }
  }, lookEveryMs);
  timer.unref();
  server.addHook('preClose', () => {
    closing = true;
    clearInterval(timer);
  });
  server.get('/healthz', () => ({ status: 'alive' }));
  server.get('/readyz', async (request, reply) => {
    if (closing || lifecycle.isDraining) {
      return reply.status(503).send({ status: 'closing' });
    }
    if (performance.now() - blockedAt < restMs) {
      return reply.status(503).header('retry-after', '2').send({ status: 'blocked' });
    }
    try {
      const { bus } = await container.check();
      return { status: 'ready', bus };
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      return reply.status(503).header('retry-after', '2').send({ status: 'unavailable' });
    }
  });
}
