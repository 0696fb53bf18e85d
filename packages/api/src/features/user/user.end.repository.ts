import type { Db } from '../../database/tables.ts';
import type { UserRow } from './user.repository.ts';

/** Changes an account's standing where it is one of `from`. @returns whether it was */
export async function changeStatus(
  db: Db,
  userId: string,
  from: readonly UserRow['status'][],
  to: { status: UserRow['status']; inactiveReason?: string | null; eraseAt?: Date | null },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({
      status: to.status,
      inactive_reason: to.inactiveReason ?? null,
      erase_at: to.eraseAt ?? null,
    })
    .where('id', '=', userId)
    .where('status', 'in', from)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** People whose time to come back is over. */
export async function findDue(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('status', '=', 'leaving')
    .where('erase_at', '<=', now)
    .orderBy('erase_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Leaves of a person only that there was one. @returns false when they are not due (any more) */
export async function eraseRow(db: Db, userId: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({
      status: 'erased',
      phone: null,
      email: null,
      first_name: null,
      last_name: null,
      birthday: null,
      language: null,
      time_zone: null,
      presence_visibility: 'friends',
      shows_receipts: true,
      inactive_reason: null,
      phone_changed_at: null,
      erase_at: null,
      role: 'user',
    })
    .where('id', '=', userId)
    .where('status', '=', 'leaving')
    .where('erase_at', '<=', now)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}
