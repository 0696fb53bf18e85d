// `npm test`: the whole gate. Runs under any Node from 20 on; its children run under the newer Node.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root, toolEnvironment } from './install.mjs';

const help = `npm test                               static checks, then every test
npm test -- <filter>                   static checks, then the tests that vitest's filter picks
npm test -- --only-tests [<filter>]    the builds and the tests, without the other checks

A filter is what \`vitest run\` takes: a part of a file's path, or -t <a part of a test's name>.
The last line is "N passed, N failed"; a failed check counts as one failure.`;

const format = { name: 'format', command: ['oxfmt', '--check'] };
const build = {
  name: 'build',
  command: ['turbo', 'run', 'build', '--output-logs=errors-only', '--no-color'],
};
// What stands in the second stage reads the types that the build writes.
const stages = [
  [format, build],
  [
    { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
    { name: 'types', command: ['tsc', '--noEmit'] },
    { name: 'boundaries', command: ['npm', 'run', '--silent', 'boundaries'] },
    { name: 'unused code', command: ['knip'] },
  ],
];
const sideBySide = 2;
const children = new Set();

const options = process.argv.slice(2);
if (options.includes('--help')) {
  console.log(help);
} else {
  const { passed, failed, skipped } = await gate();
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  const tail = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(`${passed} passed, ${failed} failed${tail}`);
}

async function gate() {
  const oneFailure = { passed: 0, failed: 1, skipped: 0 };
  try {
    await ensureInstalled();
  } catch (error) {
    console.log(error.message);
    return oneFailure;
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      stopChildren();
      process.exit(128 + constants.signals[signal]);
    });
  }
  const onlyTests = options.includes('--only-tests');
  for (const stage of onlyTests ? [[build]] : stages) {
    if (!(await runChecks(stage))) {
      return oneFailure;
    }
  }
  return runTests(options.filter((option) => option !== '--only-tests'));
}

/** Runs the checks in their order, a few side by side; the first failure stops the rest. */
async function runChecks(checks) {
  const waiting = [...checks];
  let failed = false;
  const worker = async () => {
    for (let check = waiting.shift(); check && !failed; check = waiting.shift()) {
      const started = Date.now();
      const { code, output } = await run(check.command, 'pipe');
      if (failed) {
        return;
      }
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${check.name} ${seconds(started)}`);
      if (code !== 0) {
        failed = true;
        stopChildren();
        console.log(output.trimEnd());
      }
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
  return !failed;
}

async function runTests(filter) {
  const directory = mkdtempSync(join(tmpdir(), 'chapar-test-'));
  const report = join(directory, 'report.json');
  const started = Date.now();
  try {
    const reporters = ['default', 'json', './scripts/skipped-reporter.mjs'];
    const { code } = await run(
      [
        'vitest',
        'run',
        ...reporters.map((reporter) => `--reporter=${reporter}`),
        `--outputFile.json=${report}`,
        ...filter,
      ],
      'inherit',
    );
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} tests ${seconds(started)}`);
    return count(report, code);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function count(report, code) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    console.log('vitest wrote no report.');
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const passed = result.numPassedTests;
  // A file that fails outside its tests (while loading, or in a hook) has no failed test to count.
  const failedFiles = result.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  let failed = result.numFailedTests + failedFiles;
  if (passed + failed === 0) {
    console.log('No test ran.');
  }
  if (failed === 0 && (code !== 0 || passed === 0)) {
    failed = 1;
  }
  return { passed, failed, skipped: result.numPendingTests + result.numTodoTests };
}

function run([tool, ...args], output) {
  return new Promise((resolve) => {
    const child = spawn(tool, args, {
      cwd: root,
      env: toolEnvironment(),
      shell: process.platform === 'win32',
      stdio: ['ignore', output, output],
    });
    children.add(child);
    let text = '';
    child.stdout?.on('data', (part) => (text += part));
    child.stderr?.on('data', (part) => (text += part));
    child.once('error', (error) => resolve({ code: 1, output: `${tool}: ${error.message}` }));
    child.once('close', (code) => {
      children.delete(child);
      resolve({ code: code ?? 1, output: text });
    });
  });
}

function stopChildren() {
  for (const child of children) {
    child.kill('SIGTERM');
  }
}

function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}
