import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../..');
const client = path.resolve(import.meta.dirname, '..');
const fixtures = path.resolve(import.meta.dirname, 'consumer');
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);

/**
 * A little above what the declarations take now: growth beyond that is to be noticed. About 1,000 for each
 * procedure; chat in groups and channels, blocks and organizations came to what was 50,000.
 */
const declarationBudget = 125_000;
/** Without comments. The outbox and the live state came to what was 44,000 before. */
const scriptBudget = 62_000;
/** The state of the chats, which is loaded by those who ask for it. */
const chatBudget = 20_000;
const slow = 120_000;

let folder = '';
let project = '';
let tarball = '';

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
  const built = await readdir(path.join(client, 'dist')).catch((): string[] => []);
  if (!['index.js', 'index.d.ts', 'chat.js', 'chat.d.ts'].every((file) => built.includes(file))) {
    throw new Error('packages/client/dist is missing: build it first with `npx turbo build`');
  }
  folder = await mkdtemp(path.join(tmpdir(), 'chapar-consumer-'));
  project = path.join(folder, 'project');
  const packed = await execute(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    client,
  );
  tarball = path.join(folder, (JSON.parse(packed) as [{ filename: string }])[0].filename);
  await mkdir(project);
  await writeFile(
    path.join(project, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  await execute(
    'npm',
    ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball],
    project,
  );
  for (const file of await readdir(fixtures)) {
    await copyFile(path.join(fixtures, file), path.join(project, file));
  }
}, slow);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Compilation {
  moduleResolution: 'nodenext' | 'bundler';
  lib: string[];
  files: string[];
}

/** Compiles strictly, library checks on. @returns the errors */
async function compile(options: Compilation): Promise<string[]> {
  const { files, moduleResolution, lib } = options;
  const compilerOptions = {
    module: moduleResolution === 'nodenext' ? 'nodenext' : 'preserve',
    moduleResolution,
    lib,
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
  };
  const config = path.join(project, `tsconfig.${moduleResolution}.json`);
  await writeFile(config, JSON.stringify({ compilerOptions, files }));
  const output = await execute(bin('tsc'), ['-p', config], project).catch(
    (error: unknown) => (error as Error).message,
  );
  return output.split('\n').filter((line) => line.includes('error TS'));
}

const dom = ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'];

test.each(['nodenext', 'bundler'] as const)(
  'a strict consumer compiles under %s, library checks on',
  async (moduleResolution) => {
    const files = ['app.ts', 'browser.ts', 'chat.ts'];
    expect(await compile({ moduleResolution, lib: dom, files })).toEqual([]);
  },
  slow,
);

test(
  'without the DOM library only the declarations of tRPC itself complain',
  async () => {
    const lib = ['es2022'];
    const errors = await compile({ moduleResolution: 'nodenext', lib, files: ['app.ts'] });
    expect(errors.filter((line) => !line.startsWith('node_modules/@trpc/'))).toEqual([]);
  },
  slow,
);

test('the declarations import nothing but tRPC and superjson, and fit their budget', async () => {
  const text = await readFile(path.join(client, 'dist/index.d.ts'), 'utf8');
  const imports = [...text.matchAll(/(?:\bfrom|\bimport\(|\breference \w+=)\s*["']([^"']+)["']/g)];
  const allowed = /^(@trpc\/(client|server)(\/|$)|superjson$|esnext\.disposable$)/;
  const foreign = imports.map(([, name = '']) => name).filter((name) => !allowed.test(name));
  expect(foreign).toEqual([]);
  const code = text.replaceAll(/\/\*[^]*?\*\//g, '');
  const leaks = code.match(/fastify|mikro|kysely|zod|\bConnection\b|node:|\bany\b/gi);
  expect(leaks).toBeNull();
  expect(text.length).toBeLessThan(declarationBudget);
});

test('the script holds nothing of the server and no schemas', async () => {
  const text = await readFile(path.join(client, 'dist/index.js'), 'utf8');
  const imports = [...text.matchAll(/^import .* from ["']([^"']+)["']/gm)].map(([, name]) => name);
  expect(new Set(imports)).toEqual(
    new Set(['@trpc/client', '@trpc/server/observable', 'superjson']),
  );
  expect(text).not.toMatch(/\bzod\b|z\.object|node:|require\(/);
  expect(text.length).toBeLessThan(scriptBudget);
});

test('the state of the chats is a file of its own that loads nothing, with few declarations', async () => {
  const script = await readFile(path.join(client, 'dist/chat.js'), 'utf8');
  expect(script).not.toMatch(/\bimport\b|\brequire\(/);
  expect(script.length).toBeLessThan(chatBudget);
  const declarations = await readFile(path.join(client, 'dist/chat.d.ts'), 'utf8');
  const imports = [...declarations.matchAll(/\bfrom ["']([^"']+)["']/g)].map(([, name]) => name);
  expect(imports).toEqual(['./index.js']);
  expect(declarations.length).toBeLessThan(chatBudget / 2);
  const main = await readFile(path.join(client, 'dist/index.js'), 'utf8');
  expect(main).not.toContain('applyChatEvent');
});

test(
  'runs in Node from the tarball',
  async () => {
    expect(await execute(process.execPath, ['run.mjs'], project)).toBe('runs');
  },
  slow,
);

test(
  'publint and attw find nothing',
  async () => {
    const publint = await execute(bin('publint'), ['run', '--strict', tarball], client);
    expect(publint).toContain('All good!');
    const attw = await execute(bin('attw'), [tarball, '--profile', 'esm-only'], client);
    expect(attw).toContain('(ESM)');
  },
  slow,
);
