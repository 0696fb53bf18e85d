// `npm run quickstart`: runs examples/quickstart.ts against the server of `npm start`. Any Node from
// 20 on starts it; the example itself runs under the newer Node, with the client that is published.
import { spawnSync } from 'node:child_process';
import { ensureInstalled, root, toolEnvironment } from './install.mjs';

try {
  await ensureInstalled();
  run('turbo', ['run', 'build', '--output-logs=errors-only', '--no-color'], 'pipe');
  run('node', ['examples/quickstart.ts'], 'inherit');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function run(command, args, stdio) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    env: toolEnvironment(),
    stdio,
    encoding: 'utf8',
  });
  if (error) {
    throw error;
  }
  if (status !== 0) {
    throw new Error(`${stdout ?? ''}${stderr ?? ''}${command} failed; is \`npm start\` running?`);
  }
}
