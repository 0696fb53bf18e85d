import { access, chown, constants, lchown, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './error.ts';
import { chooseUser, findUnreachable, isAllowed, type User } from './users.ts';

/** Who PostgreSQL runs as when this process is root, which PostgreSQL refuses to be. */
export interface RunAs extends User {
  /** Set where the user cannot reach the files by permission bits: setpriv and the capabilities it passes on. */
  setpriv?: { file: string; capabilities: string[] };
}

/** What to hand to `child_process.spawn`. */
export interface Command {
  file: string;
  args: string[];
  options: { cwd: string; env: Record<string, string>; uid?: number; gid?: number };
}

/**
 * Decides how to run PostgreSQL: undefined, plainly, unless this process is root.
 * Fails with `CANNOT_RUN` when there is no way.
 * @param directory the data folder, which may not exist yet; its parent does
 */
export async function chooseRunAs(
  directory: string,
  binaries: Binaries,
): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const user = await chooseUser(directory);
  if (user === undefined) {
    throw new EmbeddedPostgresError(
      'CANNOT_RUN',
      'PostgreSQL does not run as root, and there is neither a user postgres nor nobody: start as another user, or set DATABASE_URL.',
    );
  }
  const executable = await isAllowed(user, binaries.postgres, 'search');
  const unreachable = await findUnreachable(user, [path.dirname(directory)], binaries.needed);
  if (executable && unreachable === undefined) {
    return user;
  }
  const file = await findProgram('setpriv');
  if (file === undefined) {
    throw new EmbeddedPostgresError(
      'CANNOT_RUN',
      `PostgreSQL does not run as root, and the user it would run as (uid ${user.uid}) has no access to ` +
        `${unreachable ?? binaries.postgres}: start as another user, install setpriv (util-linux), move the folder, or set DATABASE_URL.`,
    );
  }
  // To read and search is enough, and far less power than to override every permission;
  // that is needed only where the binaries may not be executed (installed under umask 077).
  const capabilities = executable ? ['dac_read_search'] : ['dac_read_search', 'dac_override'];
  return { ...user, setpriv: { file, capabilities } };
}

/** The command that runs `file` as the chosen user, in a clean environment: no PG* or locale variable gets through. */
export function commandAs(runAs: RunAs | undefined, file: string, args: string[]): Command {
  const env = { LC_ALL: 'C', PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
  const options = { cwd: '/', env };
  if (runAs === undefined) {
    return { file, args, options };
  }
  const { uid, gid, setpriv } = runAs;
  if (setpriv === undefined) {
    return { file, args, options: { ...options, uid: toSigned(uid), gid: toSigned(gid) } };
  }
  const capabilities = setpriv.capabilities.map((name) => `+${name}`).join(',');
  const switches = [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=${capabilities}`,
    `--ambient-caps=${capabilities}`,
    // access(2), with which PostgreSQL looks for its own programs, leaves the capabilities of
    // a user other than root out of account unless this bit is set.
    '--securebits=+no_setuid_fixup',
  ];
  return { file: setpriv.file, args: [...switches, file, ...args], options };
}

/** Gives a file or folder (not its content) to the chosen user; nothing when not root. */
export async function giveTo(runAs: RunAs | undefined, target: string): Promise<void> {
  if (runAs === undefined) {
    return;
  }
  try {
    await chown(target, runAs.uid, runAs.gid);
  } catch (error) {
    throw new EmbeddedPostgresError(
      'CANNOT_RUN',
      `PostgreSQL does not run as root, and ${target} cannot be given to uid ${runAs.uid}: start as another user, choose another DATA_DIR, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Gives a whole data folder that root owns (a copy, a restored backup) to the chosen user; itself last. */
export async function giveClusterTo(runAs: RunAs | undefined, directory: string): Promise<void> {
  if (runAs === undefined || (await stat(directory)).uid !== 0) {
    return;
  }
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    await lchown(path.join(entry.parentPath, entry.name), runAs.uid, runAs.gid);
  }
  await giveTo(runAs, directory);
}

/** `spawn` takes ids as signed 32-bit numbers. */
function toSigned(id: number): number {
  return id >= 2 ** 31 ? id - 2 ** 32 : id;
}

async function findProgram(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/bin', '/bin'];
  for (const folder of folders.filter((entry) => path.isAbsolute(entry))) {
    const file = path.join(folder, name);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) {
      return file;
    }
  }
  return undefined;
}
