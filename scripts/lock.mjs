// A lock file between processes, which does not outlive its holder for long.
import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const beatMs = 2000;
const abandonedAfterMs = 15_000;

/** Waits for the lock; answers with the function that gives it back. */
export async function takeLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  const token = randomUUID();
  for (;;) {
    if (create(file, token)) {
      // Two that find the same abandoned lock may both replace it: the later one keeps it.
      await sleep(50);
      if (owns(file, token)) {
        return keep(file, token);
      }
    } else {
      removeAbandoned(file, token);
    }
    await sleep(200);
  }
}

function create(file, token) {
  try {
    writeFileSync(file, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

/** Its holder touches the file; one that stays untouched belongs to a process that was killed. */
function removeAbandoned(file, token) {
  ignoringMissing(() => {
    if (Date.now() - statSync(file).mtimeMs > abandonedAfterMs) {
      renameSync(file, `${file}.${token}`);
      rmSync(`${file}.${token}`);
    }
  });
}

function keep(file, token) {
  const beat = setInterval(() => {
    ignoringMissing(() => utimesSync(file, new Date(), new Date()));
  }, beatMs);
  const release = () => {
    clearInterval(beat);
    process.off('exit', release);
    if (owns(file, token)) {
      rmSync(file);
    }
  };
  process.on('exit', release);
  return release;
}

function owns(file, token) {
  return ignoringMissing(() => readFileSync(file, 'utf8')) === token;
}

function ignoringMissing(act) {
  try {
    return act();
  } catch (error) {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
