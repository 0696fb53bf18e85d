import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';

import { locateBinaries } from './binaries.ts';
import { clearLeftovers, createCluster, hasCluster } from './cluster.ts';
import { EmbeddedPostgresError } from './error.ts';
import { ownPostmaster, type Owned } from './own.ts';
import type { Ownership } from './ownership.ts';
import { stopPostmaster } from './postmaster.ts';
import { chooseRunAs, giveClusterTo } from './run-as.ts';
import { defaultLimits, type Limits, type Setup } from './setup.ts';

export interface EmbeddedPostgresOptions {
  /** Absolute path of the data folder; made when missing. The log goes beside it, to `<directory>.log`. */
  directory: string;
  /** Name of the database to connect to; made when missing. Default `chapar`. */
  database?: string | undefined;
  /** False trades safety against power loss for speed; for tests. Default true. */
  durable?: boolean | undefined;
  /** Told, in one line each, what happens: creation, take-over, a lost session. */
  log?: ((message: string) => void) | undefined;
}

/** A running PostgreSQL that this process owns until `stop`. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** `postgres://user:password@127.0.0.1:port/database`, of the superuser. */
  readonly url: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  readonly directory: string;
  /** `created`: first run here. `started`: the data was here. `taken-over`: a dead owner had left it running. */
  readonly state: 'created' | 'started' | 'taken-over';
  /** Stops PostgreSQL (fast, after 8 s immediate). May be repeated, and called after the server has died. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts PostgreSQL in the folder, or takes over the one that a killed process left running there.
 * Rejects with an `EmbeddedPostgresError` and then leaves nothing running that it owns.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  return startWithin(options, defaultLimits);
}

/** `startEmbeddedPostgres` with other time limits, for tests. */
export async function startWithin(
  options: EmbeddedPostgresOptions,
  limits: Limits,
): Promise<EmbeddedPostgres> {
  const directory = path.resolve(options.directory);
  try {
    return await start(directory, options, limits);
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) {
      throw error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `PostgreSQL did not start in ${directory}: ${reason}. Mend that, choose another DATA_DIR, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

async function start(
  directory: string,
  options: EmbeddedPostgresOptions,
  limits: Limits,
): Promise<EmbeddedPostgres> {
  const { database = 'chapar', durable = true, log = () => undefined } = options;
  const binaries = await locateBinaries();
  const real = await prepareParent(directory);
  const runAs = await chooseRunAs(real, binaries);
  const setup = { directory: real, binaries, runAs, durable, limits, log };

  const made = await ensureCluster(setup);
  const owned = await ownPostmaster(setup);
  const stop = makeStop(owned, setup);
  try {
    await ensureDatabase(owned.ownership, database);
  } catch (error) {
    await stop();
    throw error;
  }
  const launchState = made ? 'created' : 'started';
  const state = owned.launched ? launchState : 'taken-over';
  log(`PostgreSQL ${state} in ${directory}, port ${owned.port}`);
  const url = `postgres://postgres:${owned.password}@127.0.0.1:${owned.port}/${encodeURIComponent(database)}`;
  return { url, port: owned.port, directory, state, stop, [Symbol.asyncDispose]: stop };
}

/** Makes the folder's parent and gives the folder's real path: PostgreSQL and /proc name it by that. */
async function prepareParent(directory: string): Promise<string> {
  const parent = path.dirname(directory);
  await mkdir(parent, { recursive: true });
  const whole = await realpath(directory).catch(() => undefined);
  return whole ?? path.join(await realpath(parent), path.basename(directory));
}

/** Leaves a whole cluster in the folder; true when this call made it. */
async function ensureCluster(setup: Setup): Promise<boolean> {
  const { directory, binaries, runAs, log } = setup;
  await clearLeftovers(directory);
  if (await hasCluster(directory, binaries)) {
    await giveClusterTo(runAs, directory);
    return false;
  }
  log(`Creating a PostgreSQL ${binaries.major} cluster in ${directory}`);
  return createCluster(setup);
}

async function ensureDatabase(ownership: Ownership, name: string): Promise<void> {
  const found = await ownership.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (found.length === 0) {
    await ownership.query(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
  }
}

/** The lock is held until the server is down: nobody may take over what is about to stop. */
function makeStop({ pid, ownership }: Owned, setup: Setup): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    ownership.release();
    if (!ownership.lostToAnother) {
      await stopPostmaster(pid, 'fast', setup);
    }
    await ownership.close();
  };
  return async () => (stopping ??= stop());
}
