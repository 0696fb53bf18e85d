import type { Task, TaskList } from 'graphile-worker';
import type { App } from './app.ts';
import type { JobPayloads } from './database/queue.ts';
import { sendOtp } from './features/otp/index.ts';

type Jobs = {
  [Name in keyof JobPayloads]: (app: App, payload: JobPayloads[Name]) => Promise<void>;
};

const jobs: Jobs = { 'otp.send': sendOtp };

/** The product's jobs by name, as the queue's worker wants them. */
export function createTaskList(app: App): TaskList {
  const entries = Object.entries(jobs).map(([name, run]): [string, Task] => [
    name,
    // The payload was written by enqueue(), which ties it to the name.
    (payload) => run(app, payload as JobPayloads[keyof JobPayloads]),
  ]);
  return Object.fromEntries(entries);
}
