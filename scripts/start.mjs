// `npm start`: installs what is missing, then runs the server under the Node that npm brought.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, nodeBinary, root } from './install.mjs';

try {
  await ensureInstalled();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const main = join(root, 'apps/server/src/main.mjs');
const server = spawn(nodeBinary, [main, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, DO_NOT_TRACK: '1' },
});

// A terminal sends Ctrl-C and its own closing to the whole group, the server included, and npm then
// repeats the signal to this process. Only elsewhere is this process the server's one source.
const fromTerminal = new Set(inForeground() ? ['SIGINT', 'SIGHUP'] : []);
const forwarded = new Set();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => {
    if (!fromTerminal.has(signal) && !forwarded.has(signal)) {
      forwarded.add(signal);
      server.kill(signal);
    }
  });
}

server.once('error', (error) => {
  console.error(`The server could not be started: ${error.message}`);
  process.exitCode = 1;
});
server.once('exit', (code, signal) => {
  process.exit(code ?? 128 + constants.signals[signal]);
});

function inForeground() {
  try {
    // Fields after the name in parentheses: state, parent, group, session, terminal, its group.
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return group === foreground;
  } catch {
    return process.stdin.isTTY === true;
  }
}
