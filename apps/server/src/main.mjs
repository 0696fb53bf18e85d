import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Most of a start is reading code: what was compiled once is kept beside the packages, where they may be
// written to. It has to be on before anything else is loaded, and this file is plain JavaScript so that Node
// need not load what strips types when everything else is there already.
enableCompileCache(
  fileURLToPath(new URL('../../../node_modules/.cache/chapar-compiled', import.meta.url)),
);
const { reasonOf, serve } = await import('./serve.ts');

try {
  await serve();
  flushCompileCache();
} catch (error) {
  process.stderr.write(`Chapar cannot start. ${reasonOf(error)}\n`);
  process.exit(1);
}
