import type { Actor, TestApi } from '../../../testing/index.ts';
import { isBlockedBetween } from '../index.ts';

/** Everything that a person's line has to say, as far as it goes now. */
export async function lineOf(api: TestApi, { id }: Actor) {
  const rows = await api.app.db
    .selectFrom('stream_events')
    .select(['type', 'body'])
    .where('stream_id', '=', id)
    .orderBy('seq')
    .execute();
  return rows.filter(({ type }) => type.startsWith('friend.'));
}

/** How two people stand in the tables. */
export async function standing(api: TestApi, a: Actor, b: Actor) {
  const both = [a.id, b.id];
  const { db } = api.app;
  const friendships = await db
    .selectFrom('friendships')
    .select('user_id')
    .where('user_id', 'in', both)
    .where('friend_id', 'in', both)
    .execute();
  const requests = await db
    .selectFrom('friend_requests')
    .select('status')
    .where('sender_id', 'in', both)
    .where('recipient_id', 'in', both)
    .execute();
  return {
    isBlocked: await isBlockedBetween(db, a.id, b.id),
    areFriends: friendships.length > 0,
    pending: requests.filter(({ status }) => status === 'pending').length,
    accepted: requests.filter(({ status }) => status === 'accepted').length,
  };
}
