import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';

/** @returns false when this person has blocked the other one already */
export async function insertBlock(
  db: Db,
  block: { blockerId: string; blockedId: string; now: Date },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('blocks')
    .values({
      blocker_id: block.blockerId,
      blocked_id: block.blockedId,
      created_at: block.now,
    })
    .onConflict((oc) => oc.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** @returns false when there was none */
export async function deleteBlock(db: Db, blockerId: string, blockedId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('blocks')
    .where('blocker_id', '=', blockerId)
    .where('blocked_id', '=', blockedId)
    .executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}

/** Which of two people have blocked the other one. */
export async function findBlockers(db: Db, a: string, b: string): Promise<string[]> {
  const rows = await db
    .selectFrom('blocks')
    .select('blocker_id')
    .where((eb) =>
      eb.or([
        eb.and([eb('blocker_id', '=', a), eb('blocked_id', '=', b)]),
        eb.and([eb('blocker_id', '=', b), eb('blocked_id', '=', a)]),
      ]),
    )
    .execute();
  return rows.map((row) => row.blocker_id);
}

/** Whether one of two people has blocked the other one. */
export async function isBlockedBetween(db: Db, a: string, b: string): Promise<boolean> {
  return (await findBlockers(db, a, b)).length > 0;
}

/** Those among `others` who have blocked a person, or whom that person has blocked. */
export async function findBlockedWith(
  db: Db,
  userId: string,
  others: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select blocked_id as id from blocks
    where blocker_id = ${userId} and blocked_id = any(${others}::uuid[])
    union
    select blocker_id from blocks
    where blocked_id = ${userId} and blocker_id = any(${others}::uuid[])`.execute(db);
  return rows.map(({ id }) => id);
}

/** Whom a person has blocked, the newest first. */
export function findBlocked(
  db: Db,
  page: { userId: string; before: readonly [Date, string] | null; limit: number },
) {
  let query = db
    .selectFrom('blocks as b')
    .innerJoin('users as u', 'u.id', 'b.blocked_id')
    .select(['u.id', 'u.first_name', 'u.last_name', 'b.created_at'])
    .where('b.blocker_id', '=', page.userId);
  if (page.before) {
    const [at, id] = page.before;
    query = query.where((eb) =>
      eb(eb.refTuple('b.created_at', 'b.blocked_id'), '<', eb.tuple(at, id)),
    );
  }
  return query
    .orderBy('b.created_at', 'desc')
    .orderBy('b.blocked_id', 'desc')
    .limit(page.limit)
    .execute();
}

/** Erases every block that a person has to do with. @returns who had blocked them */
export async function deleteBlocksOf(db: Db, userId: string): Promise<string[]> {
  const rows = await db
    .deleteFrom('blocks')
    .where((eb) => eb.or([eb('blocker_id', '=', userId), eb('blocked_id', '=', userId)]))
    .returning('blocker_id')
    .execute();
  return rows.map((row) => row.blocker_id).filter((id) => id !== userId);
}
