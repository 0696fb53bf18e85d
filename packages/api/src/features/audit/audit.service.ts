import type { AuditType, Page } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { Call } from '../../call.ts';
import type { Db } from '../../database/tables.ts';
import type { Tx } from '../../database/transaction.ts';
import { after, day } from '../../kernel/duration.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { tell } from '../stream/index.ts';
import {
  deleteEventsBefore,
  deleteEventsOf,
  findEvents,
  insertEvent,
  type AuditRow,
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

/** Writes down what happened, in the transaction in which it happens. */
export async function record(call: Call, tx: Tx, entry: AuditEntry): Promise<void> {
  const { userId, type, sessionId = null, actorId = null, detail = {}, isAlert = false } = entry;
  const { app, connection, now } = call;
  await insertEvent(tx.db, {
    id: app.deps.newId(),
    user_id: userId,
    actor_id: actorId,
    session_id: sessionId,
    type,
    at: now,
    ip: connection.ip,
    detail,
  });
  if (isAlert) {
    await tell(call, tx, [{ streamId: userId, type: 'account.alert', body: { type, sessionId } }]);
  }
}

/** Writes down a token that nobody has given out. There is no account that it belongs to. */
export async function recordRefusedToken({ app, connection, now }: Call): Promise<void> {
  await insertEvent(app.db, {
    id: app.deps.newId(),
    user_id: null,
    actor_id: null,
    session_id: null,
    type: 'token-refused',
    at: now,
    ip: connection.ip,
    detail: {},
  });
}

/** What is written down about an account, newest first. */
export async function listEvents<View>(
  db: Db,
  userId: string,
  { cursor, limit }: { cursor?: string | null | undefined; limit: number },
  toView: (row: AuditRow) => View,
): Promise<Page<View>> {
  const before = readCursor(cursor, ['date', 'id']);
  const rows = await findEvents(db, userId, { before, limit });
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
