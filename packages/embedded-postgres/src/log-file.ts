import { open, rename, stat, type FileHandle } from 'node:fs/promises';

import { giveTo, type RunAs } from './run-as.ts';

/** Time, process and, of a server that was launched here, the launch's tag: `2026-01-31 10:00:00.000 UTC [123:f00d] `. */
const linePrefix = /^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+(:\w+)?\] /;
/** The same behind initdb's progress text. */
const anyPrefix = /^.*?\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+(:\w+)?\] /;
const rotateAboveBytes = 10 * 1024 * 1024;

/** The server's log: the data folder's path with `.log` behind it. */
export function logPath(directory: string): string {
  return `${directory}.log`;
}

/** Opens the log for appending; one above 10 MB first becomes `.log.old`, replacing the one before. */
export async function openLog(directory: string, runAs: RunAs | undefined): Promise<FileHandle> {
  const file = logPath(directory);
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size > rotateAboveBytes) {
    await rename(file, `${file}.old`);
  }
  const handle = await open(file, 'a', 0o600);
  await giveTo(runAs, file);
  return handle;
}

/**
 * What one launch wrote to the log since `offset` bytes: the lines of all its processes, known by the tag in
 * their prefix, and those without a prefix (of the loader or setpriv), but none of another launch at the same time.
 */
export async function readLog(directory: string, offset: number, tag: string): Promise<string> {
  const handle = await open(logPath(directory), 'r');
  try {
    const { size } = await handle.stat();
    const length = Math.min(Math.max(size - offset, 0), 256 * 1024);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines.filter((line) => !linePrefix.test(line) || line.includes(`:${tag}] `)).join('\n');
  } finally {
    await handle.close();
  }
}

/** The line that says why a program failed, and the hint that follows it; undefined when it wrote nothing. */
export function meaningfulLine(output: string): string | undefined {
  const lines = output
    .split('\n')
    .map((line) => line.replace(anyPrefix, '').trim())
    .filter((line) => line !== '' && !/^(DETAIL|initdb: (removing|hint|detail))/.test(line));
  const patterns = [
    /No space left|quota exceeded|Read-only file system/i,
    /\b(FATAL|PANIC):/,
    /error while loading/,
    /\berror:/i,
    /could not|cannot|denied|refused/,
  ];
  for (const pattern of patterns) {
    const at = lines.findIndex((line) => pattern.test(line));
    if (at !== -1) {
      return lines
        .slice(at, lines[at + 1]?.startsWith('HINT:') === true ? at + 2 : at + 1)
        .join(' ');
    }
  }
  return lines.at(-1);
}
