import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CrowdAnswer, CrowdRequest, CrowdTask, FollowerState } from './crowd-process.ts';

const program = fileURLToPath(new URL('./crowd-process.ts', import.meta.url));

/** Followers in a process of their own, so that whoever measures is not held up by them. */
export interface Crowd extends AsyncDisposable {
  /**
   * Has something done.
   *
   * @returns once it is done: of all followers how they stand, if that was the task, or else nothing
   * @throws Error when it could not be done, or the process has ended
   */
  run(task: CrowdTask): Promise<FollowerState[]>;
}

/** Starts the process. Its followers leave without a word when it ends. */
export function startCrowd(): Crowd {
  const child = fork(program, { execArgv: [], env: { PATH: process.env['PATH'] } });
  const exited = once(child, 'exit');
  const asked = new Map<number, (answer: Pick<CrowdAnswer, 'error' | 'states'>) => void>();
  let number = 0;
  child.on('message', (message) => {
    const answer = message as CrowdAnswer;
    asked.get(answer.number)?.(answer);
    asked.delete(answer.number);
  });
  child.on('exit', (code) => {
    asked.forEach((done) => done({ error: `the crowd ended with ${String(code)}`, states: [] }));
  });
  return {
    async run(task) {
      number += 1;
      const answered = new Promise<Pick<CrowdAnswer, 'error' | 'states'>>((resolve) => {
        asked.set(number, resolve);
      });
      child.send({ number, task } satisfies CrowdRequest);
      const { error, states } = await answered;
      if (error !== null) {
        throw new Error(error);
      }
      return states;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await exited;
      }
    },
  };
}
