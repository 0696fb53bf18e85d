import type { Task, TaskList } from 'graphile-worker';
import type { App } from './app.ts';
import type { JobPayloads } from './database/queue.ts';
import { sendNotice } from './features/account/index.ts';
import { sendOtp, voidRefusedCode } from './features/otp/index.ts';
import { pollSms, sendSms } from './features/sms/index.ts';

type Jobs = {
  [Name in keyof JobPayloads]: (app: App, payload: JobPayloads[Name]) => Promise<void>;
};

const jobs: Jobs = {
  'otp.send': sendOtp,
  'otp.refused': voidRefusedCode,
  'sms.send': sendSms,
  'sms.poll': pollSms,
  'account.notice': sendNotice,
};

/** The product's jobs by name, as the queue's worker wants them. */
export function createTaskList(app: App): TaskList {
  const entries = Object.entries(jobs).map(([name, run]): [string, Task] => [
    name,
    // The payload was written by enqueue(), which ties it to the name; the types cannot say so.
    (payload) => run(app, payload as never),
  ]);
  return Object.fromEntries(entries);
}
