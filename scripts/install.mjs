// Makes node_modules equal to package-lock.json. Runs under any Node from 20 on, with no dependency.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { takeLock } from './lock.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const windows = process.platform === 'win32';
const binaries = join(root, 'node_modules', '.bin');
const packageLock = join(root, 'package-lock.json');
const stampFile = join(root, 'node_modules', '.chapar-installed');
// Not in node_modules: `npm ci` removes that directory.
const runningFile = join(root, '.cache', 'install.lock');
const npmFile = join(root, '.cache', 'install.npm');
const orphanLimitMs = 120_000;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The Node that the `node` package brings; everything but these launchers runs under it. */
export const nodeBinary = join(root, 'node_modules/node/bin', windows ? 'node.exe' : 'node');

/** The environment for our tools: their Node first, and none of them reports home. */
export function toolEnvironment() {
  return {
    ...process.env,
    PATH: [binaries, process.env.PATH ?? ''].join(delimiter),
    DO_NOT_TRACK: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  };
}

/** Answers when everything is installed; throws an error fit to be shown as one line. */
export async function ensureInstalled() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Error(`Chapar needs Node 20 or newer to start; this is ${process.version}.`);
  }
  if (isInstalled()) {
    return;
  }
  const release = await takeLock(runningFile);
  try {
    await awaitOrphan();
    // Another process may have installed while this one waited.
    if (!isInstalled()) {
      if (!isInstalledByHand()) {
        await install();
      }
      checkNode();
      writeFileSync(stampFile, fingerprint());
    }
  } finally {
    release();
  }
}

function fingerprint() {
  const lock = createHash('sha256').update(readFileSync(packageLock)).digest('hex');
  return `${lock} ${process.platform} ${process.arch}\n`;
}

function isInstalled() {
  return readText(stampFile) === fingerprint() && existsSync(nodeBinary);
}

/** Someone ran `npm ci` or `npm install`: npm's own record says the same as the lock file. */
function isInstalledByHand() {
  const record = readText(join(root, 'node_modules', '.package-lock.json'));
  if (record === undefined || !existsSync(nodeBinary)) {
    return false;
  }
  const found = JSON.parse(record).packages;
  const wanted = JSON.parse(readFileSync(packageLock, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || (entry.optional && found[path] === undefined)) {
      return true;
    }
    const same =
      found[path]?.version === entry.version && found[path]?.integrity === entry.integrity;
    return same && existsSync(join(root, path));
  });
}

async function install() {
  console.error('Installing packages (first run: about a minute)…');
  // npm must not run under the Node that it is about to replace, so our own .bin leaves the PATH.
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== binaries);
  const npm = spawn('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    env: { ...process.env, PATH: path.join(delimiter) },
    shell: windows,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  writeFileSync(npmFile, String(npm.pid));
  let output = '';
  npm.stdout.on('data', (text) => (output += text));
  npm.stderr.on('data', (text) => (output += text));
  let interrupted = false;
  // Ending before npm does would leave it writing beside the next install.
  const stop = (signal) => {
    interrupted = true;
    npm.kill(signal);
  };
  signals.forEach((signal) => process.on(signal, stop));
  const [code] = await once(npm, 'close');
  signals.forEach((signal) => process.off(signal, stop));
  rmSync(npmFile);
  if (interrupted) {
    throw new Error('Installing packages was interrupted; the next start begins it again.');
  }
  if (code !== 0) {
    process.stderr.write(output);
    throw new Error('Installing packages failed; what npm printed stands above.');
  }
}

/** Waits for the npm of an install whose own process was killed outright. */
async function awaitOrphan() {
  const pid = Number(readText(npmFile));
  const deadline = Date.now() + orphanLimitMs;
  while (isRunning(pid) && Date.now() < deadline) {
    await sleep(200);
  }
}

function isRunning(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

function checkNode() {
  const wanted = readJson(packageLock).packages['node_modules/node'].version;
  const { stdout } = spawnSync(nodeBinary, ['--version'], { encoding: 'utf8' });
  if (stdout?.trim() !== `v${wanted}`) {
    throw new Error(`Node ${wanted} did not arrive with the packages; run: npm rebuild node`);
  }
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await ensureInstalled();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
