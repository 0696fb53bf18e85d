import { spawn } from 'node:child_process';

/** A server in a process of its own. It ends with the block that it was started in. */
export interface ServerProcess extends AsyncDisposable {
  url: string;
  pid: number;
  /** From the start of the process until it listened, in milliseconds. */
  startMs: number;
  /** Ends it with SIGTERM and waits. May be repeated. */
  stop: () => Promise<void>;
}

/** What the process says last is kept, in case it fails. */
const longestMemory = 10_000;

/** Starts a server that says `listens at <url>` when it does. */
export async function startProcess(
  [file, args]: readonly [string, readonly string[]],
  env: Record<string, string>,
): Promise<ServerProcess> {
  const { PATH, HOME } = process.env;
  const started = performance.now();
  const child = spawn(file, args, {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  let said = '';
  let isAsked = false;
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-longestMemory);
      const found = /listens at (\S+)/.exec(said)?.[1];
      if (found) {
        resolve(found);
      }
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const text = `The server ended (${code ?? signal ?? ''}): ${said.trim()}`;
      reject(new Error(text));
      if (!isAsked) {
        console.error(text);
      }
    });
  });
  const startMs = performance.now() - started;
  const stop = async (): Promise<void> => {
    isAsked = true;
    child.kill('SIGTERM');
    await ended;
  };
  return { url, pid: child.pid ?? 0, startMs, stop, [Symbol.asyncDispose]: stop };
}
