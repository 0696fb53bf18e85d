import { sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';

/** A conversation as one member sees it, with its newest message. */
export interface ConversationRow {
  id: string;
  kind: 'direct';
  /** Of the newest message. */
  message_seq: number;
  active_at: Date;
  created_at: Date;
  read_seq: number;
  peer_id: string;
  peer_first_name: string | null;
  peer_last_name: string | null;
  peer_read_seq: number;
  message_id: string | null;
  message_sender_id: string | null;
  message_text: string | null;
  message_created_at: Date | null;
}

/** When the newest message came, or when the conversation began. */
const activeAt = sql`coalesce(s.message_at, c.created_at)`;

/** The member's view of their conversations: one query, whatever the number of rows. */
function conversationsOf(userId: string) {
  return sql`
    select c.id, c.kind, s.message_seq, ${activeAt} as active_at, c.created_at, me.read_seq,
      peer.user_id as peer_id, u.first_name as peer_first_name, u.last_name as peer_last_name,
      peer.read_seq as peer_read_seq,
      m.id as message_id, m.sender_id as message_sender_id, m.text as message_text,
      m.created_at as message_created_at
    from conversation_members me
    join conversations c on c.id = me.conversation_id
    join streams s on s.id = c.id
    join conversation_members peer on peer.conversation_id = c.id and peer.user_id <> me.user_id
    join users u on u.id = peer.user_id
    left join messages m on m.conversation_id = c.id and m.seq = s.message_seq
    where me.user_id = ${userId}`;
}

export async function findConversation(
  db: Db,
  userId: string,
  conversationId: string,
): Promise<ConversationRow | undefined> {
  const { rows } = await sql<ConversationRow>`
    ${conversationsOf(userId)} and c.id = ${conversationId}`.execute(db);
  return rows[0];
}

/** Latest activity first. */
export async function findConversations(
  db: Db,
  page: { userId: string; before: readonly [Date, string] | null; limit: number },
): Promise<ConversationRow[]> {
  const older = page.before
    ? sql`and (${activeAt}, c.id) < (${page.before[0]}, ${page.before[1]}::uuid)`
    : sql``;
  const { rows } = await sql<ConversationRow>`
    ${conversationsOf(page.userId)} ${older}
    order by ${activeAt} desc, c.id desc limit ${page.limit}`.execute(db);
  return rows;
}

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
    .values({
      id,
      kind: 'direct',
      direct_key: directKey,
      created_at: now,
    })
    .onConflict((oc) => oc.column('direct_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!made) {
    return undefined;
  }
  await db
    .insertInto('conversation_members')
    .values(userIds.map((userId) => ({ user_id: userId, conversation_id: id, read_seq: 0 })))
    .execute();
  return made.id;
}

export async function findDirect(db: Db, directKey: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('conversations')
    .select('id')
    .where('direct_key', '=', directKey)
    .executeTakeFirst();
  return row?.id;
}

/** A message as the lists have it, its time as text (ISO 8601). */
export interface ListedMessageRow {
  id: string;
  seq: number;
  sender_id: string;
  text: string;
  created_at: string;
}

/**
 * Messages of a conversation that a person is in, newest first. For a conversation without any there
 * is one row of nulls, and for those who are not in it there is none.
 */
export const findMessages = statement<
  ListedMessageRow | Record<keyof ListedMessageRow, null>,
  [userId: string, conversationId: string, beforeSeq: number | null, limit: number]
>(
  'chat-messages',
  `select m.id, m.seq, m.sender_id, m.text,
    to_char(m.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
  from conversation_members me
  left join lateral (
    select * from messages
    where conversation_id = me.conversation_id and seq < coalesce($3::int, 2147483647)
    order by seq desc limit $4
  ) m on true
  where me.user_id = $1 and me.conversation_id = $2
  order by m.seq desc`,
);

/**
 * Moves a read mark forward, never back and never past the newest message. The stream is locked first, as
 * by those who send.
 *
 * @returns the new mark; undefined when it did not move
 */
export async function advanceRead(
  db: Db,
  mark: { conversationId: string; userId: string; seq: number },
): Promise<number | undefined> {
  const { rows } = await sql<{ read_seq: number }>`
    with head as materialized (
      select s.message_seq from conversation_members m join streams s on s.id = m.conversation_id
      where m.conversation_id = ${mark.conversationId} and m.user_id = ${mark.userId}
        and m.read_seq < least(${mark.seq}::int, s.message_seq)
      for no key update of s
    )
    update conversation_members m set read_seq = least(${mark.seq}::int, head.message_seq) from head
    where m.conversation_id = ${mark.conversationId} and m.user_id = ${mark.userId}
      and m.read_seq < least(${mark.seq}::int, head.message_seq)
    returning m.read_seq`.execute(db);
  return rows[0]?.read_seq;
}

/** @returns undefined for those who are not in the conversation */
export async function findReadSeq(
  db: Db,
  userId: string,
  conversationId: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('conversation_members')
    .select('read_seq')
    .where('user_id', '=', userId)
    .where('conversation_id', '=', conversationId)
    .executeTakeFirst();
  return row?.read_seq;
}

/**
 * Erases the conversations of a person in which nobody is left who could read them. Where somebody
 * is, the letters that they got stay theirs.
 *
 * @returns ids of the conversations, whose streams go too
 */
export async function deleteAbandoned(db: Db, userId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select m.conversation_id as id from conversation_members m
    where m.user_id = ${userId} and not exists (
      select 1 from conversation_members o join users u on u.id = o.user_id
      where o.conversation_id = m.conversation_id and u.status <> 'erased'
    )`.execute(db);
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) {
    await db.selectFrom('streams').where('id', 'in', ids).orderBy('id').forUpdate().execute();
    await db.deleteFrom('messages').where('conversation_id', 'in', ids).execute();
    await db.deleteFrom('conversation_members').where('conversation_id', 'in', ids).execute();
    await db.deleteFrom('conversations').where('id', 'in', ids).execute();
  }
  return ids;
}
