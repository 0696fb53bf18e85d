import type { UserCard } from '@chapar/contract';
import { sql, type Updateable } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db, Tables } from '../../database/tables.ts';
import type { Contact } from '../../kernel/contact.ts';

const columns = [
  'id',
  'phone',
  'email',
  'kind',
  'first_name',
  'last_name',
  'language',
  'time_zone',
  'presence_visibility',
  'shows_receipts',
  'role',
  'status',
  'created_at',
] as const;

/** What makes a {@link UserRow}, for statements that are text. */
export const userColumns = `${columns.join(', ')}, birthday::text`;

/** A date column as the text that it is: a day has no instant. */
const birthday = sql<string | null>`birthday::text`.as('birthday');

/** A person as stored. */
export interface UserRow {
  id: string;
  phone: string | null;
  email: string | null;
  kind: string;
  first_name: string | null;
  last_name: string | null;
  birthday: string | null;
  language: 'en' | 'fa' | null;
  time_zone: string | null;
  presence_visibility: 'everyone' | 'friends' | 'nobody';
  shows_receipts: boolean;
  role: 'user' | 'staff' | 'admin';
  status: 'active' | 'inactive' | 'leaving' | 'erased';
  created_at: Date;
}

/** How an account is found: by its phone number and kind, or by its e-mail address. */
export interface AccountName {
  contact: Contact;
  kind: string;
}

/** Like {@link findUser}, for several people at once. */
export const findUsers = statement<UserRow, [ids: readonly string[]]>(
  'users-by-id',
  `select ${userColumns} from users where id = any($1::uuid[])`,
);

export function findUser(db: Db, userId: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .select(columns)
    .select(birthday)
    .where('id', '=', userId)
    .executeTakeFirst();
}

/** Like {@link findUser}; the row stays as it is until the transaction ends. */
export function lockUser(db: Db, userId: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .select(columns)
    .select(birthday)
    .where('id', '=', userId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export function findActiveUser(
  db: Db,
  by: { id: string } | { email: string } | { phone: string; kind: string },
): Promise<UserRow | undefined> {
  const query = db
    .selectFrom('users')
    .select(columns)
    .select(birthday)
    .where('status', '=', 'active');
  if ('id' in by) {
    return query.where('id', '=', by.id).executeTakeFirst();
  }
  return (
    'email' in by
      ? query.where('email', '=', by.email)
      : query.where('phone', '=', by.phone).where('kind', '=', by.kind)
  ).executeTakeFirst();
}

export function findUserByName(
  db: Db,
  { contact, kind }: AccountName,
): Promise<UserRow | undefined> {
  const query = db.selectFrom('users').select(columns).select(birthday);
  return (
    contact.channel === 'mail'
      ? query.where('email', '=', contact.address)
      : query.where('phone', '=', contact.address).where('kind', '=', kind)
  ).executeTakeFirst();
}

/** Cards of people, those whose account is gone included, in the order of their ids. */
export async function findCards(db: Db, userIds: readonly string[]): Promise<UserCard[]> {
  if (userIds.length === 0) {
    return [];
  }
  const rows = await db
    .selectFrom('users')
    .select(['id', 'first_name as firstName', 'last_name as lastName'])
    .where('id', 'in', userIds)
    .orderBy('id')
    .execute();
  return rows;
}

const mostStaff = 200;

/** Staff and administrators who can be told something. */
export async function findStaffIds(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('role', '<>', 'user')
    .where('status', '=', 'active')
    .orderBy('id')
    .limit(mostStaff)
    .execute();
  return rows.map(({ id }) => id);
}

export interface NewUser {
  id: string;
  name: AccountName;
  role?: 'user' | 'admin';
  firstName?: string;
  lastName?: string;
  birthday?: string | undefined;
  now: Date;
}

/** Makes an account. @returns undefined when the contact has one already */
export function insertUser(db: Db, user: NewUser): Promise<UserRow | undefined> {
  const { contact, kind } = user.name;
  return db
    .insertInto('users')
    .values({
      id: user.id,
      phone: contact.channel === 'sms' ? contact.address : null,
      email: contact.channel === 'mail' ? contact.address : null,
      kind,
      first_name: user.firstName ?? null,
      last_name: user.lastName ?? null,
      birthday: user.birthday ?? null,
      presence_visibility: 'friends',
      shows_receipts: true,
      role: user.role ?? 'user',
      status: 'active',
      created_at: user.now,
    })
    .onConflict((oc) => oc.doNothing())
    .returning(columns)
    .returning(birthday)
    .executeTakeFirst();
}

/** Sets columns; one that is undefined stays as it is. @returns the row as it is afterwards */
export function updateUser(
  db: Db,
  userId: string,
  values: Updateable<Tables['users']>,
): Promise<UserRow> {
  return db
    .updateTable('users')
    .set({ id: userId, ...values })
    .where('id', '=', userId)
    .returning(columns)
    .returning(birthday)
    .executeTakeFirstOrThrow();
}

/** An open account of a contact, whatever its kind: the oldest one. */
export function findAnyByContact(
  db: Db,
  { channel, address }: Contact,
): Promise<{ language: 'en' | 'fa' | null } | undefined> {
  return db
    .selectFrom('users')
    .select('language')
    .where(channel === 'mail' ? 'email' : 'phone', '=', address)
    .where('status', 'in', ['active', 'leaving'])
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}
