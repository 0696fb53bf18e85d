import { sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';
import { cardColumns, isBanned, type CardRow } from './chat.public.repository.ts';

/** An invite as stored. */
export interface InviteRow {
  id: string;
  conversation_id: string;
  created_by: string;
  created_at: Date;
  expires_at: Date | null;
  most_uses: number | null;
  uses: number;
  revoked_at: Date | null;
}

const columns = [
  'id',
  'conversation_id',
  'created_by',
  'created_at',
  'expires_at',
  'most_uses',
  'uses',
  'revoked_at',
] as const;

/** @returns undefined when its id is taken */
export function insertInvite(
  db: Db,
  invite: Omit<InviteRow, 'uses' | 'revoked_at'> & { token_hash: Buffer },
): Promise<InviteRow | undefined> {
  return db
    .insertInto('conversation_invites')
    .values(invite)
    .onConflict((oc) => oc.column('id').doNothing())
    .returning(columns)
    .executeTakeFirst();
}

export function findInvite(db: Db, id: string): Promise<InviteRow | undefined> {
  return db
    .selectFrom('conversation_invites')
    .select(columns)
    .where('id', '=', id)
    .executeTakeFirst();
}

/**
 * SQL that is true for an invite `i` by which somebody may come in.
 *
 * @param now SQL of the instant
 */
function isUsable(now: string): string {
  return `i.revoked_at is null and coalesce(i.expires_at > ${now}, true)
    and coalesce(i.uses < i.most_uses, true)`;
}

/** How many invites of a conversation somebody may come in by. */
export async function countUsable(db: Db, conversationId: string, now: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with at (now) as (values (${now}::timestamptz))
    select count(*)::int as count from conversation_invites i, at
    where i.conversation_id = ${conversationId} and ${sql.raw(isUsable('at.now'))}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** A page of the invites of a conversation, newest first. */
export function listInviteRows(
  db: Db,
  page: { conversationId: string; before: readonly [Date, string] | null; limit: number },
): Promise<InviteRow[]> {
  let query = db
    .selectFrom('conversation_invites')
    .select(columns)
    .where('conversation_id', '=', page.conversationId);
  if (page.before) {
    const [at, id] = page.before;
    query = query.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(at, id)));
  }
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(page.limit).execute();
}

/** Ends an invite; one that has ended keeps its time. @returns undefined where there is none */
export async function revoke(
  db: Db,
  { conversationId, id, now }: { conversationId: string; id: string; now: Date },
): Promise<InviteRow | undefined> {
  const { rows } = await sql<InviteRow>`
    update conversation_invites set revoked_at = coalesce(revoked_at, ${now})
    where id = ${id} and conversation_id = ${conversationId}
    returning ${sql.join(columns.map((column) => sql.ref(column)))}`.execute(db);
  return rows[0];
}

/** Counts a use of an invite. @returns false where it lets nobody in any more */
export async function spendUse(db: Db, id: string, now: Date): Promise<boolean> {
  const { rows } = await sql`
    with at (now) as (values (${now}::timestamptz))
    update conversation_invites i set uses = i.uses + 1 from at
    where i.id = ${id} and ${sql.raw(isUsable('at.now'))} returning i.id`.execute(db);
  return rows.length > 0;
}

/** What a link leads to, for who holds it. */
export interface InvitedRow extends CardRow {
  invite_id: string;
  organization_id: string | null;
  /** Whether somebody may come in by it. */
  is_usable: boolean;
  /** Whether its holder may not. */
  is_banned: boolean;
}

const findByHash = statement<InvitedRow, [userId: string, now: Date, tokenHash: Buffer]>(
  'chat-invite',
  `select i.id as invite_id, c.organization_id, ${isUsable('$2::timestamptz')} as is_usable,
     ${isBanned('$1', '$2::timestamptz')} as is_banned, ${cardColumns('$1')}
   from conversation_invites i join conversations c on c.id = i.conversation_id
   where i.token_hash = $3 and c.status <> 'removed'`,
);

/** @returns undefined for a link that there is not */
export async function findInvited(
  hot: Parameters<typeof findByHash>[0],
  { userId, now, tokenHash }: { userId: string; now: Date; tokenHash: Buffer },
): Promise<InvitedRow | undefined> {
  const [row] = await findByHash(hot, userId, now, tokenHash);
  return row;
}
