import { randomBytes, randomInt } from 'node:crypto';
import path from 'node:path';
import {
  createApp,
  createIdSource,
  ensureFirstAdmin,
  migrate,
  openDatabase,
  preparePartitions,
  type App,
  type Clock,
  type Deps,
  type Random,
} from '@chapar/api';
import type { Logger } from 'pino';
import { openHub, openLimiter, openRedis, type Undo } from './cluster.ts';
import type { Config } from './env.ts';
import { createSiteVerify } from './gateways/captcha.ts';
import { ConsoleMailGateway } from './gateways/console-mail.ts';
import { createPwnedPasswords } from './gateways/pwned-passwords.ts';
import type { ConsoleSmsProvider } from './gateways/sms/console.ts';
import { openSms } from './gateways/sms/open.ts';
import { loadTemplates } from './gateways/sms/templates.ts';
import { startJobs } from './jobs/worker.ts';
import { startSweep } from './jobs/sweep.ts';
import { deriveSecrets, keepDevelopmentSecret } from './secrets.ts';

/** Everything that is open while the process runs. */
export interface Container {
  app: App;
  log: Logger;
  consoleSms: ConsoleSmsProvider | null;
  consoleMail: ConsoleMailGateway | null;
  /** Where the data lives, for the banner. */
  dataPlace: string;
  /** Whether other processes can be reached. @throws why the database does not answer */
  check(): Promise<{ bus: 'connected' | 'away' }>;
  /** Closes in reverse order of opening. */
  close(): Promise<void>;
}

const systemClock: Clock = { now: () => new Date() };
const random: Random = { bytes: randomBytes, integer: (below) => randomInt(below) };

/**
 * Opens the real dependencies. What was opened is closed again when a later step fails. What only some
 * configurations need is loaded when they do: it is a good part of the time that a start takes.
 */
export async function openContainer(
  config: Config,
  log: Logger,
  print: (line: string) => void = printLine,
): Promise<Container> {
  const opened: Undo[] = [];
  const close = async (): Promise<void> => {
    for (const undo of opened.splice(0).toReversed()) {
      await undo();
    }
  };
  try {
    const { sms: settings, api } = config;
    const templates = await loadTemplates(settings.templatesFile, api);
    const place = await openPostgres(config, opened);
    const database = await openDatabase({
      url: place.url,
      poolSize: config.poolSize,
      onLog: (message) => log.debug(message),
    });
    opened.push(() => database.close());
    await migrate(database);

    const sms = openSms({ sms: settings, api, templates, log, print });
    const mail = await openMail(config, print, opened);
    const common = { config, database, log, opened, random };
    const redis = await openRedis(common);
    const deps: Deps = {
      clock: systemClock,
      random,
      newId: createIdSource(systemClock, randomBytes),
      sms: sms.gateway,
      mail,
      captcha: config.captcha && createSiteVerify(config.captcha),
      breaches: config.breachCheck ? createPwnedPasswords() : null,
      hub: await openHub({ ...common, redis }),
      log,
    };
    const secretKey = config.secretKey ?? (await keepDevelopmentSecret(config.dataDir));
    const secrets = deriveSecrets(secretKey);
    const sharedLimiter = openLimiter({ ...common, redis });
    const isLive = config.role !== 'http';
    const app = await createApp({ database, deps, config: api, secrets, sharedLimiter, isLive });
    opened.push(() => app.close());
    await preparePartitions(app);
    if (config.firstAdmin) {
      await ensureFirstAdmin(app, config.firstAdmin);
    }
    if (config.role !== 'socket') {
      opened.push(await startJobs(app, database, log));
      opened.push(startSweep(app, log));
    }

    const check: Container['check'] = async () => {
      await database.pool.query('select 1');
      return { bus: deps.hub.isConnected ? 'connected' : 'away' };
    };
    return {
      app,
      log,
      consoleSms: sms.console,
      consoleMail: mail instanceof ConsoleMailGateway ? mail : null,
      dataPlace: place.description,
      check,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openMail(
  { mail }: Config,
  print: (line: string) => void,
  opened: Undo[],
): Promise<Deps['mail']> {
  if (mail.provider === 'off') {
    return null;
  }
  if (mail.provider === 'console') {
    return new ConsoleMailGateway(print);
  }
  const { createSmtpMail } = await import('./gateways/smtp-mail.ts');
  const smtp = createSmtpMail(mail);
  opened.push(() => smtp.close());
  return smtp;
}

/** Opens the database of the configuration: the one of its URL, or an embedded PostgreSQL in its data folder. */
export async function openPostgres(
  config: Config,
  opened: Undo[],
): Promise<{ url: string; description: string }> {
  if (config.databaseUrl !== null) {
    const { host, pathname } = new URL(config.databaseUrl);
    return { url: config.databaseUrl, description: `PostgreSQL at ${host}${pathname}` };
  }
  const { startEmbeddedPostgres } = await import('@chapar/embedded-postgres');
  const directory = path.join(config.dataDir, 'postgres');
  const postgres = await startEmbeddedPostgres({ directory });
  opened.push(() => postgres.stop());
  return { url: postgres.url, description: `${directory} (embedded PostgreSQL)` };
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
