import { sql, type RawBuilder, type Selectable, type SqlBool } from 'kysely';
import type { Db, Tables } from '../../database/tables.ts';

export type RequestRow = Selectable<Tables['friend_requests']>;

/** Makes everything between two people take turns until the transaction ends. */
export async function lockPair(db: Db, a: string, b: string): Promise<void> {
  const pair = [a, b].toSorted().join(':');
  await sql`select pg_advisory_xact_lock(hashtextextended(${`friend:${pair}`}, 0))`.execute(db);
}

/** Whether two people are friends. */
export async function areFriends(db: Db, a: string, b: string): Promise<boolean> {
  const row = await db
    .selectFrom('friendships')
    .select('user_id')
    .where('user_id', '=', a)
    .where('friend_id', '=', b)
    .executeTakeFirst();
  return row !== undefined;
}

/** Those of some people who are friends of one. */
export async function findFriendsAmong(
  db: Db,
  userId: string,
  others: readonly string[],
): Promise<string[]> {
  if (others.length === 0) {
    return [];
  }
  const rows = await db
    .selectFrom('friendships')
    .select('friend_id')
    .where('user_id', '=', userId)
    .where('friend_id', 'in', others)
    .execute();
  return rows.map((row) => row.friend_id);
}

export function findPendingBetween(db: Db, a: string, b: string): Promise<RequestRow | undefined> {
  return db
    .selectFrom('friend_requests')
    .selectAll()
    .where(isPair(a, b))
    .where('status', '=', 'pending')
    .executeTakeFirst();
}

/** In the words of the index of pending pairs. */
function isPair(a: string, b: string): RawBuilder<SqlBool> {
  return sql`least(sender_id, recipient_id) = least(${a}::uuid, ${b}::uuid)
    and greatest(sender_id, recipient_id) = greatest(${a}::uuid, ${b}::uuid)`;
}

/** Who has sent a request and who has got it, whatever became of it. */
export function findRequest(
  db: Db,
  requestId: string,
): Promise<Pick<RequestRow, 'sender_id' | 'recipient_id'> | undefined> {
  return db
    .selectFrom('friend_requests')
    .select(['sender_id', 'recipient_id'])
    .where('id', '=', requestId)
    .executeTakeFirst();
}

export async function insertRequest(
  db: Db,
  request: { id: string; senderId: string; recipientId: string; now: Date },
): Promise<RequestRow> {
  return db
    .insertInto('friend_requests')
    .values({
      id: request.id,
      sender_id: request.senderId,
      recipient_id: request.recipientId,
      status: 'pending',
      created_at: request.now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/**
 * Closes a request that waits, by the one who may.
 *
 * @param by the recipient answers, the sender cancels
 * @returns undefined when there is no such request for this person, or it is closed already
 */
export function closeRequest(
  db: Db,
  close: {
    requestId: string;
    by: { recipientId: string } | { senderId: string };
    status: 'accepted' | 'declined' | 'canceled';
    now: Date;
  },
): Promise<RequestRow | undefined> {
  const { requestId, by, status, now } = close;
  const query = db
    .updateTable('friend_requests')
    .set({ status, answered_at: now })
    .where('id', '=', requestId)
    .where('status', '=', 'pending');
  const own =
    'recipientId' in by
      ? query.where('recipient_id', '=', by.recipientId)
      : query.where('sender_id', '=', by.senderId);
  return own.returningAll().executeTakeFirst();
}

/** Cancels what waits between two people, whoever has asked. @returns what that was */
export function closePendingBetween(
  db: Db,
  a: string,
  b: string,
  now: Date,
): Promise<RequestRow[]> {
  return db
    .updateTable('friend_requests')
    .set({ status: 'canceled', answered_at: now })
    .where(isPair(a, b))
    .where('status', '=', 'pending')
    .returningAll()
    .execute();
}

/** Makes two people friends; a repeat changes nothing. */
export async function insertFriendship(db: Db, a: string, b: string, now: Date): Promise<void> {
  await db
    .insertInto('friendships')
    .values([
      { user_id: a, friend_id: b, created_at: now },
      { user_id: b, friend_id: a, created_at: now },
    ])
    .onConflict((oc) => oc.doNothing())
    .execute();
}

/** @returns false when they were no friends */
export async function deleteFriendship(db: Db, a: string, b: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('friendships')
    .where((eb) =>
      eb.or([
        eb.and([eb('user_id', '=', a), eb('friend_id', '=', b)]),
        eb.and([eb('user_id', '=', b), eb('friend_id', '=', a)]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Newest friends first. */
export function findFriends(
  db: Db,
  page: { userId: string; before: readonly [Date, string] | null; limit: number },
) {
  let query = db
    .selectFrom('friendships as f')
    .innerJoin('users as u', 'u.id', 'f.friend_id')
    .select(['u.id', 'u.first_name', 'u.last_name', 'f.created_at'])
    .where('f.user_id', '=', page.userId);
  if (page.before) {
    const [at, id] = page.before;
    query = query.where((eb) =>
      eb(eb.refTuple('f.created_at', 'f.friend_id'), '<', eb.tuple(at, id)),
    );
  }
  return query
    .orderBy('f.created_at', 'desc')
    .orderBy('f.friend_id', 'desc')
    .limit(page.limit)
    .execute();
}

/** Requests that wait, newest first, with the card of the other person. */
export function findRequests(
  db: Db,
  page: {
    userId: string;
    relation: 'incoming' | 'outgoing' | undefined;
    before: readonly [Date, string] | null;
    limit: number;
  },
) {
  const { userId, relation, before, limit } = page;
  let query = db
    .selectFrom('friend_requests as r')
    .innerJoin('users as u', (join) =>
      join.on((eb) =>
        eb(
          'u.id',
          '=',
          eb
            .case()
            .when('r.sender_id', '=', userId)
            .then(eb.ref('r.recipient_id'))
            .else(eb.ref('r.sender_id'))
            .end(),
        ),
      ),
    )
    .select(['r.id', 'r.sender_id', 'r.created_at'])
    .select(['u.id as user_id', 'u.first_name', 'u.last_name'])
    .where('r.status', '=', 'pending');
  if (relation === 'incoming') {
    query = query.where('r.recipient_id', '=', userId);
  } else if (relation === 'outgoing') {
    query = query.where('r.sender_id', '=', userId);
  } else {
    query = query.where((eb) =>
      eb.or([eb('r.recipient_id', '=', userId), eb('r.sender_id', '=', userId)]),
    );
  }
  if (before) {
    const [at, id] = before;
    query = query.where((eb) => eb(eb.refTuple('r.created_at', 'r.id'), '<', eb.tuple(at, id)));
  }
  return query.orderBy('r.created_at', 'desc').orderBy('r.id', 'desc').limit(limit).execute();
}

/** Erases a person's friendships and requests. @returns whose friend they were */
export async function deleteFriendsOf(db: Db, userId: string): Promise<string[]> {
  await db
    .deleteFrom('friend_requests')
    .where((eb) => eb.or([eb('sender_id', '=', userId), eb('recipient_id', '=', userId)]))
    .execute();
  const rows = await db
    .deleteFrom('friendships')
    .where((eb) => eb.or([eb('user_id', '=', userId), eb('friend_id', '=', userId)]))
    .returning('friend_id')
    .execute();
  return rows.map((row) => row.friend_id).filter((id) => id !== userId);
}
