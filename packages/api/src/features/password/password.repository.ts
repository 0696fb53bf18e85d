import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';

/** A password as stored. */
export interface StoredPassword {
  hash: string;
  /** Another one where the password is another; hashing the same one anew leaves it. */
  changed_at: Date;
}

/** What is stored of a person; undefined for people without a password, and without an account. */
export function findPassword(db: Db, userId: string): Promise<StoredPassword | undefined> {
  return db
    .selectFrom('passwords')
    .select(['hash', 'changed_at'])
    .where('user_id', '=', userId)
    .executeTakeFirst();
}

/**
 * Keeps a person's password as it is until the transaction ends.
 *
 * @returns false when it was changed since it was found
 */
export async function holdPassword(
  db: Db,
  userId: string,
  { changed_at: changedAt }: StoredPassword,
): Promise<boolean> {
  const row = await db
    .selectFrom('passwords')
    .select('user_id')
    .where('user_id', '=', userId)
    .where('changed_at', '=', changedAt)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** Makes the first password of an account, or replaces the one that is there. */
export async function upsertHash(
  db: Db,
  { userId, hash, now }: { userId: string; hash: string; now: Date },
): Promise<void> {
  await db
    .insertInto('passwords')
    .values({ user_id: userId, hash, changed_at: now })
    .onConflict((oc) => oc.column('user_id').doUpdateSet({ hash, changed_at: now }))
    .execute();
}

/** Stores the same password hashed anew, unless it was changed meanwhile. */
export async function replaceHash(
  db: Db,
  { userId, from, to }: { userId: string; from: string; to: string },
): Promise<void> {
  await db
    .updateTable('passwords')
    .set({ hash: to })
    .where('user_id', '=', userId)
    .where('hash', '=', from)
    .execute();
}

export async function deletePassword(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('passwords').where('user_id', '=', userId).execute();
}

/**
 * Counts a try as a failure before it is made, unless the wait after the last one still runs. One
 * statement: of parallel callers one gets through.
 *
 * @param delays seconds to wait after the first, second … failure; the last one stays
 * @param forgottenBefore failures whose wait ended before this instant count no more
 * @returns failures in a row, this try included; undefined when it has to wait
 */
export async function spendTry(
  db: Db,
  name: string,
  { delays, now, forgottenBefore }: { delays: readonly number[]; now: Date; forgottenBefore: Date },
): Promise<number | undefined> {
  const { rows } = await sql<{ failures: number }>`
    insert into password_delays as d (name, failures, next_at)
    values (${name}, 1, ${now}::timestamptz + make_interval(secs => ${delays[0] ?? 0}))
    on conflict (name) do update set
      failures = case when d.next_at < ${forgottenBefore} then 1 else d.failures + 1 end,
      next_at = ${now}::timestamptz + make_interval(secs => (${[...delays]}::int[])[
        case when d.next_at < ${forgottenBefore} then 1
          else least(d.failures + 1, ${delays.length}) end
      ])
    where d.next_at <= ${now}
    returning failures`.execute(db);
  return rows[0]?.failures;
}

/** From when on the next try is let through. */
export async function findNextTry(db: Db, name: string): Promise<Date | undefined> {
  const row = await db
    .selectFrom('password_delays')
    .select('next_at')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.next_at;
}

/** Takes back a try that was counted and not made. */
export async function takeBackTry(db: Db, name: string, now: Date): Promise<void> {
  await db
    .updateTable('password_delays')
    .set((eb) => ({ failures: eb('failures', '-', 1), next_at: now }))
    .where('name', '=', name)
    .where('failures', '>', 0)
    .execute();
}

/** Forgets the failures of names whose owner has proved who they are. */
export async function deleteDelays(db: Db, names: readonly string[]): Promise<void> {
  if (names.length > 0) {
    await db.deleteFrom('password_delays').where('name', 'in', names).execute();
  }
}

/** @returns how many */
export async function deleteDelaysBefore(db: Db, before: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('password_delays')
    .where('next_at', '<', before)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
