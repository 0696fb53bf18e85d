import type { App } from '../../app.ts';
import { enqueue, type JobPayloads } from '../../database/queue.ts';
import type { Db } from '../../database/tables.ts';
import type { SmsProviderFacts, SmsReport } from '../../deps.ts';
import { minute } from '../../kernel/duration.ts';
import {
  findNextPoll,
  moveDelivery,
  setPolls,
  takeDue,
  type DueMessage,
} from './sms.delivery.repository.ts';
import { isFinal, nextPoll } from './sms.rules.ts';

/** A question takes no longer, so nobody else asks after the same messages meanwhile. */
const busyMs = 2 * minute;
/** Questions of one run; what is left is asked in the next. */
const mostQuestions = 20;

/** Has a provider asked at an instant; many messages of one instant make one job. */
export function enqueuePoll(db: Db, provider: string, at: Date, now: Date): Promise<void> {
  const key = `sms.poll:${provider}:${at.getTime()}`;
  const afterMs = Math.max(0, at.getTime() - now.getTime());
  return enqueue(db, 'sms.poll', { provider }, { key, afterMs });
}

/** The job that asks a provider what became of the messages that are due. */
export async function pollSms(app: App, { provider }: JobPayloads['sms.poll']): Promise<void> {
  const { db, deps } = app;
  const facts = deps.sms.providers.find(({ name }) => name === provider);
  if (!facts || facts.statusSeconds === 0) {
    return;
  }
  for (let asked = 0; asked < mostQuestions; asked += 1) {
    const now = deps.clock.now();
    const due = await takeDue(db, provider, { now, busyMs, limit: facts.statusBatch });
    if (due.length === 0) {
      return askLater(app, provider);
    }
    await ask(app, facts, due);
  }
  await askLater(app, provider);
}

/** Whatever became of the jobs of single messages: as long as one is to be asked after, there is one. */
async function askLater({ db, deps }: App, provider: string): Promise<void> {
  const at = await findNextPoll(db, provider);
  if (at) {
    await enqueuePoll(db, provider, at, deps.clock.now());
  }
}

async function ask(
  app: App,
  { name, statusSeconds }: SmsProviderFacts,
  due: readonly DueMessage[],
): Promise<void> {
  const { db, deps } = app;
  const ids = due.flatMap(({ provider_message_id: id }) => (id === null ? [] : [id]));
  const reports = (await deps.sms.status(name, ids)) ?? [];
  await receiveSmsReports(app, name, reports);
  const now = deps.clock.now();
  const ended = new Set(
    reports.filter(({ state }) => isFinal(state)).map(({ providerMessageId }) => providerMessageId),
  );
  const next = due
    .filter(({ provider_message_id: id }) => id !== null && !ended.has(id))
    .map(({ id, polls, sent_at: sentAt }): [string, Date | null] => [
      id,
      sentAt && nextPoll({ polls, sentAt, statusSeconds }, now),
    ]);
  await setPolls(db, next);
}

/**
 * Takes in what a provider says of messages, asked or unasked. A report that comes twice, late or
 * out of order, or is about a message that we do not know, changes nothing.
 */
export async function receiveSmsReports(
  { db, deps }: App,
  provider: string,
  reports: readonly SmsReport[],
): Promise<void> {
  const now = deps.clock.now();
  const states = new Set(reports.map(({ state }) => state));
  for (const state of states) {
    const providerMessageIds = reports
      .filter((report) => report.state === state)
      .map((report) => report.providerMessageId);
    await moveDelivery(db, { provider, providerMessageIds, state, now });
  }
}
