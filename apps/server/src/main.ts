import { EmbeddedPostgresError } from '@chapar/embedded-postgres';
import closeWithGrace from 'close-with-grace';
import { openContainer } from './container.ts';
import { ConfigError, readConfig, type Config } from './env.ts';
import { explainStartError, requireFreePort } from './start-errors.ts';
import { createServer } from './server.ts';

const closeWithinMs = 9_000;

async function start(): Promise<void> {
  const config = readConfig();
  await requireFreePort(config);
  const container = await openContainer(config);
  try {
    const server = await createServer(config, container);
    const address = await server.listen({ host: config.host, port: config.port });
    closeWithGrace({ delay: closeWithinMs, logger: false }, async ({ err }) => {
      if (err) {
        container.log.fatal({ err }, 'unexpected error; the process ends');
      }
      await server.close();
      await container.close();
    });
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
  if (config.sms.provider === 'console') {
    const where = config.devRoutes ? `below, and at ${address}/dev/sms?phone=09…` : 'below';
    lines.push(`  Login codes       ${where}`);
  }
  lines.push('  Stop              Ctrl-C', '', '');
  return lines.join('\n');
}

try {
  await start();
} catch (error) {
  const known = error instanceof ConfigError || error instanceof EmbeddedPostgresError;
  process.stderr.write(
    `Chapar cannot start. ${known ? error.message : explainStartError(error)}\n`,
  );
  process.exit(1);
}
