import type {
  ChatCapability,
  ChatRole,
  ConversationKind,
  ConversationStatus,
} from '@chapar/contract';
import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';

/** A conversation, and the caller's place in it. */
export interface RoomRow {
  id: string;
  kind: ConversationKind;
  direct_key: string | null;
  title: string | null;
  description: string | null;
  avatar: string | null;
  status: ConversationStatus;
  is_public: boolean;
  organization_id: string | null;
  slow_seconds: number;
  member_count: number;
  message_seq: number;
  /** Whether it takes messages now; for a direct one, whether the two are friends. */
  message_open: boolean;
  created_at: Date;
  role: ChatRole;
  grants: ChatCapability[];
  muted_until: Date | null;
  sent_at: Date | null;
  has_hidden: boolean;
}

/**
 * Locks a conversation's stream until the transaction ends: whatever changes a conversation takes turns with
 * everything else that does, and with those who send. It comes before any other lock.
 */
export async function lockStream(db: Db, conversationId: string): Promise<void> {
  await sql`select from streams where id = ${conversationId} for no key update`.execute(db);
}

/** The same for one of its members. @returns false for who is none, and makes nobody wait */
export async function lockStreamAsMember(
  db: Db,
  conversationId: string,
  userId: string,
): Promise<boolean> {
  const { rows } = await sql`
    select from streams s
    join conversation_members me on me.conversation_id = s.id and me.user_id = ${userId}
    where s.id = ${conversationId} for no key update of s`.execute(db);
  return rows.length > 0;
}

/** @returns undefined for who is not in it */
export async function findRoom(
  db: Db,
  conversationId: string,
  userId: string,
): Promise<RoomRow | undefined> {
  const { rows } = await sql<RoomRow>`
    select c.id, c.kind, c.direct_key, c.title, c.description, c.avatar, c.status, c.is_public,
      c.organization_id, c.member_count, c.created_at, s.slow_seconds, s.message_seq, s.message_open,
      me.role, me.grants, me.muted_until, me.sent_at, me.has_hidden
    from conversation_members me
    join conversations c on c.id = me.conversation_id
    join streams s on s.id = me.conversation_id
    where me.conversation_id = ${conversationId} and me.user_id = ${userId}`.execute(db);
  return rows[0];
}

/** A member as the others see them. */
export interface MemberRow {
  user_id: string;
  first_name: string | null;
  last_name: string | null;
  role: ChatRole;
  grants: ChatCapability[];
  muted_until: Date | null;
  joined_at: Date;
  shown_read_seq: number;
  shown_delivered_seq: number;
}

/** Those of some people who are members, by the time of their joining. */
export async function findMembers(
  db: Db,
  conversationId: string,
  userIds: readonly string[],
): Promise<MemberRow[]> {
  const { rows } = await sql<MemberRow>`
    select m.user_id, u.first_name, u.last_name, m.role, m.grants, m.muted_until, m.joined_at,
      m.shown_read_seq, m.shown_delivered_seq
    from conversation_members m join users u on u.id = m.user_id
    where m.conversation_id = ${conversationId} and m.user_id = any(${userIds}::uuid[])
    order by m.joined_at, m.user_id`.execute(db);
  return rows;
}

/** A page of members, who came first first. */
export async function listMemberRows(
  db: Db,
  page: { conversationId: string; after: readonly [Date, string] | null; limit: number },
): Promise<MemberRow[]> {
  const later = page.after
    ? sql`and (m.joined_at, m.user_id) > (${page.after[0]}, ${page.after[1]}::uuid)`
    : sql``;
  const { rows } = await sql<MemberRow>`
    select m.user_id, u.first_name, u.last_name, m.role, m.grants, m.muted_until, m.joined_at,
      m.shown_read_seq, m.shown_delivered_seq
    from conversation_members m join users u on u.id = m.user_id
    where m.conversation_id = ${page.conversationId} ${later}
    order by m.joined_at, m.user_id limit ${page.limit}`.execute(db);
  return rows;
}

/** Writes what everybody sees of a conversation. */
export async function updateRoom(
  db: Db,
  conversationId: string,
  changes: {
    title?: string | undefined;
    description?: string | null | undefined;
    avatar?: string | null | undefined;
    is_public?: boolean | undefined;
    status?: 'open' | 'hold' | 'closed' | 'removed' | undefined;
    removed_at?: Date | undefined;
    organization_id?: null | undefined;
    member_count?: 0 | undefined;
  },
): Promise<void> {
  const set = Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  );
  if (Object.keys(set).length > 0) {
    await db.updateTable('conversations').set(set).where('id', '=', conversationId).execute();
  }
}

/** Writes what a message on its way looks at. */
export async function updateLine(
  db: Db,
  conversationId: string,
  line: { message_open?: boolean; slow_seconds?: number },
): Promise<void> {
  if (Object.keys(line).length > 0) {
    await db.updateTable('streams').set(line).where('id', '=', conversationId).execute();
  }
}

/** Adds to the number of members. @returns the number afterwards */
export async function countMembers(db: Db, conversationId: string, more: number): Promise<number> {
  const { rows } = await sql<{ member_count: number }>`
    update conversations set member_count = member_count + ${more}::int
    where id = ${conversationId} returning member_count`.execute(db);
  return rows[0]?.member_count ?? 0;
}

/**
 * Lets people in, who have read what was said before. Members stay what they are, and who was there before is
 * held back by what held them back then.
 */
export async function insertMembers(
  db: Db,
  conversationId: string,
  members: { userIds: readonly string[]; role: ChatRole; now: Date },
): Promise<string[]> {
  const { userIds, role, now } = members;
  const { rows } = await sql<{ user_id: string }>`
    with kept as (
      delete from conversation_restraints
      where conversation_id = ${conversationId} and user_id = any(${userIds}::uuid[]) returning *
    )
    insert into conversation_members
      (user_id, conversation_id, role, muted_until, sent_at, joined_at, read_seq, delivered_seq)
    select u.id, s.id, case when k.is_reader then 'reader' else ${role} end, k.muted_until, k.sent_at,
      ${now}, s.message_seq, s.message_seq
    from unnest(${userIds}::uuid[]) u (id)
    join streams s on s.id = ${conversationId}
    left join kept k on k.user_id = u.id
    order by u.id
    on conflict do nothing returning user_id`.execute(db);
  return rows.map((row) => row.user_id);
}

/** @returns whether the person was a member */
export async function deleteMember(
  db: Db,
  conversationId: string,
  userId: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('conversation_members')
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Changes a member's place. */
export async function updateMember(
  db: Db,
  conversationId: string,
  userId: string,
  changes: { role?: ChatRole; grants?: ChatCapability[]; muted_until?: Date | null },
): Promise<void> {
  await db
    .updateTable('conversation_members')
    .set(changes)
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', userId)
    .execute();
}
