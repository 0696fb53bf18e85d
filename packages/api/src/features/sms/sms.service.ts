import type { Page, SmsProviderView, SmsStatus, SmsView } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { Call, SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { after, day, minute } from '../../kernel/duration.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { requirePhone } from '../../kernel/phone.ts';
import { spendCustomSms } from './sms.budget.ts';
import { customLifeMs } from './sms.custom.ts';
import { enqueueSend, newRef } from './sms.outbox.ts';
import { findProviders } from './sms.provider.repository.ts';
import {
  cancelMessages,
  deleteMessagesUntil,
  deleteTraces,
  findMessage,
  findMessages,
  findStuck,
  reviveMessage,
} from './sms.repository.ts';
import { mayRetry } from './sms.rules.ts';
import { toSmsProviderView, toSmsView } from './sms.view.ts';

/** Messages, newest first. @throws AppError `PHONE_INVALID` */
export async function listSms(
  { app }: SignedInCall,
  input: {
    status: SmsStatus | undefined;
    phone: string | undefined;
    cursor?: string | null | undefined;
    limit: number;
  },
): Promise<Page<SmsView>> {
  const { status, phone, limit } = input;
  const before = readCursor(input.cursor, ['date', 'id']);
  const recipient =
    phone === undefined ? undefined : requirePhone(phone, app.config.defaultCountry).e164;
  const rows = await findMessages(app.db, { status, recipient, before, limit });
  return toPage(rows, limit, toSmsView, (row) => [row.created_at.getTime(), row.id]);
}

/** @throws AppError `SMS_NOT_FOUND` */
export async function getSms({ app }: SignedInCall, id: string): Promise<SmsView> {
  const row = await findMessage(app.db, id);
  if (!row) {
    throw new AppError('SMS_NOT_FOUND');
  }
  return toSmsView(row);
}

/**
 * Sends a message again that no provider would take. One of which nobody knows whether it was sent
 * may arrive twice, so that has to be wanted; a code is asked for anew instead.
 *
 * @throws AppError `SMS_NOT_FOUND`, `SMS_NOT_RETRYABLE`, `SMS_BUDGET_SPENT`
 */
export async function retrySms(
  call: SignedInCall,
  { id, evenIfSent }: { id: string; evenIfSent: boolean },
): Promise<SmsView> {
  const { app, now } = call;
  const row = await findMessage(app.db, id);
  if (!row) {
    throw new AppError('SMS_NOT_FOUND');
  }
  if (!mayRetry(row, evenIfSent)) {
    throw new AppError('SMS_NOT_RETRYABLE');
  }
  await spendCustomSms(app, requirePhone(row.recipient, app.config.defaultCountry));
  await transaction(call, async (tx) => {
    // A provider that has seen a number sends nothing under it again: another copy is another message.
    const ref = row.status === 'unknown' ? newRef(app) : row.ref;
    const expiresAt = after(now, customLifeMs);
    if (!(await reviveMessage(tx.db, { id, from: row.status, ref, expiresAt }))) {
      throw new AppError('SMS_NOT_RETRYABLE');
    }
    await enqueueSend(tx.db, row);
  });
  return getSms(call, id);
}

/** The providers in their order, with what is known of the accounts. */
export async function listSmsProviders({ app }: SignedInCall): Promise<SmsProviderView[]> {
  const { sms } = app.deps;
  const rows = await findProviders(app.db);
  const closed = sms.closed().filter(({ template }) => template === null);
  return sms.providers.map((facts) =>
    toSmsProviderView(
      facts,
      rows.find((row) => row.name === facts.name),
      closed.find(({ provider }) => provider === facts.name),
    ),
  );
}

const silentMs = 10 * minute;
const stuckAtOnce = 1_000;

/**
 * Gives messages under way a job again whose own is gone: failed for good, or lost with a backup. A
 * job that still waits for its time is left as it is.
 *
 * @returns how many messages it looked after
 */
export async function reviveStuckSms({ db, deps }: App): Promise<number> {
  const stuck = await findStuck(db, after(deps.clock.now(), -silentMs), stuckAtOnce);
  for (const { id, purpose } of stuck) {
    await enqueueSend(db, { id, purpose, keepsTime: true });
  }
  return stuck.length;
}

/** Forgets what is older than the log is kept. @returns how many messages */
export function forgetOldSms({ db, deps, config }: App): Promise<number> {
  return deleteMessagesUntil(db, after(deps.clock.now(), -config.sms.logDays * day));
}

/** Erases what went to a person, and that they have sent something as staff. */
export function forgetSms(tx: Tx, userId: string, phones: readonly string[]): Promise<void> {
  return deleteTraces(tx.db, { userId, recipients: phones });
}

/** Takes back messages that are not wanted any more, as far as they have not gone out. */
export function cancelSms(call: Call, tx: Tx, ids: readonly string[]): Promise<void> {
  return cancelMessages(tx.db, ids, call.now);
}
