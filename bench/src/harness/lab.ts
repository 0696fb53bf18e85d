import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '@chapar/embedded-postgres';
import pg from 'pg';
import { fillBaseline } from '../data/baseline.ts';
import { fillOurs } from '../data/ours.ts';
import { makePrototypes } from '../data/prototypes.ts';
import { makeWorld, type World } from '../data/world.ts';
import { baselineWire } from '../wire/baseline.ts';
import { ourWire } from '../wire/ours.ts';
import type { Wire } from '../wire/wire.ts';
import { pinLoad, type Pins } from './pin.ts';
import { startProcess, type ServerProcess } from './process.ts';
import { deriveKey, secretKey } from './tokens.ts';

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const ourMain = fileOf('../../../apps/server/src/main.mjs');
const baselineMain = fileOf('../baseline/main.ts');
const collectGarbage = fileOf('./collect-garbage.ts');
const profiles = fileOf('../../profiles');

/** The two that are compared. */
export type SideName = 'baseline' | 'ours';
export const sideNames = ['baseline', 'ours'] as const;

/** How a run is to be. */
export interface LabOptions {
  /** Short, to see that everything works. Its figures say little. */
  isQuick: boolean;
  /** Whether servers leave a CPU profile of their life in `bench/profiles`. */
  isProfiled: boolean;
  signal: AbortSignal;
}

/** Where everything is measured. It ends with the block that it was opened in. */
export interface Lab extends AsyncDisposable {
  options: LabOptions;
  pins: Pins;
  world: World;
  /** Version of PostgreSQL. */
  version: string;
  /** The postmaster. */
  postgresPid: number;
  /** A connection to the database of each side. */
  db: Record<SideName, pg.Client>;
  wires: Record<SideName, Wire>;
  /** Starts a server; its profile, if one is kept, is named by the workload. */
  startSide: (side: SideName, workload: string, database?: string) => Promise<ServerProcess>;
  /** Copies the product's database. @returns a connection to the copy */
  copyDatabase: (name: string) => Promise<pg.Client>;
}

/** How processes tell each other: `memory` where there is one only. */
export const hub = process.env['HUB'] ?? 'memory';

const people = { quick: 2_000, usual: 10_000 };

/** Starts PostgreSQL with the settings of every day and fills a database for each side. */
export async function openLab(options: LabOptions): Promise<Lab> {
  await using undo = new AsyncDisposableStack();
  const pins = pinLoad();
  const folder = await mkdtemp(path.join(tmpdir(), 'chapar-bench-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL does not run as root: another user has to get through.
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ directory: path.join(folder, 'postgres') });
  undo.defer(() => postgres.stop());
  const urlOf = (database: string): string => {
    const url = new URL(postgres.url);
    url.pathname = `/${database}`;
    return url.href;
  };
  const clients: pg.Client[] = [];
  undo.defer(async () => {
    for (const client of clients) {
      await client.end();
    }
  });
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client(urlOf(database));
    clients.push(client);
    // Whatever is asked of a lost connection fails by itself.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };

  const ourEnv = (database: string): Record<string, string> => ({
    DATABASE_URL: urlOf(database),
    DATA_DIR: path.join(folder, 'data'),
    PORT: '0',
    SECRET_KEY: secretKey,
  });
  const world = makeWorld(options.isQuick ? people.quick : people.usual);
  const admin = await connect('postgres');
  await admin.query('create database baseline');
  const db = { baseline: await connect('baseline'), ours: await connect('chapar') };
  const prototypes = await (async () => {
    await using server = await startProcess([process.execPath, [ourMain]], ourEnv('chapar'));
    return await makePrototypes(server.url);
  })();
  await fillOurs(db.ours, world, prototypes);
  await fillBaseline(db.baseline, world);

  let started = 0;
  const startSide: Lab['startSide'] = async (side, workload, database = 'chapar') => {
    options.signal.throwIfAborted();
    started += 1;
    const profile = [
      '--cpu-prof',
      `--cpu-prof-dir=${profiles}`,
      `--cpu-prof-name=${workload}-${side}-${started}.cpuprofile`,
    ];
    const file = side === 'ours' ? ourMain : baselineMain;
    const args = [
      // Only where memory is looked at: it is no part of a server as it runs.
      ...(workload === 'idle' ? ['--expose-gc', `--import=${collectGarbage}`] : []),
      ...(options.isProfiled ? profile : []),
      file,
    ];
    const env =
      side === 'ours'
        ? { ...ourEnv(database), ...production }
        : { DATABASE_URL: urlOf('baseline'), ...baselineKeys() };
    return startProcess(pins.onServerCore(process.execPath, args), env);
  };
  if (options.isProfiled) {
    await mkdir(profiles, { recursive: true });
  }

  const facts = await admin.query<{ version: string; pid: string }>(
    `select current_setting('server_version') as version,
       split_part(pg_read_file('postmaster.pid'), e'\\n', 1) as pid`,
  );
  const opened = undo.move();
  return {
    options,
    pins,
    world,
    version: facts.rows[0]?.version ?? '',
    postgresPid: Number(facts.rows[0]?.pid),
    db,
    wires: { baseline: baselineWire, ours: ourWire },
    startSide,
    async copyDatabase(name) {
      // A database is copied while nobody is connected to it.
      await db.ours.end();
      await admin.query(`create database ${name} template chapar`);
      db.ours = await connect('chapar');
      return connect(name);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/**
 * As an operator runs it, but for one line of log a request, which the baseline does not write, and
 * for limits by address and of sends: one machine plays everybody, and few people write all messages. By
 * itself, as the baseline cannot be otherwise.
 */
const production = {
  NODE_ENV: 'production',
  HUB: hub,
  LOG_LEVEL: 'warn',
  TRUST_PROXY: 'loopback',
  SMS_PROVIDERS: 'webhook',
  SMS_WEBHOOK_URL: 'http://127.0.0.1:9/',
  SMS_WEBHOOK_SECRET: 'nothing is sent by this',
  RATE_LIMITS: 'otp.verify:address=999999/3600',
  CHAT_SENDS_PER_PERSON: '999999/999999',
  CHAT_SENDS_PER_CONVERSATION: '999999/999999',
  CHAT_NEW_ACCOUNT_HOURS: '0',
};

function baselineKeys(): Record<string, string> {
  const text = (use: 'access-token' | 'otp'): string =>
    deriveKey(use).export().toString('base64url');
  return { NODE_ENV: 'production', ACCESS_KEY: text('access-token'), OTP_KEY: text('otp') };
}
