// `npm run bench -- <name> [--write]`: runs one benchmark and prints its section of RESULTS.md.
import { measureEnumeration } from './enumeration.ts';
import { writeSection } from './report.ts';

/** Every benchmark by its name. Each answers with its section of the page. */
const benchmarks: Record<string, (signal: AbortSignal) => Promise<string>> = {
  enumeration: measureEnumeration,
};

const [name = '', ...options] = process.argv.slice(2);
const measure = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (measure === undefined || options.some((option) => option !== '--write')) {
  console.error(`npm run bench -- <${Object.keys(benchmarks).join(' | ')}> [--write]`);
  process.exit(1);
}

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => abort.abort(new Error(`ended by ${signal}`)));
}
const section = await measure(abort.signal);
console.log(section);
if (options.includes('--write')) {
  await writeSection(name, section);
}
