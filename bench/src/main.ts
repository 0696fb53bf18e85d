// `npm run bench [-- <name>] [--write] [--quick] [--profile]`: measures, and prints what came out.
import { measureEnumeration } from './enumeration.ts';
import { checkPlans } from './plans.ts';
import { readOptions } from './options.ts';
import { writeSection } from './report.ts';
import { runSuite, workloadNames } from './suite.ts';

const names = [...workloadNames, 'enumeration', 'plans'];
const options = readOptions(process.argv.slice(2), names);
if (options === null) {
  console.error(`npm run bench [-- <${names.join(' | ')}>] [--write] [--quick] [--profile]`);
  process.exit(1);
}

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => abort.abort(new Error(`ended by ${signal}`)));
}
if (options.name === 'enumeration' || options.name === 'plans') {
  const { isQuick } = options;
  const { signal } = abort;
  const section = await (options.name === 'plans'
    ? checkPlans({ isQuick, signal })
    : measureEnumeration(signal));
  console.log(section);
  if (options.isWritten) {
    await writeSection(options.name, section);
  }
} else {
  console.log(await runSuite({ ...options, signal: abort.signal }));
}
