import { pino } from 'pino';
import { openContainer } from './container.ts';
import { ConfigError, readConfig, type Config } from './env.ts';
import { Lifecycle } from './lifecycle.ts';
import { createServer } from './server.ts';
import { closeOnSignal } from './shutdown.ts';
import { explainStartError, requireFreePort } from './start-errors.ts';

/**
 * Connections that wait to be taken, when many come at once. The system may allow fewer
 * (`net.core.somaxconn`); those beyond are tried again by the peer's system, seconds later.
 */
const backlog = 4_096;

/** Environment, then everything that is open, then the server; closed the other way round. */
export async function serve(): Promise<void> {
  const config = readConfig();
  const log = pino({ level: config.logLevel });
  const onClose = closeOnSignal(log, config.drainMs);
  await requireFreePort(config);
  const opening = openContainer(config, log);
  // Known before it is open: who asks the process to end meanwhile gets no PostgreSQL that is left behind.
  onClose(async () => {
    const opened = await opening.catch(() => null);
    await opened?.close();
  });
  const container = await opening;
  try {
    const lifecycle = new Lifecycle();
    const server = await createServer(config, container, lifecycle);
    onClose(async () => server.close());
    onClose(() => lifecycle.drain(config.drainMs));
    const address = await server.listen({ host: config.host, port: config.port, backlog });
    process.stdout.write(banner(config, address, container.dataPlace));
  } catch (error) {
    await container.close();
    throw error;
  }
}

function banner(config: Config, address: string, dataPlace: string): string {
  const lines = [
    '',
    `  Chapar listens at ${address}`,
    `  Procedures        ${address}/trpc  (HTTP and WebSocket)`,
    `  Data              ${dataPlace}`,
  ];
  const inboxes = [
    ...(config.sms.providers.some(({ name }) => name === 'console') ? ['/dev/sms?phone=09…'] : []),
    ...(config.mail.provider === 'console' ? ['/dev/mail?to=…'] : []),
  ];
  if (inboxes.length > 0) {
    const where = config.devRoutes ? `below, and at ${address}${inboxes.join(' and ')}` : 'below';
    lines.push(`  Login codes       ${where}`);
  }
  lines.push('  Stop              Ctrl-C', '', '');
  return lines.join('\n');
}

/** Why the process could not start, in one line. */
export function reasonOf(error: unknown): string {
  const isKnown =
    error instanceof ConfigError ||
    // Its package is loaded by those only who need it.
    (error instanceof Error && error.name === 'EmbeddedPostgresError');
  return (isKnown ? error.message : explainStartError(error)).replaceAll('\n', ' ');
}
