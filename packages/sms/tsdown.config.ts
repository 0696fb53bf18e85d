import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'tsdown';
import manifest from './package.json' with { type: 'json' };

const workspaceOnly = new Set(['private', 'scripts', 'devDependencies']);
const entries = Object.entries(manifest.exports).filter(([, file]) => file.endsWith('.ts'));

/** Where the build puts a source, `./src/testing/index.ts` at `./testing/index.js`. */
function built(source: string, extension: '.js' | '.d.ts'): string {
  return source.replace('./src/', './').replace(/\.ts$/, extension);
}

const published = entries.map(([name, source]): [string, object] => [
  name,
  { types: built(source, '.d.ts'), default: built(source, '.js') },
]);

/** The manifest under which `dist` is published; that of the workspace leads to the sources. */
const publishedManifest = {
  ...Object.fromEntries(Object.entries(manifest).filter(([field]) => !workspaceOnly.has(field))),
  exports: { ...Object.fromEntries(published), './package.json': './package.json' },
};

export default defineConfig({
  entry: entries.map(([, source]) => source),
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  fixedExtension: false,
  hash: false,
  tsconfig: '../../tsconfig.json',
  dts: { generator: 'tsgo' },
  deps: { onlyBundle: [], onlyImport: [] },
  copy: ['README.md', '../../LICENSE'],
  hooks: {
    'build:done': async ({ options }) => {
      const text = `${JSON.stringify(publishedManifest, null, 2)}\n`;
      await writeFile(join(options.outDir, 'package.json'), text);
    },
  },
});
