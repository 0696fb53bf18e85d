import type { AuditType, Page } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { Call, SignedInCall } from '../../call.ts';
import type { Db } from '../../database/tables.ts';
import type { Tx } from '../../database/transaction.ts';
import { after, day } from '../../kernel/duration.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { tell, type News } from '../stream/index.ts';
import {
  deleteEventsBefore,
  deleteEventsOf,
  findEvents,
  insertEvents,
  type AuditRow,
  type NewAuditRow,
} from './audit.repository.ts';

/** Something worth writing down about an account. */
export interface AuditEntry {
  type: AuditType;
  userId: string;
  /** Who did it, where it was not the person. */
  actorId?: string;
  sessionId?: string;
  /** What else is known. Never a secret, a contact or a name: it outlives them. */
  detail?: Record<string, string>;
  /** Whether the person's devices are told at once. */
  isAlert?: boolean;
}

/** An entry before it is said whose account it is about, and without the alert. */
export type AuditNote = Omit<AuditEntry, 'userId' | 'isAlert'>;

/** The row of an entry. */
export function toAuditRow(call: Call, note: AuditNote): Omit<NewAuditRow, 'user_id'> {
  const { type, sessionId = null, actorId = null, detail = {} } = note;
  const { app, connection, now } = call;
  return {
    id: app.deps.newId(),
    actor_id: actorId,
    session_id: sessionId,
    type,
    at: now,
    ip: connection.ip,
    detail,
  };
}

/** What a person's devices are told of an entry that they are alerted of. */
export function alertOf(note: AuditNote): News {
  const { type, sessionId = null } = note;
  return { type: 'account.alert', body: { type, sessionId } };
}

/** Writes down what happened, in the transaction in which it happens. */
export async function record(call: Call, tx: Tx, entry: AuditEntry): Promise<void> {
  const { userId, isAlert = false } = entry;
  await recordAll(call, tx, userId, [entry]);
  if (isAlert) {
    await tell(call, tx, [{ streamId: userId, ...alertOf(entry) }]);
  }
}

/** Like {@link record}, for several entries of one account; it alerts nobody. */
export async function recordAll(
  call: Call,
  tx: Tx,
  userId: string,
  notes: readonly AuditNote[],
): Promise<void> {
  if (notes.length > 0) {
    const rows = notes.map((note) => ({ ...toAuditRow(call, note), user_id: userId }));
    await insertEvents(tx.db, rows);
  }
}

/** Writes down a token that nobody has given out. There is no account that it belongs to. */
export async function recordRefusedToken(call: Call): Promise<void> {
  const row = { ...toAuditRow(call, { type: 'token-refused' }), user_id: null };
  await insertEvents(call.app.db, [row]);
}

/** Writes down what staff have done that is about no account, such as reading a conversation. */
export async function recordAct(call: SignedInCall, tx: Tx, note: AuditNote): Promise<void> {
  const row = toAuditRow(call, { ...note, actorId: call.actor.userId });
  await insertEvents(tx.db, [{ ...row, user_id: null }]);
}

/**
 * What is written down about an account, newest first.
 *
 * @param page with `withActs` also what its owner has done as staff that is about no account
 */
export async function listEvents<View>(
  db: Db,
  userId: string,
  page: { cursor?: string | null | undefined; limit: number; withActs?: boolean },
  toView: (row: AuditRow) => View,
): Promise<Page<View>> {
  const { cursor, limit, withActs = false } = page;
  const before = readCursor(cursor, ['date', 'id']);
  const rows = await findEvents(db, userId, { before, limit, withActs });
  return toPage(rows, limit, toView, (row) => [row.at.getTime(), row.id]);
}

/** Erases what is written down about a person. */
export function forgetAudit(tx: Tx, userId: string): Promise<void> {
  return deleteEventsOf(tx.db, userId);
}

/** Forgets what is older than the log is kept. @returns how many entries */
export function forgetOldAudit({ db, deps, config }: App): Promise<number> {
  const before = after(deps.clock.now(), -config.account.auditDays * day);
  return db.transaction().execute((trx) => deleteEventsBefore(trx, before));
}
