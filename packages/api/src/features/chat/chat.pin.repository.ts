import { sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';
import { isShown, isoTime, messageColumns, type MessageRow } from './chat.message.repository.ts';

interface Ref {
  conversationId: string;
  seq: number;
  /** The conversation's id, or that of one person. */
  pinnedFor: string;
}

interface Kept {
  pinned_by: string;
  created_at: Date;
  is_new: boolean;
}

/** Pins a message, unless it is pinned already. The stream is locked. */
export async function keepPin(
  db: Db,
  { conversationId, seq, pinnedFor, userId, now }: Ref & { userId: string; now: Date },
): Promise<Kept | undefined> {
  const { rows } = await sql<Kept>`
    with made as (
      insert into message_pins (conversation_id, pinned_for, seq, pinned_by, created_at)
      values (${conversationId}, ${pinnedFor}, ${seq}, ${userId}, ${now})
      on conflict do nothing returning pinned_by, created_at
    )
    select pinned_by, created_at, true as is_new from made
    union all
    select pinned_by, created_at, false from message_pins
    where conversation_id = ${conversationId} and pinned_for = ${pinnedFor} and seq = ${seq}`.execute(
    db,
  );
  return rows[0];
}

/** How many messages are pinned for everybody, or for one person. */
export async function countPins(
  db: Db,
  { conversationId, pinnedFor }: Omit<Ref, 'seq'>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from message_pins
    where conversation_id = ${conversationId} and pinned_for = ${pinnedFor}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** @returns whether there was one */
export async function deletePin(db: Db, { conversationId, seq, pinnedFor }: Ref): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('message_pins')
    .where('conversation_id', '=', conversationId)
    .where('pinned_for', '=', pinnedFor)
    .where('seq', '=', seq)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** A pinned message; times as text (ISO 8601). */
export interface PinRow extends MessageRow {
  pinned_for: string;
  pinned_by: string;
  pinned_at: string;
}

const findPinRows = statement<
  PinRow | Record<keyof PinRow, null>,
  [
    userId: string,
    conversationId: string,
    beforeAt: Date | null,
    beforeSeq: number | null,
    beforeFor: string | null,
    limit: number,
  ]
>(
  'chat-pins',
  `select p.* from conversation_members me
   left join lateral (
     select ${messageColumns('m', '$1')}, o.pinned_for, o.pinned_by,
       ${isoTime('o.created_at')} as pinned_at
     from message_pins o
     join messages m on m.conversation_id = o.conversation_id and m.seq = o.seq
     where o.conversation_id = me.conversation_id
       and o.pinned_for = any(array[me.conversation_id, me.user_id]) and ${isShown('m', 'me')}
       and ($3::timestamptz is null
         or (o.created_at, o.seq, o.pinned_for) < ($3::timestamptz, $4::int, $5::uuid))
     order by o.created_at desc, o.seq desc, o.pinned_for desc limit $6
   ) p on true
   where me.user_id = $1 and me.conversation_id = $2
   order by p.pinned_at desc, p.seq desc, p.pinned_for desc`,
);

/** The place of a pin in the list: when, which message, for whom. */
export type PinPlace = readonly [at: Date, seq: number, pinnedFor: string];

/**
 * What a person sees pinned, newest pin first.
 *
 * @returns null for who is not in the conversation
 */
export async function findPins(
  hot: Parameters<typeof findPinRows>[0],
  page: { userId: string; conversationId: string; before: PinPlace | null; limit: number },
): Promise<PinRow[] | null> {
  const [at, seq, pinnedFor] = page.before ?? [null, null, null];
  const { userId, conversationId, limit } = page;
  const rows = await findPinRows(hot, userId, conversationId, at, seq, pinnedFor, limit);
  return rows.length === 0 ? null : rows.filter((row) => row.seq !== null);
}
