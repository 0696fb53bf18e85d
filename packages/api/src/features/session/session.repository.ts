import type { Role, SessionEndReason } from '@chapar/contract';
import type { Selectable } from 'kysely';
import type pg from 'pg';
import { statement } from '../../database/statement.ts';
import type { Db, Tables } from '../../database/tables.ts';
import type { AliveSince } from './session.rules.ts';

export type SessionRow = Selectable<Tables['sessions']>;

/** A session with its owner's standing, for the check that every call makes. */
export interface ActorRow {
  id: string;
  user_id: string;
  is_alive: boolean;
  /** In milliseconds since 1970, as the other: read with every call, and a date costs more. */
  last_seen_ms: number;
  authenticated_ms: number;
  role: Role;
  status: OwnedSessionRow['status'];
}

export const findActors = statement<ActorRow, [sessionIds: readonly string[]]>(
  'session-actors',
  `select s.id, s.user_id, s.ended_at is null as is_alive, u.role, u.status,
    (extract(epoch from s.last_seen_at) * 1000)::float8 as last_seen_ms,
    (extract(epoch from s.authenticated_at) * 1000)::float8 as authenticated_ms
  from sessions s join users u on u.id = s.user_id
  where s.id = any($1::uuid[])`,
);

const findEnded = statement<{ id: string }, [sessionIds: readonly string[]]>(
  'session-ended',
  `select q.id from unnest($1::uuid[]) q (id)
   where not exists (
     select from sessions s join users u on u.id = s.user_id
     where s.id = q.id and s.ended_at is null and u.status = 'active'
   )`,
);

const mostAtOnce = 1_000;

/** Those of some sessions that are over, whatever their number. */
export async function findEndedSessions(
  hot: pg.Pool,
  sessionIds: readonly string[],
): Promise<string[]> {
  const ended: string[] = [];
  for (let from = 0; from < sessionIds.length; from += mostAtOnce) {
    const rows = await findEnded(hot, sessionIds.slice(from, from + mostAtOnce));
    ended.push(...rows.map(({ id }) => id));
  }
  return ended;
}

/** A session with the standing of its owner. */
export type OwnedSessionRow = SessionRow & {
  status: 'active' | 'inactive' | 'leaving' | 'erased';
};

/** Locks the session's row until the transaction ends. */
export function lockSession(db: Db, sessionId: string): Promise<OwnedSessionRow | undefined> {
  return db
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .selectAll('s')
    .select('u.status')
    .where('s.id', '=', sessionId)
    .forUpdate('s')
    .executeTakeFirst();
}

export async function rotate(
  db: Db,
  next: { sessionId: string; counter: number; attemptId: string | null; ip: string; now: Date },
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({
      refresh_counter: next.counter,
      refresh_attempt: next.attemptId,
      refreshed_at: next.now,
      last_seen_at: next.now,
      ip: next.ip,
    })
    .where('id', '=', next.sessionId)
    .execute();
}

/** Moves `last_seen_at` unless it was moved a moment ago: reading must not write each time. */
export async function touch(
  db: Db,
  seen: { sessionId: string; ip: string; now: Date; ifBefore: Date },
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_seen_at: seen.now, ip: seen.ip })
    .where('id', '=', seen.sessionId)
    .where('last_seen_at', '<', seen.ifBefore)
    .execute();
}

export function findLiveSessions(db: Db, userId: string, since: AliveSince): Promise<SessionRow[]> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .where('refreshed_at', '>=', since.refreshed)
    .where('created_at', '>=', since.created)
    .orderBy('last_seen_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/** Which sessions of a person to end. */
export type SessionChoice = { only: string } | { allBut: string } | 'all';

/**
 * Ends sessions that are alive; one that has ended keeps its reason.
 *
 * @returns ids of those that this call ended
 */
export async function endSessions(
  db: Db,
  userId: string,
  choice: SessionChoice,
  end: { reason: SessionEndReason; now: Date },
): Promise<string[]> {
  const query = db
    .updateTable('sessions')
    .set({ ended_at: end.now, end_reason: end.reason })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .where((eb) => {
      if (choice === 'all') {
        return eb.lit(true);
      }
      if ('only' in choice) {
        return eb('id', '=', choice.only);
      }
      return eb('id', '!=', choice.allBut);
    });
  const rows = await query.returning('id').execute();
  return rows.map((row) => row.id);
}

/** Moves the instant of the last proof, unless the session has ended. */
export async function setAuthenticated(db: Db, sessionId: string, now: Date): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ authenticated_at: now })
    .where('id', '=', sessionId)
    .where('ended_at', 'is', null)
    .execute();
}

export function findSession(db: Db, sessionId: string): Promise<SessionRow | undefined> {
  return db.selectFrom('sessions').selectAll().where('id', '=', sessionId).executeTakeFirst();
}

/**
 * Forgets sessions that ended, or were begun, before an instant at which none of them can live.
 *
 * @returns how many
 */
export async function deleteOldSessions(
  db: Db,
  { endedBefore, begunBefore }: { endedBefore: Date; begunBefore: Date },
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('sessions')
    .where((eb) => eb.or([eb('ended_at', '<', endedBefore), eb('created_at', '<', begunBefore)]))
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Erases what is known of a person's devices. */
export async function deleteSessions(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).execute();
}
