import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';

/**
 * Makes the direct conversation of two people.
 *
 * @returns undefined when there is one already
 */
export async function insertDirect(
  db: Db,
  conversation: { id: string; directKey: string; userIds: readonly string[]; now: Date },
): Promise<string | undefined> {
  const { id, directKey, userIds, now } = conversation;
  const made = await db
    .insertInto('conversations')
    .values({ id, kind: 'direct', direct_key: directKey, created_at: now })
    .onConflict((oc) => oc.column('direct_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!made) {
    return undefined;
  }
  const members = userIds.map((userId) => {
    return { user_id: userId, conversation_id: id, read_seq: 0, joined_at: now };
  });
  await db.insertInto('conversation_members').values(members).execute();
  return made.id;
}

/**
 * Makes a group or a channel with its owner.
 *
 * @returns false when its id is taken: by a conversation, or by any other stream
 */
export async function insertConversation(
  db: Db,
  conversation: {
    id: string;
    kind: 'group' | 'channel';
    title: string;
    description?: string | null | undefined;
    avatar?: string | null | undefined;
    isPublic: boolean;
    organizationId?: string | undefined;
    ownerId: string;
    now: Date;
  },
): Promise<boolean> {
  const { id, kind, title, isPublic, ownerId, now } = conversation;
  const { description = null, avatar = null, organizationId = null } = conversation;
  const { rows } = await sql`
    insert into conversations (id, kind, title, description, avatar, is_public, organization_id,
      member_count, created_at)
    select ${id}, ${kind}, ${title}, ${description}, ${avatar}, ${isPublic}::boolean,
      ${organizationId}::uuid, 1, ${now}
    where not exists (select from streams where id = ${id})
    on conflict (id) do nothing returning id`.execute(db);
  if (rows.length === 0) {
    return false;
  }
  await db
    .insertInto('conversation_members')
    .values({ user_id: ownerId, conversation_id: id, role: 'owner', read_seq: 0, joined_at: now })
    .execute();
  return true;
}

export async function findDirect(db: Db, directKey: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('conversations')
    .select('id')
    .where('direct_key', '=', directKey)
    .executeTakeFirst();
  return row?.id;
}

/** Locks the rows of some people. @returns false when one of them has been erased */
export async function lockPeople(db: Db, userIds: readonly string[]): Promise<boolean> {
  const { rows } = await sql<{ is_there: boolean }>`
    select status <> 'erased' as is_there from users
    where id = any(${userIds}::uuid[]) order by id for no key update`.execute(db);
  return rows.every((row) => row.is_there);
}

/** Those of some people who are in as many conversations as anybody may be. Their rows are to be locked. */
export async function findOverfull(
  db: Db,
  userIds: readonly string[],
  most: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select u.id from unnest(${userIds}::uuid[]) u (id)
    where ${most} <= (
      select count(*) from (
        select from conversation_members m where m.user_id = u.id limit ${most}
      ) counted
    )`.execute(db);
  return rows.map(({ id }) => id);
}

/**
 * Erases the direct conversations of a person in which nobody is left who could read them, and takes them
 * out of all others. Where somebody is, the letters that they got stay theirs.
 *
 * @returns ids of the conversations, whose streams go too
 */
export async function deleteAbandoned(db: Db, userId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select m.conversation_id as id
    from conversation_members m join conversations c on c.id = m.conversation_id
    where m.user_id = ${userId} and not exists (
      select 1 from conversation_members o join users u on u.id = o.user_id
      where o.conversation_id = m.conversation_id and u.status <> 'erased'
    )`.execute(db);
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) {
    await db.selectFrom('streams').where('id', 'in', ids).orderBy('id').forUpdate().execute();
    await deleteConversations(db, ids);
  }
  return ids;
}

const removedAtOnce = 20;

/** Conversations that were removed before an instant. */
export async function findRemoved(db: Db, before: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('conversations')
    .select('id')
    .where('removed_at', '<', before)
    .orderBy('removed_at')
    .limit(removedAtOnce)
    .execute();
  return rows.map(({ id }) => id);
}

/** Erases conversations with all that was said in them. Their streams are the caller's. */
export async function deleteConversations(db: Db, ids: readonly string[]): Promise<void> {
  const ofConversation = [
    'message_edits',
    'message_hides',
    'message_mentions',
    'message_reactions',
    'message_pins',
    'messages',
    'conversation_bans',
    'conversation_invites',
    'conversation_restraints',
    'conversation_members',
  ] as const;
  for (const table of ofConversation) {
    await sql`delete from ${sql.table(table)} where conversation_id = any(${ids}::uuid[])`.execute(
      db,
    );
  }
  await db.deleteFrom('conversations').where('id', 'in', ids).execute();
  // Last, for only the row that is gone keeps them from being indexed meanwhile.
  await db.deleteFrom('message_search').where('conversation_id', 'in', ids).execute();
}
