import { randomBytes, randomInt } from 'node:crypto';
import path from 'node:path';
import {
  createApp,
  createIdSource,
  createMemoryHub,
  createMemoryLimiter,
  createPostgresLimiter,
  createRedisLimiter,
  ensureFirstAdmin,
  migrate,
  openDatabase,
  type App,
  type Clock,
  type Database,
  type Deps,
  type Limiter,
} from '@chapar/api';
import { startEmbeddedPostgres } from '@chapar/embedded-postgres';
import type { Logger } from 'pino';
import type { Config } from './env.ts';
import { createSiteVerify } from './gateways/captcha.ts';
import { ConsoleMailGateway } from './gateways/console-mail.ts';
import { createPwnedPasswords } from './gateways/pwned-passwords.ts';
import { createSmtpMail } from './gateways/smtp-mail.ts';
import type { ConsoleSmsProvider } from './gateways/sms/console.ts';
import { openSms } from './gateways/sms/open.ts';
import { loadTemplates } from './gateways/sms/templates.ts';
import { startJobs } from './jobs/worker.ts';
import { startSweep } from './jobs/sweep.ts';
import { connectRedis } from './redis.ts';
import { deriveSecrets, keepDevelopmentSecret } from './secrets.ts';

/** Everything that is open while the process runs. */
export interface Container {
  app: App;
  log: Logger;
  consoleSms: ConsoleSmsProvider | null;
  consoleMail: ConsoleMailGateway | null;
  /** Where the data lives, for the banner. */
  dataPlace: string;
  /** Whether the database and the bus answer. @throws what is wrong */
  check(): Promise<void>;
  /** Closes in reverse order of opening. */
  close(): Promise<void>;
}

/** What closes a thing that was opened. */
type Undo = () => Promise<void> | void;

const systemClock: Clock = { now: () => new Date() };

/** Opens the real dependencies. What was opened is closed again when a later step fails. */
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
    const mail = openMail(config, print, opened);
    const deps: Deps = {
      clock: systemClock,
      random: { bytes: randomBytes, integer: (below) => randomInt(below) },
      newId: createIdSource(systemClock, randomBytes),
      sms: sms.gateway,
      mail,
      captcha: config.captcha && createSiteVerify(config.captcha),
      breaches: config.breachCheck ? createPwnedPasswords() : null,
      hub: createMemoryHub(),
      log,
    };
    const secretKey = config.secretKey ?? (await keepDevelopmentSecret(config.dataDir));
    const secrets = deriveSecrets(secretKey);
    const sharedLimiter = openLimiter({ config, database, log, opened });
    const app = await createApp({ database, deps, config: api, secrets, sharedLimiter });
    opened.push(() => app.close());
    if (config.firstAdmin) {
      await ensureFirstAdmin(app, config.firstAdmin);
    }
    opened.push(await startJobs(app, database, log));
    opened.push(startSweep(app, log));

    const check = async (): Promise<void> => {
      await database.pool.query('select 1');
      await deps.hub.ping();
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

function openMail({ mail }: Config, print: (line: string) => void, opened: Undo[]): Deps['mail'] {
  if (mail.provider === 'off') {
    return null;
  }
  if (mail.provider === 'console') {
    return new ConsoleMailGateway(print);
  }
  const smtp = createSmtpMail(mail);
  opened.push(() => smtp.close());
  return smtp;
}

/** Where limits are counted that nodes share; without a Redis that answers, in this process. */
function openLimiter({
  config,
  database,
  log,
  opened,
}: {
  config: Config;
  database: Database;
  log: Logger;
  opened: Undo[];
}): Limiter {
  if (config.rateLimitStore === 'postgres') {
    return createPostgresLimiter(database.pool);
  }
  if (config.rateLimitStore === 'memory' || config.redisUrl === null) {
    return createMemoryLimiter();
  }
  const redis = connectRedis(config.redisUrl, log);
  opened.push(redis.close);
  return createRedisLimiter(redis.client, createMemoryLimiter());
}

async function openPostgres(
  config: Config,
  opened: Undo[],
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
