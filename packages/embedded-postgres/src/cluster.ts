import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

import type { Binaries } from './binaries.ts';
import { endOf } from './child.ts';
import { EmbeddedPostgresError, systemCode } from './error.ts';
import { explainFailure, explainSpawnError, spawnExplained } from './explain.ts';
import { commandAs, giveTo } from './run-as.ts';
import type { Setup } from './setup.ts';

/** The password's file, inside the data folder so that both appear in one rename. */
const passwordFile = 'chapar.password';

/** Folders this process is initialising now; a second start in the same process must leave them alone. */
const unfinished = new Set<string>();

/**
 * Whether the folder holds a cluster of these binaries' major version. False: it is missing or empty.
 * Fails with `START_FAILED` for another version and for a folder with other things in it.
 */
export async function hasCluster(directory: string, binaries: Binaries): Promise<boolean> {
  const version = await readFile(path.join(directory, 'PG_VERSION'), 'utf8').catch(
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') {
        return undefined;
      }
      throw error;
    },
  );
  if (version === undefined) {
    const entries = await readdir(directory).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') {
        return [];
      }
      throw error;
    });
    if (entries.length === 0) {
      return false;
    }
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `${directory} is not empty and not a PostgreSQL cluster: move it away, or choose another DATA_DIR.`,
    );
  }
  if (version.trim() === String(binaries.major)) {
    return true;
  }
  throw new EmbeddedPostgresError(
    'START_FAILED',
    `${directory} was made by PostgreSQL ${version.trim()} and this is ${binaries.major}: move the folder away to begin anew (dump it with the old version first if you need the data), or set DATABASE_URL.`,
  );
}

/**
 * Makes the cluster in a folder beside and renames it into place when it is whole.
 * Resolves to false when another process was faster; its cluster stays.
 */
export async function createCluster(setup: Setup): Promise<boolean> {
  const { directory, runAs } = setup;
  const folder = `${directory}.init-${process.pid}-${randomBytes(4).toString('hex')}`;
  const data = path.join(folder, 'data');
  const password = path.join(folder, 'password');
  unfinished.add(folder);
  try {
    await mkdir(folder, { mode: 0o700 });
    await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
    await giveTo(runAs, password);
    await giveTo(runAs, folder);
    await runInitdb(data, password, setup);
    await rename(password, path.join(data, passwordFile));
    await chmod(path.join(data, passwordFile), 0o600);
    await rename(data, directory);
    if (setup.durable) {
      await syncFolder(path.dirname(directory));
    }
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOTEMPTY' || systemCode(error) === 'EEXIST') {
      return false;
    }
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    unfinished.delete(folder);
  }
}

/** Removes what first runs that were cut off left beside the folder, except those of processes still at it. */
export async function clearLeftovers(directory: string): Promise<void> {
  const parent = path.dirname(directory);
  const prefix = `${path.basename(directory)}.init-`;
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const folder = path.join(parent, name);
    if (await isBeingMade(folder, Number.parseInt(name.slice(prefix.length), 10))) {
      continue;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** The superuser's password. Fails with `START_FAILED` when its file is gone. */
export async function readPassword(directory: string): Promise<string> {
  const file = path.join(directory, passwordFile);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw error;
    }
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `${file} is missing, and with it the password of the cluster: restore it, or move the folder away to begin anew.`,
      { cause: error },
    );
  }
}

async function runInitdb(data: string, password: string, setup: Setup): Promise<void> {
  const { binaries, runAs, durable } = setup;
  const command = commandAs(runAs, binaries.initdb, [
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${password}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ]);
  const child = spawnExplained(
    () =>
      spawn(command.file, command.args, { ...command.options, stdio: ['ignore', 'pipe', 'pipe'] }),
    binaries,
  );
  let output = '';
  const collect = (text: string) => {
    output = (output + text).slice(-64 * 1024);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const end = await endOf(child);
  if (end instanceof Error) {
    throw explainSpawnError(end, binaries);
  }
  if (end !== 'status 0') {
    throw explainFailure(output, `initdb ended with ${end}`, binaries);
  }
}

/** A leftover belongs to a live process for ten minutes at most; by then its number means somebody else. */
async function isBeingMade(folder: string, pid: number): Promise<boolean> {
  if (pid === process.pid) {
    return unfinished.has(folder);
  }
  const modifiedAt = await stat(folder).then(
    (found) => found.mtimeMs,
    () => 0,
  );
  if (Number.isNaN(pid) || Date.now() - modifiedAt > 600_000) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}
