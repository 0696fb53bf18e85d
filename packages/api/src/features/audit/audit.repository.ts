import type { AuditType } from '@chapar/contract';
import { sql, type Selectable } from 'kysely';
import type { Db, Tables } from '../../database/tables.ts';

export type AuditRow = Selectable<Tables['audit_events']>;

export interface NewAuditRow {
  id: string;
  user_id: string | null;
  actor_id: string | null;
  session_id: string | null;
  type: AuditType;
  at: Date;
  ip: string;
  detail: Record<string, string>;
}

export async function insertEvents(db: Db, rows: readonly NewAuditRow[]): Promise<void> {
  await db
    .insertInto('audit_events')
    .values(rows.map((row) => ({ ...row, detail: JSON.stringify(row.detail) })))
    .execute();
}

/** Events of an account, and its owner's acts about none, newest first, one more than asked for. */
export function findEvents(
  db: Db,
  userId: string,
  page: { before: [Date, string] | null; limit: number; withActs: boolean },
): Promise<AuditRow[]> {
  let query = db
    .selectFrom('audit_events')
    .selectAll()
    .where((eb) => {
      const about = eb('user_id', '=', userId);
      const act = eb.and([eb('user_id', 'is', null), eb('actor_id', '=', userId)]);
      return page.withActs ? eb.or([about, act]) : about;
    })
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (page.before) {
    const [at, id] = page.before;
    query = query.where((eb) => eb(eb.refTuple('at', 'id'), '<', eb.tuple(at, id)));
  }
  return query.execute();
}

/** Opens the append-only table for removal until the transaction ends. */
async function allowRemoval(db: Db): Promise<void> {
  await sql`select set_config('chapar.audit_removal', 'on', true)`.execute(db);
}

/** Removes what is written down about a person. Within a transaction. */
export async function deleteEventsOf(db: Db, userId: string): Promise<void> {
  await allowRemoval(db);
  await db.deleteFrom('audit_events').where('user_id', '=', userId).execute();
}

/** Within a transaction. @returns how many */
export async function deleteEventsBefore(db: Db, before: Date): Promise<number> {
  await allowRemoval(db);
  const { numDeletedRows } = await db
    .deleteFrom('audit_events')
    .where('at', '<', before)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
