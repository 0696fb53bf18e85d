import { execFile } from 'node:child_process';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../..');
const dist = path.resolve(import.meta.dirname, '../dist');
const fixtures = path.resolve(import.meta.dirname, 'consumer');
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);

/** Some 15 % above what the package takes now: growth beyond that is to be noticed. */
const packedBudget = 85_500;
const unpackedBudget = 292_000;
const slow = 120_000;

interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}

let folder = '';
let project = '';
let tarball = '';
let packed: Packed;
/** The files of the installed package by their paths. */
const texts = new Map<string, string>();

/** Runs a program; what it printed is in the error when it fails. */
async function execute(file: string, args: string[], cwd: string): Promise<string> {
  try {
    return (await run(file, args, { cwd, env: { ...process.env, NO_COLOR: '1' } })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${file} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

beforeAll(async () => {
  const built = await readdir(dist).catch((): string[] => []);
  if (!built.includes('package.json')) {
    throw new Error('packages/sms/dist is missing: build it first with `npx turbo build`');
  }
  folder = await mkdtemp(path.join(tmpdir(), 'chapar-sms-'));
  project = path.join(folder, 'project');
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  [packed] = JSON.parse(await execute('npm', args, dist)) as [Packed];
  tarball = path.join(folder, packed.filename);
  await mkdir(project);
  await writeFile(
    path.join(project, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  await execute(
    'npm',
    ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball],
    project,
  );
  await mkdir(path.join(project, 'node_modules/@types'));
  await symlink(
    path.join(root, 'node_modules/@types/node'),
    path.join(project, 'node_modules/@types/node'),
    'junction',
  );
  for (const file of await readdir(fixtures)) {
    await copyFile(path.join(fixtures, file), path.join(project, file));
  }
  const installed = path.join(project, 'node_modules/@chapar/sms');
  for (const { path: file } of packed.files) {
    texts.set(file, await readFile(path.join(installed, file), 'utf8'));
  }
}, slow);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Compiles strictly, library checks on. @returns the errors */
async function compile(moduleResolution: 'nodenext' | 'bundler'): Promise<string[]> {
  const compilerOptions = {
    module: moduleResolution === 'nodenext' ? 'nodenext' : 'preserve',
    moduleResolution,
    lib: ['es2022'],
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  };
  const config = path.join(project, `tsconfig.${moduleResolution}.json`);
  await writeFile(config, JSON.stringify({ compilerOptions, files: ['app.ts', 'fakes.ts'] }));
  const output = await execute(bin('tsc'), ['-p', config], project).catch(
    (error: unknown) => (error as Error).message,
  );
  return output.split('\n').filter((line) => line.includes('error TS'));
}

test.each(['nodenext', 'bundler'] as const)(
  'a strict consumer of both entries compiles under %s, library checks on',
  async (moduleResolution) => {
    expect(await compile(moduleResolution)).toEqual([]);
  },
  slow,
);

const sent = 'accepted: سلام';

test(
  'both entries run in Node from the tarball',
  async () => {
    expect(await execute(process.execPath, ['run.mjs'], project)).toBe(sent);
  },
  slow,
);

/** The oldest Node on the path that the package still promises to run under. */
async function oldestNode(): Promise<{ file: string; major: number } | undefined> {
  const oldest = Number.parseInt(manifest.engines.node.replace(/\D+/, ''), 10);
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const found: { file: string; major: number }[] = [];
  for (const directory of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(directory, name);
    const version = await execute(file, ['--version'], root).catch(() => '');
    const major = Number.parseInt(version.slice(1), 10);
    if (major >= oldest) {
      found.push({ file, major });
    }
  }
  return found.toSorted((one, other) => one.major - other.major)[0];
}

test(
  'both entries run in the oldest Node of this machine',
  async ({ skip }) => {
    const node = await oldestNode();
    const current = Number.parseInt(process.versions.node, 10);
    skip(node === undefined || node.major >= current, 'no older Node is on the path');
    expect(await execute(node!.file, ['run.mjs'], project)).toBe(sent);
  },
  slow,
);

test(
  'publint and attw find nothing',
  async () => {
    const publint = await execute(bin('publint'), ['run', '--strict', tarball], root);
    expect(publint).toContain('All good!');
    const attw = await execute(bin('attw'), [tarball, '--profile', 'esm-only'], root);
    expect(attw).toContain('"@chapar/sms/testing"');
    expect(attw).toContain('(ESM)');
  },
  slow,
);

test('the manifest is that of the workspace, led to the built files and open to the public', () => {
  const { name, version, description, license, type, sideEffects, engines } = manifest;
  expect(JSON.parse(texts.get('package.json')!)).toEqual({
    name,
    version,
    description,
    license,
    type,
    sideEffects,
    engines,
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './testing': { types: './testing/index.d.ts', default: './testing/index.js' },
      './package.json': './package.json',
    },
  });
  expect(manifest.private).toBe(true);
});

test('the package holds code, declarations, README and license, and fits its budget', () => {
  const files = [...texts.keys()];
  const known = /^(LICENSE|README\.md|package\.json|(testing\/)?[a-z-]+\.(js|d\.ts))$/;
  expect(files.filter((file) => !known.test(file))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md']));
  expect(packed.size).toBeLessThan(packedBudget);
  expect(packed.unpackedSize).toBeLessThan(unpackedBudget);
});

test('the package names no tests and no path of the machine that built it', () => {
  const leak = /vitest|fast-check|\.test\.|[\\/]test[\\/]|file:\/\/|\/(home|Users|tmp|root)\//;
  const leaks = [...texts].map(([file, text]) => [
    file,
    text.includes(root) ? root : leak.exec(text)?.[0],
  ]);
  expect(leaks.filter(([, found]) => found !== undefined)).toEqual([]);
});

const code = (): [string, string][] => [...texts].filter(([file]) => /\.(js|d\.ts)$/.test(file));

test('the package imports nothing but Node', () => {
  const specifier = /^(?:import|export)\b.*["']([^"']+)["'];$|\bimport\(["']([^"']+)["']\)/gm;
  const imports = code().flatMap(([, text]) => [...text.matchAll(specifier)]);
  const foreign = imports
    .map(([, name, type]) => name ?? type ?? '')
    .filter((name) => !/^(\.|node:)/.test(name));
  expect(imports).not.toEqual([]);
  expect(foreign).toEqual([]);
});

test('no source is built into two files, so that the entries share their classes', () => {
  const sources = code().flatMap(([, text]) => text.match(/^\/\/ src\/.+\.ts$/gm) ?? []);
  expect(sources).toEqual(expect.arrayContaining(['// src/http.ts', '// src/router.ts']));
  expect(sources.filter((source, index) => sources.indexOf(source) !== index)).toEqual([]);
});
