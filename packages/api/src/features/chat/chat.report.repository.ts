import type { MessageView, ReportReason, ReportStatus } from '@chapar/contract';
import { CompiledQuery, sql } from 'kysely';
import type { Db } from '../../database/tables.ts';
import { largestSeq, messageColumns, type MessageRow } from './chat.message.repository.ts';

/** What somebody says when they report a message. */
export interface NewReport {
  id: string;
  conversationId: string;
  seq: number;
  reporterId: string;
  reason: ReportReason;
  note: string | null;
}

interface StoredReport {
  conversation_id: string;
  seq: number;
  reporter_id: string;
  reason: string;
  note: string | null;
}

/** A report by its id, as far as a repeat is compared with it. */
export function findStored(db: Db, id: string): Promise<StoredReport | undefined> {
  return db
    .selectFrom('message_reports')
    .select(['conversation_id', 'seq', 'reporter_id', 'reason', 'note'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The report of a person on a message that waits for the staff. */
export async function findOpen(
  db: Db,
  { conversationId, seq, reporterId }: NewReport,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('message_reports')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .where('seq', '=', seq)
    .where('reporter_id', '=', reporterId)
    .where('status', '=', 'open')
    .executeTakeFirst();
  return row?.id;
}

/** When the last but `most - 1` report of a person was made, if that was after an instant. */
export async function findSpent(
  db: Db,
  { reporterId, since, most }: { reporterId: string; since: Date; most: number },
): Promise<Date | undefined> {
  const row = await db
    .selectFrom('message_reports')
    .select('created_at')
    .where('reporter_id', '=', reporterId)
    .where('created_at', '>', since)
    .orderBy('created_at', 'desc')
    .offset(most - 1)
    .limit(1)
    .executeTakeFirst();
  return row?.created_at;
}

/** @returns false when the id is taken */
export async function insertReport(
  db: Db,
  report: NewReport & { senderId: string; snapshot: readonly MessageView[]; now: Date },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('message_reports')
    .values({
      id: report.id,
      conversation_id: report.conversationId,
      seq: report.seq,
      reporter_id: report.reporterId,
      sender_id: report.senderId,
      reason: report.reason,
      note: report.note,
      snapshot: JSON.stringify(report.snapshot),
      status: 'open',
      created_at: report.now,
    })
    .onConflict((oc) => oc.column('id').doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** A report as staff see it, with the cards of its two people. */
export interface ReportRow {
  id: string;
  conversation_id: string;
  seq: number;
  reporter_id: string;
  reporter_first_name: string | null;
  reporter_last_name: string | null;
  sender_id: string;
  sender_first_name: string | null;
  sender_last_name: string | null;
  reason: ReportReason;
  note: string | null;
  status: ReportStatus;
  snapshot: MessageView[];
  created_at: Date;
  handled_by: string | null;
  handled_at: Date | null;
  answer: string | null;
}

const reports = sql`
  select r.id, r.conversation_id, r.seq, r.reason, r.note, r.status, r.snapshot, r.created_at,
    r.handled_by, r.handled_at, r.answer,
    r.reporter_id, a.first_name as reporter_first_name, a.last_name as reporter_last_name,
    r.sender_id, b.first_name as sender_first_name, b.last_name as sender_last_name
  from message_reports r
  join users a on a.id = r.reporter_id
  join users b on b.id = r.sender_id`;

export async function findReport(db: Db, id: string): Promise<ReportRow | undefined> {
  const { rows } = await sql<ReportRow>`${reports} where r.id = ${id}`.execute(db);
  return rows[0];
}

/** A page of reports, the oldest first. */
export async function listReportRows(
  db: Db,
  page: { status: ReportStatus; after: readonly [Date, string] | null; limit: number },
): Promise<ReportRow[]> {
  const { status, after, limit } = page;
  const later = after ? sql`and (r.created_at, r.id) > (${after[0]}, ${after[1]}::uuid)` : sql``;
  const { rows } = await sql<ReportRow>`${reports}
    where r.status = ${status} ${later} order by r.created_at, r.id limit ${limit}`.execute(db);
  return rows;
}

/** Closes a report. @returns false when it is not open, or there is none */
export async function closeReport(
  db: Db,
  report: {
    id: string;
    status: 'acted' | 'dismissed';
    handledBy: string;
    answer: string | null;
    now: Date;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('message_reports')
    .set({
      status: report.status,
      handled_by: report.handledBy,
      handled_at: report.now,
      answer: report.answer,
    })
    .where('id', '=', report.id)
    .where('status', '=', 'open')
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Forgets what a person has written to the staff in their reports. */
export async function clearNotes(db: Db, reporterId: string): Promise<void> {
  await db
    .updateTable('message_reports')
    .set({ note: null })
    .where('reporter_id', '=', reporterId)
    .where('note', 'is not', null)
    .execute();
}

/** Removes reports that were handled before an instant. @returns how many */
export async function deleteHandledBefore(db: Db, before: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('message_reports')
    .where('status', 'in', ['acted', 'dismissed'])
    // Nothing is handled before it was made: this much of it an index knows.
    .where('created_at', '<', before)
    .where('handled_at', '<', before)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Whether there is a conversation that people can be in. */
export async function hasConversation(db: Db, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('conversations')
    .select('id')
    .where('id', '=', id)
    .where('status', '<>', 'removed')
    .executeTakeFirst();
  return row !== undefined;
}

const everything = `select ${messageColumns('m', null)} from messages m
  where m.conversation_id = $1 and m.seq < $2::int order by m.seq desc limit $3`;

/** Messages of a conversation as nobody in particular sees them, newest first. */
export async function listEverything(
  db: Db,
  page: { conversationId: string; beforeSeq: number | null; limit: number },
): Promise<MessageRow[]> {
  const { conversationId, beforeSeq, limit } = page;
  const values = [conversationId, beforeSeq ?? largestSeq, limit];
  const { rows } = await db.executeQuery<MessageRow>(CompiledQuery.raw(everything, values));
  return rows;
}
