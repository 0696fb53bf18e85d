import { randomBytes, randomInt } from 'node:crypto';
import path from 'node:path';
import {
  createApp,
  createIdSource,
  createMemoryHub,
  migrate,
  openDatabase,
  type App,
  type Clock,
  type Deps,
} from '@chapar/api';
import { startEmbeddedPostgres } from '@chapar/embedded-postgres';
import type { Logger } from 'pino';
import type { Config } from './env.ts';
import { ConsoleSmsGateway } from './gateways/console-sms.ts';
import { createWebhookSms } from './gateways/webhook-sms.ts';
import { startJobs } from './jobs/worker.ts';
import { startSweep } from './jobs/sweep.ts';
import { deriveSecrets, keepDevelopmentSecret } from './secrets.ts';

/** Everything that is open while the process runs. */
export interface Container {
  app: App;
  log: Logger;
  consoleSms: ConsoleSmsGateway | null;
  /** Where the data lives, for the banner. */
  dataPlace: string;
  /** Whether the database and the bus answer. @throws what is wrong */
  check(): Promise<void>;
  /** Closes in reverse order of opening. */
  close(): Promise<void>;
}

const systemClock: Clock = { now: () => new Date() };

/** Opens the real dependencies. What was opened is closed again when a later step fails. */
export async function openContainer(
  config: Config,
  log: Logger,
  print: (line: string) => void = printLine,
): Promise<Container> {
  const opened: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const undo of opened.splice(0).toReversed()) {
      await undo();
    }
  };
  try {
    const place = await openPostgres(config, opened);
    const database = await openDatabase({
      url: place.url,
      poolSize: config.poolSize,
      onLog: (message) => log.debug(message),
    });
    opened.push(() => database.close());
    await migrate(database);

    const sms =
      config.sms.provider === 'webhook'
        ? createWebhookSms(config.sms)
        : new ConsoleSmsGateway(print);
    const deps: Deps = {
      clock: systemClock,
      random: { bytes: randomBytes, integer: (below) => randomInt(below) },
      newId: createIdSource(systemClock, randomBytes),
      sms,
      hub: createMemoryHub(),
      log,
    };
    const secretKey = config.secretKey ?? (await keepDevelopmentSecret(config.dataDir));
    const secrets = deriveSecrets(secretKey);
    const app = await createApp({ database, deps, config: config.api, secrets });
    opened.push(() => app.close());
    opened.push(await startJobs(app, database, log));
    opened.push(startSweep(app, log));

    const check = async (): Promise<void> => {
      await database.pool.query('select 1');
      await deps.hub.ping();
    };
    const consoleSms = sms instanceof ConsoleSmsGateway ? sms : null;
    return { app, log, consoleSms, dataPlace: place.description, check, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openPostgres(
  config: Config,
  opened: (() => Promise<void> | void)[],
): Promise<{ url: string; description: string }> {
  if (config.databaseUrl !== null) {
    const { host, pathname } = new URL(config.databaseUrl);
    return { url: config.databaseUrl, description: `PostgreSQL at ${host}${pathname}` };
  }
  const directory = path.join(config.dataDir, 'postgres');
  const postgres = await startEmbeddedPostgres({ directory });
  opened.push(() => postgres.stop());
  return { url: postgres.url, description: `${directory} (embedded PostgreSQL)` };
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
