import type { PresenceVisibility } from '@chapar/contract';
import { sql } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';

/** A node is alive while it was seen within so many milliseconds, the statement's last argument. */
const since = (ttl: string): string => `now() - ${ttl} * interval '1 millisecond'`;

/** Says that a node lives. `is_new`: it was not known, or not any more. */
export const seeNode = statement<{ is_new: boolean }, [nodeId: string]>(
  'presence-see',
  `insert into presence_nodes (node_id, seen_at) values ($1, now())
   on conflict (node_id) do update set seen_at = excluded.seen_at
   returning xmax = 0 as is_new`,
);

/** Removes the nodes that are dead, and gives the people who were there. */
export const sweepNodes = statement<{ user_id: string }, [ttlMs: number]>(
  'presence-sweep',
  `with dead as (
     delete from presence_nodes where seen_at < ${since('$1')} returning node_id
   )
   delete from presences where node_id in (select node_id from dead) returning user_id`,
);

/** Lets a node be dead after so many milliseconds, unless it is before. */
export const retireNode = statement<object, [nodeId: string, ttlMs: number, afterMs: number]>(
  'presence-retire',
  `update presence_nodes
   set seen_at = least(seen_at, ${since('($2::bigint - $3::bigint)')}) where node_id = $1`,
);

/**
 * Writes who has come to a node, each named once, and who has gone from it. Who is there already is
 * written anew, so that {@link deleteOrphans} sees that somebody still wants the row.
 */
export const writePresences = statement<
  object,
  [nodeId: string, come: readonly string[], gone: readonly string[]]
>(
  'presence-write',
  `with come as (
     insert into presences (user_id, node_id)
     select user_id, $1 from unnest($2::uuid[]) c (user_id) order by user_id
     on conflict (user_id, node_id) do update set node_id = excluded.node_id
   )
   delete from presences where node_id = $1 and user_id = any($3::uuid[])`,
);

/** How a person is, and how the one who looks stands to them. */
export interface SightRow {
  viewer_id: string;
  user_id: string;
  viewer_shows: PresenceVisibility;
  person_shows: PresenceVisibility;
  are_friends: boolean;
  is_online: boolean;
  /** The last call of any of their sessions. */
  last_seen_at: Date | null;
}

/**
 * Pairs of somebody who looks and somebody who is looked at, many in one read. `visible_to` is the
 * place for what parts two people altogether, such as a block: a pair that it leaves out sees nothing of
 * each other.
 */
export const findSights = statement<
  SightRow,
  [viewerIds: readonly string[], userIds: readonly string[], ttlMs: number]
>(
  'presence-sights',
  `with asked as (
     select * from unnest($1::uuid[], $2::uuid[]) as a (viewer_id, user_id)
   ), visible_to as (
     select a.viewer_id, a.user_id,
       v.presence_visibility as viewer_shows, u.presence_visibility as person_shows,
       exists (
         select from friendships f where f.user_id = a.user_id and f.friend_id = a.viewer_id
       ) as are_friends
     from asked a
     join users v on v.id = a.viewer_id and v.status = 'active'
     join users u on u.id = a.user_id and u.status = 'active'
     where not exists (
       select from blocks b where b.blocker_id = a.viewer_id and b.blocked_id = a.user_id
     ) and not exists (
       select from blocks b where b.blocker_id = a.user_id and b.blocked_id = a.viewer_id
     )
   )
   select t.*,
     exists (
       select from presences p join presence_nodes n on n.node_id = p.node_id
       where p.user_id = t.user_id and n.seen_at >= ${since('$3')}
     ) as is_online,
     (select max(s.last_seen_at) from sessions s where s.user_id = t.user_id) as last_seen_at
   from visible_to t`,
);

export async function deletePresences(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('presences').where('user_id', '=', userId).execute();
}

/**
 * Removes what a node has written after it was swept as dead, and then died. A node that was only slow
 * makes itself known meanwhile and writes its people anew: those rows have another `xmin` by then, and
 * stay. Rows are locked in the order in which a node writes its own.
 *
 * @returns how many
 */
export async function deleteOrphans(db: Db): Promise<number> {
  const { numAffectedRows } = await sql`
    with orphans as materialized (
      select p.user_id, p.node_id, p.xmin as written from presences p
      where not exists (select from presence_nodes n where n.node_id = p.node_id)
      order by p.user_id, p.node_id for update of p
    )
    delete from presences p using orphans o
    where p.user_id = o.user_id and p.node_id = o.node_id and p.xmin = o.written`.execute(db);
  return Number(numAffectedRows ?? 0n);
}
