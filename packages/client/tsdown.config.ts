import { defineConfig, type UserConfig } from 'tsdown';

const base: UserConfig = {
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  // The declarations come from sources of several packages; the compiler has to see them all.
  tsconfig: '../../tsconfig.json',
  dts: { generator: 'tsgo' },
  // The documentation is in the declarations.
  outputOptions: { comments: { jsdoc: false } },
  deps: {
    neverBundle: [/^@trpc\//, 'superjson'],
    onlyBundle: [],
  },
};

export default defineConfig([
  {
    ...base,
    entry: 'src/index.ts',
    // `Symbol.asyncDispose` is younger than the libraries that many projects compile with.
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
  },
  {
    ...base,
    entry: { chat: 'src/chat-state.ts' },
    clean: false,
    // What the router looks like is said once, beside.
    plugins: [
      {
        name: 'types-of-index',
        resolveId: (id) => (id === './types.ts' ? { id: './index.js', external: true } : null),
      },
    ],
  },
]);
