import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../apps/server/src/demo/main.ts', import.meta.url));

/** Runs `npm run db:demo` for the embedded database of a data folder. */
export async function fillWithDemo(
  folder: string,
  messages: number,
  signal: AbortSignal,
): Promise<void> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [main, '--messages', String(messages)], {
    env: { PATH, HOME, DATA_DIR: folder },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end);
  const [code] = (await once(child, 'exit')) as [number | null];
  signal.removeEventListener('abort', end);
  if (code !== 0) {
    throw new Error(`The demo data was not made (${String(code)})`);
  }
}
