import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** A user of this machine; both numbers are unsigned, as `stat` gives them. */
export interface User {
  uid: number;
  gid: number;
}

/**
 * Whom to run PostgreSQL as in place of root: the data folder's owner, else `postgres`, else `nobody`.
 * Undefined when none exists that is not root.
 */
export async function chooseUser(directory: string): Promise<User | undefined> {
  const users = await readUsers();
  const owner = await stat(directory).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) {
    const known = users.find((user) => user.uid === owner.uid);
    return { uid: owner.uid, gid: known?.gid ?? owner.gid };
  }
  const named = ['postgres', 'nobody'].map((name) => users.find((user) => user.name === name));
  return named.find((user) => user !== undefined && user.uid !== 0);
}

/**
 * The first thing the user cannot get at by permission bits (access lists are not looked at):
 * a folder it cannot search, or a file it cannot read.
 */
export async function findUnreachable(
  user: User,
  folders: string[],
  files: string[],
): Promise<string | undefined> {
  const searched = [...files.flatMap(ancestors), ...folders.flatMap(ancestors), ...folders];
  for (const folder of new Set(searched)) {
    if (!(await isAllowed(user, folder, 'search'))) {
      return folder;
    }
  }
  for (const file of files) {
    if (!(await isAllowed(user, file, 'read'))) {
      return file;
    }
  }
  return undefined;
}

/** Whether an existing file's permission bits let the user do this to it; `search` of a file is to execute it. */
export async function isAllowed(
  user: User,
  target: string,
  action: 'read' | 'search',
): Promise<boolean> {
  const { mode, uid, gid } = await stat(target);
  const [ofOwner, ofGroup, ofOthers] = mode.toString(8).slice(-3);
  let digit = ofOthers;
  if (uid === user.uid) {
    digit = ofOwner;
  } else if (gid === user.gid) {
    digit = ofGroup;
  }
  return action === 'read' ? Number(digit) >= 4 : Number(digit) % 2 === 1;
}

async function readUsers(): Promise<(User & { name: string })[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined) {
      return [];
    }
    return [{ name, uid: toUnsigned(Number(uid)), gid: toUnsigned(Number(gid)) }];
  });
}

/** macOS writes nobody as -2 where `stat` says 4294967294. */
function toUnsigned(id: number): number {
  return id < 0 ? id + 2 ** 32 : id;
}

function ancestors(target: string): string[] {
  const parent = path.dirname(target);
  return parent === target ? [] : [...ancestors(parent), parent];
}
