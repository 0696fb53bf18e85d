import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.mjs', import.meta.url));

/** `main.mjs` in a process of its own, at the head of its own process group. */
export interface ServerProcess extends AsyncDisposable {
  child: ChildProcess;
  /** Address from the banner. */
  url: string;
  /** Everything it has printed so far. */
  output(): string;
  /** Sends a signal to the process and waits for its exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  /** Kills the whole process group at once. */
  killGroup(): Promise<void>;
}

/** Variables of the test run that the server must not inherit. */
const clean = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
/** Tests of something else send as fast as they can. */
export const unpaced = {
  CHAT_SENDS_PER_PERSON: '999999/999999',
  CHAT_SENDS_PER_CONVERSATION: '999999/999999',
  CHAT_NEW_ACCOUNT_HOURS: '0',
};

function launch(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [main], {
    env: { ...clean, ...unpaced, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { child, output: () => text };
}

/** Starts the process and waits until it listens. */
export async function startProcess(env: Record<string, string>): Promise<ServerProcess> {
  const { child, output } = launch({ PORT: '0', ...env });
  const exited = once(child, 'exit');
  const listening = async (): Promise<string> => {
    for (;;) {
      const url = /listens at (\S+)/.exec(output())?.[1];
      if (url) {
        return url;
      }
      await wait(10);
    }
  };
  const failed = exited.then(() => {
    throw new Error(`it did not start: ${output()}`);
  });
  const url = await Promise.race([listening(), failed]);
  failed.catch(() => undefined);
  const kill = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid ?? 0), signal);
    } catch {
      // It has ended already.
    }
  };
  const server: ServerProcess = {
    child,
    url,
    output,
    async stop(signal) {
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
    async killGroup() {
      kill('SIGKILL');
      await exited;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        kill('SIGTERM');
        await exited;
      }
    },
  };
  return server;
}

/** Starts the process, tells it to end as soon as `isTime` says so, and waits. @returns its exit code */
export async function endWhileStarting(
  env: Record<string, string>,
  isTime: () => Promise<boolean>,
): Promise<number | null> {
  const { child } = launch({ PORT: '0', ...env });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  while (child.exitCode === null && !(await isTime())) {
    await wait(5);
  }
  child.kill('SIGTERM');
  const [code] = await exited;
  return code;
}

/** Runs the process where it cannot start. @returns what it printed and its exit code */
export async function failToStart(
  env: Record<string, string>,
): Promise<{ output: string; code: number | null }> {
  const { child, output } = launch(env);
  const [code] = (await once(child, 'exit')) as [number | null];
  return { output: output().trim(), code };
}
