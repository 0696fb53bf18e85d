import type { Db } from '../../database/tables.ts';

const columns = ['id', 'phone', 'first_name', 'last_name', 'created_at'] as const;

/** A person as stored. */
export interface UserRow {
  id: string;
  phone: string;
  first_name: string | null;
  last_name: string | null;
  created_at: Date;
}

export function findUser(db: Db, userId: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').select(columns).where('id', '=', userId).executeTakeFirst();
}

export function findActiveUser(
  db: Db,
  by: { id: string } | { phone: string },
): Promise<UserRow | undefined> {
  const query = db.selectFrom('users').select(columns).where('status', '=', 'active');
  return (
    'id' in by ? query.where('id', '=', by.id) : query.where('phone', '=', by.phone)
  ).executeTakeFirst();
}

/**
 * Makes the account of a phone number, or finds the one that is there. Parallel callers get the
 * same account, and only one of them is told that it is new.
 */
export async function findOrInsertUser(
  db: Db,
  user: { id: string; phone: string; now: Date },
): Promise<{ user: UserRow & { status: 'active' | 'inactive' }; isNew: boolean }> {
  const made = await db
    .insertInto('users')
    .values({
      id: user.id,
      phone: user.phone,
      role: 'user',
      status: 'active',
      created_at: user.now,
    })
    .onConflict((oc) => oc.column('phone').doNothing())
    .returning([...columns, 'status'])
    .executeTakeFirst();
  if (made) {
    return { user: made, isNew: true };
  }
  const found = await db
    .selectFrom('users')
    .select([...columns, 'status'])
    .where('phone', '=', user.phone)
    .executeTakeFirstOrThrow();
  return { user: found, isNew: false };
}

/** A column that is undefined stays as it is. */
export function updateNames(
  db: Db,
  userId: string,
  names: { firstName: string | null | undefined; lastName: string | null | undefined },
): Promise<UserRow> {
  return db
    .updateTable('users')
    .set((eb) => ({
      first_name: names.firstName === undefined ? eb.ref('first_name') : names.firstName,
      last_name: names.lastName === undefined ? eb.ref('last_name') : names.lastName,
    }))
    .where('id', '=', userId)
    .returning(columns)
    .executeTakeFirstOrThrow();
}
