import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startServer } from './harness.ts';

const run = promisify(execFile);
const quickstart = fileURLToPath(new URL('../../../examples/quickstart.ts', import.meta.url));

test('the quickstart does what it says, again and again', async () => {
  await using server = await startServer();
  for (let round = 0; round < 3; round += 1) {
    const { stdout } = await run(process.execPath, [quickstart], {
      env: { PATH: process.env['PATH'], CHAPAR_URL: server.url },
    });
    expect(stdout.trim()).toBe('Reza received 201 messages, in order, each once.');
  }
});
