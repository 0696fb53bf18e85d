import type { SessionEndReason } from '@chapar/contract';
import type { Selectable } from 'kysely';
import type { Db, Tables } from '../../database/tables.ts';
import type { AliveSince } from './session.rules.ts';

export type SessionRow = Selectable<Tables['sessions']>;

/** The session with its owner's standing, for the check that every call makes. */
export function findActor(db: Db, sessionId: string) {
  return db
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .select([
      's.user_id',
      's.ended_at',
      's.last_seen_at',
      's.authenticated_at',
      'u.role',
      'u.status',
    ])
    .where('s.id', '=', sessionId)
    .executeTakeFirst();
}

export async function insertSession(db: Db, session: SessionRow): Promise<void> {
  await db.insertInto('sessions').values(session).execute();
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
export type SessionChoice =
  | { only: string }
  | { allBut: string }
  | { beyondNewest: number }
  | { onDevice: Buffer }
  | { notAliveSince: AliveSince }
  | 'all';

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
      if ('allBut' in choice) {
        return eb('id', '!=', choice.allBut);
      }
      if ('onDevice' in choice) {
        return eb('device_key', '=', choice.onDevice);
      }
      if ('notAliveSince' in choice) {
        const { refreshed, created } = choice.notAliveSince;
        return eb.or([eb('refreshed_at', '<', refreshed), eb('created_at', '<', created)]);
      }
      const beyond = eb
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where('ended_at', 'is', null)
        .orderBy('last_seen_at', 'desc')
        .orderBy('id', 'desc')
        .offset(choice.beyondNewest);
      return eb('id', 'in', beyond);
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
