import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';

/** Those of some people who are banned from a conversation at an instant. */
export async function findBanned(
  db: Db,
  conversationId: string,
  userIds: readonly string[],
  now: Date,
): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select user_id from conversation_bans
    where conversation_id = ${conversationId} and user_id = any(${userIds}::uuid[])
      and coalesce(until > ${now}, true)
    order by user_id`.execute(db);
  return rows.map((row) => row.user_id);
}

interface BanRow {
  user_id: string;
  first_name: string | null;
  last_name: string | null;
  banned_by: string;
  reason: string | null;
  until: Date | null;
  created_at: Date;
}

/** Writes a ban; one that there is gets its new end and reason. */
export async function upsertBan(
  db: Db,
  ban: {
    conversationId: string;
    userId: string;
    bannedBy: string;
    reason: string | null;
    until: Date | null;
    now: Date;
  },
): Promise<void> {
  const { conversationId, userId, bannedBy, reason, until, now } = ban;
  await sql`
    insert into conversation_bans (conversation_id, user_id, banned_by, reason, until, created_at)
    values (${conversationId}, ${userId}, ${bannedBy}, ${reason}, ${until}, ${now})
    on conflict (conversation_id, user_id) do update set
      banned_by = excluded.banned_by, reason = excluded.reason, until = excluded.until`.execute(db);
}

/** @returns whether there was one */
export async function deleteBan(db: Db, conversationId: string, userId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('conversation_bans')
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** A page of bans, the oldest first. */
export async function listBanRows(
  db: Db,
  page: { conversationId: string; after: readonly [Date, string] | null; limit: number; now: Date },
): Promise<BanRow[]> {
  const later = page.after
    ? sql`and (b.created_at, b.user_id) > (${page.after[0]}, ${page.after[1]}::uuid)`
    : sql``;
  const { rows } = await sql<BanRow>`
    select b.user_id, u.first_name, u.last_name, b.banned_by, b.reason, b.until, b.created_at
    from conversation_bans b join users u on u.id = b.user_id
    where b.conversation_id = ${page.conversationId} and coalesce(b.until > ${page.now}, true) ${later}
    order by b.created_at, b.user_id limit ${page.limit}`.execute(db);
  return rows;
}

/**
 * Who takes a conversation over: who can sign in before who cannot at present, of them who stands highest, and
 * of those who came first.
 */
export async function findSuccessor(
  db: Db,
  conversationId: string,
  ownerId: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ user_id: string }>`
    select m.user_id from conversation_members m join users u on u.id = m.user_id
    where m.conversation_id = ${conversationId} and m.user_id <> ${ownerId}
    order by u.status <> 'active',
      array_position(array['admin', 'moderator', 'member', 'reader'], m.role), m.joined_at, m.user_id
    limit 1`.execute(db);
  return rows[0]?.user_id;
}

/** Conversations of many that a person is in. */
export async function findGroupIds(db: Db, userId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select c.id from conversation_members m join conversations c on c.id = m.conversation_id
    where m.user_id = ${userId} and c.kind <> 'direct' order by c.id`.execute(db);
  return rows.map(({ id }) => id);
}

/** Forgets what a person kept for themselves in a conversation. */
export async function deleteOwn(db: Db, conversationId: string, userId: string): Promise<void> {
  for (const table of ['message_hides', 'message_mentions'] as const) {
    await db
      .deleteFrom(table)
      .where('conversation_id', '=', conversationId)
      .where('user_id', '=', userId)
      .execute();
  }
  await db
    .deleteFrom('message_pins')
    .where('conversation_id', '=', conversationId)
    .where('pinned_for', '=', userId)
    .execute();
}

/** Forgets what a person kept for themselves in the conversations that they are still in, and what holds them back. */
export async function deleteAllOwn(db: Db, userId: string): Promise<void> {
  for (const table of ['message_hides', 'message_mentions', 'conversation_restraints'] as const) {
    await db.deleteFrom(table).where('user_id', '=', userId).execute();
  }
  await sql`
    delete from message_pins p using conversation_members m
    where m.user_id = ${userId} and p.conversation_id = m.conversation_id and p.pinned_for = m.user_id
  `.execute(db);
}

/** Keeps what holds a member back, for when they come again: {@link insertMembers} takes it. */
export async function keepRestraint(
  db: Db,
  { conversationId, userId, now }: { conversationId: string; userId: string; now: Date },
): Promise<void> {
  await sql`
    with at (now) as (values (${now}::timestamptz))
    insert into conversation_restraints (user_id, conversation_id, is_reader, muted_until, sent_at)
    select m.user_id, m.conversation_id, m.role = 'reader' and c.kind = 'group', m.muted_until, m.sent_at
    from conversation_members m
    join conversations c on c.id = m.conversation_id
    join streams s on s.id = m.conversation_id
    cross join at
    where m.conversation_id = ${conversationId} and m.user_id = ${userId} and (
      m.role = 'reader' and c.kind = 'group'
      or m.muted_until > at.now
      or m.sent_at > at.now - s.slow_seconds * interval '1 second'
    )`.execute(db);
}

/** Takes everybody out of a conversation. */
export async function deleteMembers(db: Db, conversationId: string): Promise<void> {
  await db
    .deleteFrom('conversation_members')
    .where('conversation_id', '=', conversationId)
    .execute();
}

/** Conversations of an organization that are there still. */
export async function findRoomsOfOrganization(db: Db, organizationId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from conversations
    where organization_id = ${organizationId} and status <> 'removed' order by id`.execute(db);
  return rows.map(({ id }) => id);
}
