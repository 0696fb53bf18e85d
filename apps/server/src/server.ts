import { randomUUID } from 'node:crypto';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Container } from './container.ts';
import type { Config } from './env.ts';
import { Lifecycle } from './lifecycle.ts';
import { addDevMail } from './plugins/dev-mail.ts';
import { addDevSms } from './plugins/dev-sms.ts';
import { addErrors, refusePath } from './plugins/errors.ts';
import { addHealth } from './plugins/health.ts';
import { addRequestLog } from './plugins/request-log.ts';
import { addSecurity } from './plugins/security.ts';
import { addSmsCallbacks } from './plugins/sms-callbacks.ts';
import { addTrpcHttp } from './transports/trpc-http.ts';
import { addTrpcWs, refuseUpgrades } from './transports/trpc-ws.ts';

/** Ten messages of 4,096 characters in one batch, however they are escaped, and some room. */
const bodyLimitBytes = 512 * 1024;
/** A batch names its procedures in the path. */
const longestPath = 5_000;
const requestTimeoutMs = 30_000;
const lingerMs = 4_000;

/** The ordered list of what the server is made of. A process of the role `socket` serves no calls. */
export async function createServer(
  config: Config,
  container: Container,
  lifecycle = new Lifecycle(),
): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = container.log;
  const server = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: config.trustProxy,
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: longestPath },
    frameworkErrors: refusePath,
  });
  addRequestLog(server);
  addErrors(server);
  endLingering(server);
  await addSecurity(server, config);
  addHealth(server, { container, lifecycle });
  if (config.role === 'http') {
    refuseUpgrades(server);
  } else {
    addTrpcWs(server, { config, app: container.app, lifecycle });
  }
  if (config.role === 'socket') {
    return server;
  }
  if (config.devRoutes && container.consoleSms) {
    addDevSms(server, config, container.consoleSms);
  }
  if (config.devRoutes && container.consoleMail) {
    addDevMail(server, container.consoleMail);
  }
  addSmsCallbacks(server, config, container);
  addTrpcHttp(server, container.app);
  return server;
}

/** Requests that were begun and are not finished would keep the process from ending in order. */
function endLingering(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    setTimeout(() => server.server.closeAllConnections(), lingerMs).unref();
    done();
  });
}
