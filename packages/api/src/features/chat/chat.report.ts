import type { MessageView, ReportReason } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { after, day, secondsUntil } from '../../kernel/duration.ts';
import { tell } from '../stream/index.ts';
import { findStaffIds, lockUser } from '../user/index.ts';
import { findMessagesAfter, findMessagesBefore } from './chat.message.repository.ts';
import {
  deleteHandledBefore,
  findOpen,
  findSpent,
  findStored,
  insertReport,
  type NewReport,
} from './chat.report.repository.ts';
import { toMessageView } from './chat.view.ts';

interface ReportInput {
  id: string;
  conversationId: string;
  seq: number;
  reason: ReportReason;
  note?: string | undefined;
}

interface Receipt {
  id: string;
  status: 'open';
}

/** Messages on either side that go with a report. */
const neighbours = 5;

/**
 * Shows a message to the staff, with its neighbours as they are now. Once for each id, and one at a time for
 * each message.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_MESSAGE_NOT_FOUND` for one that the caller does not see and for a
 *   note of the system, `CHAT_REPORT_SELF`, `CHAT_REPORT_EXISTS`, `CHAT_REPORT_ID_TAKEN`, `RATE_LIMITED`
 */
export async function reportMessage(call: SignedInCall, input: ReportInput): Promise<Receipt> {
  const { app, actor } = call;
  const report: NewReport = { ...input, note: input.note ?? null, reporterId: actor.userId };
  const stored = await findStored(app.db, input.id);
  if (stored) {
    const isSame =
      stored.reporter_id === actor.userId &&
      stored.conversation_id === report.conversationId &&
      stored.seq === report.seq &&
      stored.reason === report.reason &&
      stored.note === report.note;
    if (!isSame) {
      throw new AppError('CHAT_REPORT_ID_TAKEN', { data: { id: report.id } });
    }
    return { id: report.id, status: 'open' };
  }
  const snapshot = await lookAround(call, input);
  const message = snapshot.find(({ seq }) => seq === input.seq);
  if (!message || message.system !== undefined || message.deletedAt !== undefined) {
    throw new AppError('CHAT_MESSAGE_NOT_FOUND');
  }
  if (message.senderId === actor.userId) {
    throw new AppError('CHAT_REPORT_SELF');
  }
  const { senderId } = message;
  await transaction(call, (tx) => file(call, tx, { ...report, senderId, snapshot }));
  return { id: report.id, status: 'open' };
}

/** A message and those beside it as the caller sees them, oldest first. @throws AppError `CHAT_NOT_FOUND` */
async function lookAround(
  { app, actor }: SignedInCall,
  { conversationId, seq }: ReportInput,
): Promise<MessageView[]> {
  const range = { userId: actor.userId, conversationId };
  const older = await findMessagesBefore(app.hot, { ...range, limit: neighbours }, seq);
  const newer = await findMessagesAfter(app.hot, { ...range, limit: neighbours + 1 }, seq - 1);
  if (older === null || newer === null) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return [...older.toReversed(), ...newer].map(toMessageView);
}

async function file(
  call: SignedInCall,
  tx: Tx,
  report: NewReport & { senderId: string; snapshot: readonly MessageView[] },
): Promise<void> {
  const { app, now } = call;
  const { id, reporterId } = report;
  // Reports of one person take turns: that is how they are counted.
  await lockUser(tx.db, reporterId);
  const open = await findOpen(tx.db, report);
  if (open === id) {
    return;
  }
  if (open !== undefined) {
    throw new AppError('CHAT_REPORT_EXISTS', { data: { reportId: open } });
  }
  const most = app.config.chat.reportsPerDay;
  const spentAt = await findSpent(tx.db, { reporterId, since: after(now, -day), most });
  if (spentAt) {
    const retryAfterSeconds = secondsUntil(after(spentAt, day), now);
    throw new AppError('RATE_LIMITED', { data: { retryAfterSeconds } });
  }
  if (!(await insertReport(tx.db, { ...report, now }))) {
    throw new AppError('CHAT_REPORT_ID_TAKEN', { data: { id } });
  }
  const body = { topic: 'chat.message-reported', subject: id, detail: report.reason } as const;
  const staff = await findStaffIds(tx.db);
  await tell(
    call,
    tx,
    staff.map((streamId) => ({ streamId, type: 'admin.alert' as const, body })),
  );
}

/** Forgets reports that were handled longer ago than the log is kept. @returns how many */
export function forgetOldReports({ db, deps, config }: App): Promise<number> {
  return deleteHandledBefore(db, after(deps.clock.now(), -config.account.auditDays * day));
}
