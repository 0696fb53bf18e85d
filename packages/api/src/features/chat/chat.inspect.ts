import type { ChatReportView, MessageView, Page, ReportStatus, UserCard } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError, fieldError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { recordAct } from '../audit/index.ts';
import { tell } from '../stream/index.ts';
import { findMessageRows } from './chat.change.repository.ts';
import { entomb } from './chat.delete.ts';
import { peopleOf } from './chat.history.ts';
import {
  closeReport,
  findReport,
  hasConversation,
  listEverything,
  listReportRows,
  type ReportRow,
} from './chat.report.repository.ts';
import { lockStream } from './chat.room.repository.ts';
import { toMessageView } from './chat.view.ts';

function toReportView(row: ReportRow): ChatReportView {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    seq: row.seq,
    reporter: {
      id: row.reporter_id,
      firstName: row.reporter_first_name,
      lastName: row.reporter_last_name,
    },
    sender: {
      id: row.sender_id,
      firstName: row.sender_first_name,
      lastName: row.sender_last_name,
    },
    reason: row.reason,
    note: row.note,
    status: row.status,
    snapshot: row.snapshot,
    createdAt: row.created_at.toISOString(),
    handledBy: row.handled_by,
    handledAt: row.handled_at?.toISOString() ?? null,
    answer: row.answer,
  };
}

/** Reports in one state, the oldest first. For staff. */
export async function listReports(
  { app }: SignedInCall,
  input: { status: ReportStatus; cursor?: string | null | undefined; limit: number },
): Promise<Page<ChatReportView>> {
  const { status, cursor, limit } = input;
  const after = readCursor(cursor, ['date', 'id']);
  const rows = await listReportRows(app.db, { status, after, limit: limit + 1 });
  return toPage(rows, limit, toReportView, (row) => [row.created_at.getTime(), row.id]);
}

/** One report, whatever has become of it. For staff. @throws AppError `CHAT_REPORT_NOT_FOUND` */
export async function getReport({ app }: SignedInCall, reportId: string): Promise<ChatReportView> {
  const row = await findReport(app.db, reportId);
  if (!row) {
    throw new AppError('CHAT_REPORT_NOT_FOUND');
  }
  return toReportView(row);
}

interface HandleInput {
  reportId: string;
  status: 'acted' | 'dismissed';
  deleteMessage: boolean;
  answer?: string | undefined;
}

/**
 * Closes a report, and deletes its message for everybody if told so. Of two of the staff at once one does it.
 *
 * @throws AppError `CHAT_REPORT_NOT_FOUND` also for one that is handled, `INPUT_INVALID` for a message that
 *   would be deleted though nothing is wrong with it
 */
export async function handleReport(
  call: SignedInCall,
  { reportId, status, deleteMessage, answer }: HandleInput,
): Promise<ChatReportView> {
  const { actor, now } = call;
  if (deleteMessage && status === 'dismissed') {
    throw fieldError('deleteMessage', 'invalid');
  }
  const { conversationId, seq } = await getReport(call, reportId);
  await transaction(call, async (tx) => {
    if (deleteMessage) {
      await lockStream(tx.db, conversationId);
    }
    const closing = { id: reportId, status, handledBy: actor.userId, answer: answer ?? null, now };
    if (!(await closeReport(tx.db, closing))) {
      throw new AppError('CHAT_REPORT_NOT_FOUND');
    }
    const detail = { reportId, status, isDeleted: String(deleteMessage) };
    await recordAct(call, tx, { type: 'report-handled', detail });
    if (deleteMessage) {
      await deleteReported(call, tx, { conversationId, seq });
    }
  });
  return getReport(call, reportId);
}

interface InspectInput {
  conversationId: string;
  cursor?: string | null | undefined;
  limit: number;
  reason: string;
}

/**
 * What was said in a conversation, newest first, for staff who are not in it. That they have read it, and
 * why, is written down with every page.
 *
 * @throws AppError `CHAT_NOT_FOUND`
 */
export async function inspectConversation(
  call: SignedInCall,
  { conversationId, cursor, limit, reason }: InspectInput,
): Promise<Page<MessageView> & { people: UserCard[] }> {
  const [beforeSeq = null] = readCursor(cursor, ['seq']) ?? [];
  const rows = await transaction(call, async (tx) => {
    if (!(await hasConversation(tx.db, conversationId))) {
      throw new AppError('CHAT_NOT_FOUND');
    }
    await recordAct(call, tx, {
      type: 'conversation-inspected',
      detail: { conversationId, reason },
    });
    return listEverything(tx.db, { conversationId, beforeSeq, limit: limit + 1 });
  });
  const page = toPage(rows, limit, toMessageView, (row) => [row.seq]);
  return { ...page, people: await peopleOf(call, page.items) };
}

/**
 * Deletes the message of a report for everybody, where it is still there. The stream must be locked. A
 * conversation that was removed has said its last.
 */
async function deleteReported(
  call: SignedInCall,
  tx: Tx,
  { conversationId, seq }: { conversationId: string; seq: number },
): Promise<void> {
  if (!(await hasConversation(tx.db, conversationId))) {
    return;
  }
  const places = { conversationId, userId: call.actor.userId, seqs: [seq] };
  const [before] = await findMessageRows(tx.db, places);
  if (!before || before.more?.deletedAt) {
    return;
  }
  await tell(call, tx, await entomb(call, tx, { conversationId, seqs: [seq] }));
}
