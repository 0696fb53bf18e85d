// `npm run db:demo`: installs what is missing, then fills the database under the Node that npm brought.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, nodeBinary, root } from './install.mjs';

try {
  await ensureInstalled();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const main = join(root, 'apps/server/src/demo/main.ts');
const child = spawn(nodeBinary, [main, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
// A terminal signals the whole group; whoever ends this process alone means both.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('error', (error) => {
  console.error(`It could not be started: ${error.message}`);
  process.exitCode = 1;
});
child.once('exit', (code, signal) => {
  process.exit(code ?? 128 + constants.signals[signal]);
});
