import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: 'src/index.ts',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  // The declarations come from sources of several packages; the compiler has to see them all.
  tsconfig: '../../tsconfig.json',
  dts: { generator: 'tsgo' },
  // `Symbol.asyncDispose` is younger than the libraries that many projects compile with.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  // The documentation is in the declarations.
  outputOptions: { comments: { jsdoc: false } },
  deps: {
    neverBundle: [/^@trpc\//, 'superjson'],
    onlyBundle: [],
  },
});
