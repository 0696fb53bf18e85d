import { CompiledQuery, sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';
import type { Door } from './chat.door.ts';

/** A conversation of many, as somebody stands before it. */
export interface DoorRow extends Door {
  is_public: boolean;
  organization_id: string | null;
  is_member: boolean;
}

/** @returns undefined for a direct conversation, and for one that was removed */
export async function findDoor(
  db: Db,
  conversationId: string,
  userId: string,
): Promise<DoorRow | undefined> {
  const { rows } = await sql<DoorRow>`
    select c.id, c.kind, c.status, c.member_count, c.is_public, c.organization_id, exists (
      select from conversation_members m where m.conversation_id = c.id and m.user_id = ${userId}
    ) as is_member
    from conversations c
    where c.id = ${conversationId} and c.kind <> 'direct' and c.status <> 'removed'`.execute(db);
  return rows[0];
}

/** What somebody sees of a conversation before they join it. */
export interface CardRow {
  id: string;
  kind: 'group' | 'channel';
  title: string;
  description: string | null;
  avatar: string | null;
  member_count: number;
  is_member: boolean;
}

/**
 * SQL of the columns of a {@link CardRow}, of a conversation `c`.
 *
 * @param userId SQL of who looks at it
 */
export function cardColumns(userId: string): string {
  return `c.id, c.kind, c.title, c.description, c.avatar, c.member_count, exists (
    select from conversation_members me where me.conversation_id = c.id and me.user_id = ${userId}
  ) as is_member`;
}

/** SQL that is true where a person is banned from a conversation `c` at an instant. */
export function isBanned(userId: string, now: string): string {
  return `exists (
    select from conversation_bans b
    where b.conversation_id = c.id and b.user_id = ${userId} and coalesce(b.until > ${now}, true)
  )`;
}

/** The last place of a page: how many members, and its id. */
export type PublicPlace = readonly [memberCount: number, id: string];

interface PublicPage {
  userId: string;
  now: Date;
  before: PublicPlace | null;
  limit: number;
}

const mostMembers = 2_147_483_647;
const largestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** @param found SQL of what else has to be so */
function publicText(found: string): string {
  return `select ${cardColumns('$1')}
    from conversations c
    where c.is_public and c.status in ('open', 'hold') ${found}
      and (c.member_count, c.id) < ($3::int, $4::uuid)
      and not ${isBanned('$1', '$2::timestamptz')}
    order by c.member_count desc, c.id desc limit $5`;
}

const findAll = statement<
  CardRow,
  [userId: string, now: Date, memberCount: number, id: string, limit: number]
>('chat-public', publicText(''));

type Hot = Parameters<typeof findAll>[0];

/** Conversations that everybody may join, the largest first. */
export function listPublic(
  hot: Hot,
  { userId, now, before, limit }: PublicPage,
): Promise<CardRow[]> {
  const [memberCount, id] = before ?? [mostMembers, largestId];
  return findAll(hot, userId, now, memberCount, id, limit);
}

const findByWords = publicText(
  `and chat_words(c.title || ' ' || coalesce(c.description, '')) @@ chat_query($6)`,
);

/** The same, of those in whose title and description all words of a query stand, or words that begin so. */
export async function searchPublic(
  db: Db,
  { userId, now, before, limit }: PublicPage,
  query: string,
): Promise<CardRow[]> {
  const [memberCount, id] = before ?? [mostMembers, largestId];
  const values = [userId, now, memberCount, id, limit, query];
  // Planned for these very words: rare ones are looked up, common ones met in the order of the list.
  const { rows } = await db.executeQuery<CardRow>(CompiledQuery.raw(findByWords, values));
  return rows;
}
