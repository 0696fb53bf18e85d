import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';
import { lockPeople } from './chat.repository.ts';

interface SettingsRow {
  pinned_at: Date | null;
  silenced_until: Date | null;
}

/**
 * Writes how a person keeps a conversation. Who pins has their own row of `users` locked first, so that
 * what they pin at the same time is counted.
 *
 * @param change null or undefined leaves it as it is
 * @returns undefined for who is not in it
 */
export async function updateSettings(
  db: Db,
  change: {
    conversationId: string;
    userId: string;
    isPinned: boolean | null;
    silencedUntil: Date | null | undefined;
    now: Date;
  },
): Promise<SettingsRow | undefined> {
  const { conversationId, userId, isPinned, silencedUntil, now } = change;
  if (isPinned === true) {
    await lockPeople(db, [userId]);
  }
  const pinned = isPinned === true ? sql`coalesce(pinned_at, ${now}::timestamptz)` : sql`null`;
  const pinnedAt = isPinned === null ? sql`pinned_at` : pinned;
  const silenced =
    silencedUntil === undefined ? sql`silenced_until` : sql`${silencedUntil}::timestamptz`;
  const { rows } = await sql<SettingsRow>`
    update conversation_members set pinned_at = ${pinnedAt}, silenced_until = ${silenced}
    where user_id = ${userId} and conversation_id = ${conversationId}
    returning pinned_at, silenced_until`.execute(db);
  return rows[0];
}

/** How many conversations somebody has pinned. */
export async function countPinned(db: Db, userId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from conversation_members
    where user_id = ${userId} and pinned_at is not null`.execute(db);
  return rows[0]?.count ?? 0;
}
