import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import process from 'node:process';

const program = 'redis-server';

/** A Redis of a test's own, empty and without a disk. Disposing kills it. */
export interface RedisServer extends AsyncDisposable {
  /** `redis://127.0.0.1:port` */
  url: string;
  port: number;
  pid: number;
  /** Ends it in order. Harmless when it has ended. */
  stop(): Promise<void>;
  /** Ends it as a crash does, also one that is frozen. Harmless when it has ended. */
  kill(): Promise<void>;
}

/** Whether this machine has the program, for suites that are skipped without it. */
export function hasRedis(): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

/**
 * Starts a Redis that accepts connections from this machine.
 *
 * @param port of one that has ended, to come back in its place; otherwise any free one
 * @returns null where `redis-server` is not installed
 */
export async function startRedis(port?: number): Promise<RedisServer | null> {
  if (!hasRedis()) {
    return null;
  }
  const listenOn = port ?? (await freePort());
  const options = `--port ${listenOn} --bind 127.0.0.1 --appendonly no --save`.split(' ');
  const child = spawn(program, [...options, ''], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const killWithUs = (): boolean => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await ended;
    process.off('exit', killWithUs);
  };
  const pid = await ready(child);
  return {
    url: `redis://127.0.0.1:${listenOn}`,
    port: listenOn,
    pid,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

/** Waits until it accepts connections. @returns its process id */
function ready(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (child.pid !== undefined && output.includes('Ready to accept connections')) {
        resolve(child.pid);
      }
    });
    child.once('error', reject);
    child.once('close', () => {
      reject(new Error(`${program} ended before it was ready:\n${output}`));
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
