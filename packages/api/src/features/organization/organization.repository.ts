import { sql, type Selectable } from 'kysely';
import type { Db, Tables } from '../../database/tables.ts';
import type { Place } from './organization.rules.ts';

export type OrganizationRow = Selectable<Tables['organizations']>;

/**
 * Lets one change of an organization happen after the other: the row of its stream is locked until the
 * transaction ends, before anything else. Who is not in it locks nothing.
 *
 * @returns false for who is not in it
 */
export async function lockOrganization(
  db: Db,
  organizationId: string,
  userId: string,
): Promise<boolean> {
  const { rows } = await sql`
    select s.id from streams s join organization_members m on m.organization_id = s.id
    where s.id = ${organizationId} and m.user_id = ${userId} for no key update of s`.execute(db);
  return rows.length > 0;
}

/** Like {@link lockOrganization}, for all that a person is in. @returns their ids in order */
export async function lockOrganizationsOf(db: Db, userId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.id from streams s join organization_members m on m.organization_id = s.id
    where m.user_id = ${userId} order by s.id for no key update of s`.execute(db);
  return rows.map(({ id }) => id);
}

/** Makes what decides how many organizations a person has, and is in, take turns. */
export async function lockPerson(db: Db, userId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`organization:${userId}`}, 0))`.execute(
    db,
  );
}

export function findOrganization(db: Db, id: string): Promise<OrganizationRow | undefined> {
  return db.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Somebody's role in an organization; undefined for who is not in it. */
export async function findOrganizationRole(
  db: Db,
  organizationId: string,
  userId: string,
): Promise<Place> {
  const row = await db
    .selectFrom('organization_members')
    .select('role')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.role;
}

/** An organization with the role of one of its people; undefined for who is not in it. */
export function findOrganizationOf(db: Db, organizationId: string, userId: string) {
  return organizationsOf(db, userId).where('o.id', '=', organizationId).executeTakeFirst();
}

/** The organizations of a person, newest first. */
export function findOrganizations(
  db: Db,
  page: { userId: string; before: string | null; limit: number },
) {
  let query = organizationsOf(db, page.userId);
  if (page.before !== null) {
    query = query.where('m.organization_id', '<', page.before);
  }
  return query.orderBy('m.organization_id', 'desc').limit(page.limit).execute();
}

function organizationsOf(db: Db, userId: string) {
  return db
    .selectFrom('organization_members as m')
    .innerJoin('organizations as o', 'o.id', 'm.organization_id')
    .selectAll('o')
    .select('m.role')
    .where('m.user_id', '=', userId);
}

export async function ownsOrganization(db: Db, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('organizations')
    .select('id')
    .where('owner_id', '=', userId)
    .executeTakeFirst();
  return row !== undefined;
}

/** In how many organizations a person is. */
export async function countOrganizations(db: Db, userId: string): Promise<number> {
  const { count } = await db
    .selectFrom('organization_members')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Whether anything at all has a stream of this id, or has had one. */
export async function isStreamTaken(db: Db, id: string): Promise<boolean> {
  const row = await db.selectFrom('streams').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

/**
 * Takes a handle for an organization, for ever.
 *
 * @returns false when another organization has it, or has had it
 */
export async function claimHandle(
  db: Db,
  handle: string,
  organizationId: string,
): Promise<boolean> {
  const { rows } = await sql`
    insert into organization_handles as h (handle, organization_id)
    values (${handle}, ${organizationId})
    on conflict (handle) do update set organization_id = excluded.organization_id
      where h.organization_id = excluded.organization_id
    returning handle`.execute(db);
  return rows.length > 0;
}

/** Frees all handles of an organization. */
export async function deleteHandles(db: Db, organizationId: string): Promise<void> {
  await db
    .deleteFrom('organization_handles')
    .where('organization_id', '=', organizationId)
    .execute();
}

/** @returns undefined when the id is taken */
export function insertOrganization(
  db: Db,
  organization: { id: string; ownerId: string; name: string; handle: string; now: Date },
): Promise<OrganizationRow | undefined> {
  const { id, ownerId, name, handle, now } = organization;
  return db
    .insertInto('organizations')
    .values({ id, owner_id: ownerId, name, handle, created_at: now })
    .onConflict((oc) => oc.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Sets what is given. */
export function updateOrganization(
  db: Db,
  id: string,
  values: { name?: string; handle?: string; owner_id?: string },
): Promise<OrganizationRow> {
  return db
    .updateTable('organizations')
    .set(values)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Deletes an organization with its members. @returns who they were */
export async function deleteOrganization(db: Db, id: string): Promise<string[]> {
  const rows = await db
    .deleteFrom('organization_members')
    .where('organization_id', '=', id)
    .returning('user_id')
    .execute();
  await db.deleteFrom('organizations').where('id', '=', id).execute();
  return rows.map((row) => row.user_id);
}
