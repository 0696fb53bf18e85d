import { sql } from 'kysely';
import type { OrganizationRole } from '@chapar/contract';
import type { Db } from '../../database/tables.ts';

/** Somebody in an organization, with what others see of them. */
export interface MemberRow {
  id: string;
  first_name: string | null;
  last_name: string | null;
  role: OrganizationRole;
  created_at: Date;
}

export function findMember(
  db: Db,
  organizationId: string,
  userId: string,
): Promise<MemberRow | undefined> {
  return membersOf(db, organizationId).where('m.user_id', '=', userId).executeTakeFirst();
}

/** Who came first comes first. */
export function findMembers(
  db: Db,
  page: { organizationId: string; after: readonly [Date, string] | null; limit: number },
): Promise<MemberRow[]> {
  let query = membersOf(db, page.organizationId);
  if (page.after) {
    const [at, id] = page.after;
    query = query.where((eb) =>
      eb(eb.refTuple('m.created_at', 'm.user_id'), '>', eb.tuple(at, id)),
    );
  }
  return query.orderBy('m.created_at').orderBy('m.user_id').limit(page.limit).execute();
}

function membersOf(db: Db, organizationId: string) {
  return db
    .selectFrom('organization_members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select(['u.id', 'u.first_name', 'u.last_name', 'm.role', 'm.created_at'])
    .where('m.organization_id', '=', organizationId);
}

/** Those of these people who are in an organization. */
export async function findOrganizationMembers(
  db: Db,
  organizationId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await db
    .selectFrom('organization_members')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', sql<string>`any(${userIds}::uuid[])`)
    .execute();
  return rows.map((row) => row.user_id);
}

/** How many people an organization has, counted no further than `most`. */
export async function countMembers(db: Db, organizationId: string, most: number): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count from (
      select from organization_members where organization_id = ${organizationId} limit ${most}
    ) members`.execute(db);
  return Number(rows[0]?.count ?? 0n);
}

export async function insertMember(
  db: Db,
  member: { organizationId: string; userId: string; role: OrganizationRole; now: Date },
): Promise<void> {
  await db
    .insertInto('organization_members')
    .values({
      organization_id: member.organizationId,
      user_id: member.userId,
      role: member.role,
      created_at: member.now,
    })
    .execute();
}

export async function updateRole(
  db: Db,
  member: { organizationId: string; userId: string; role: OrganizationRole },
): Promise<void> {
  await db
    .updateTable('organization_members')
    .set({ role: member.role })
    .where('organization_id', '=', member.organizationId)
    .where('user_id', '=', member.userId)
    .execute();
}

export async function deleteMember(db: Db, organizationId: string, userId: string): Promise<void> {
  await db
    .deleteFrom('organization_members')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .execute();
}

/**
 * To whom an organization passes when its owner is no more: admins before members, the oldest of them,
 * and whoever can sign in before who cannot at present. Owners of another one are left out.
 */
export function findHeir(db: Db, organizationId: string): Promise<MemberRow | undefined> {
  return membersOf(db, organizationId)
    .where('m.role', '<>', 'owner')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('organizations as o')
            .select('o.id')
            .whereRef('o.owner_id', '=', 'm.user_id'),
        ),
      ),
    )
    .orderBy(sql`u.status = 'active'`, 'desc')
    .orderBy(sql`m.role = 'admin'`, 'desc')
    .orderBy('m.created_at')
    .orderBy('m.user_id')
    .limit(1)
    .executeTakeFirst();
}
