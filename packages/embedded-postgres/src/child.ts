import type { ChildProcess } from 'node:child_process';

/**
 * Resolves when the child and its pipes are closed: to the error that kept it from starting,
 * or else to how it ended, such as `status 1` or `SIGKILL`.
 */
export async function endOf(child: ChildProcess): Promise<Error | string> {
  return new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', (status, signal) => {
      resolve(signal ?? `status ${String(status)}`);
    });
  });
}
