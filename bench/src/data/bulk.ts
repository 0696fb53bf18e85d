import type pg from 'pg';
import { messageText } from '../wire/wire.ts';
import type { Person } from './world.ts';

/** How much is in a database: rooms with so many messages each, 20 rooms a person. */
export interface Bulk {
  people: readonly Person[];
  messagesPerRoom: number;
}

/** Each person begins so many rooms, with the next ones in a ring, and is in as many of others. */
const begun = 10;

/** Rooms, in the order of their numbers. @returns their ids */
export async function fillBulk(
  db: pg.Client,
  { people, messagesPerRoom }: Bulk,
): Promise<{ id: string; token: string }[]> {
  // Keys to other tables are right by the way the rows are made; to check each takes most of the time.
  await db.query(`set session_replication_role = replica`);
  await db.query(
    `create temp table bulk as
     with ring as (
       select id, n - 1 as place from unnest($1::uuid[]) with ordinality as p (id, n)
     )
     select gen_random_uuid() as id, a.id as a, b.id as b, a.place + o * cardinality($1) as number
     from generate_series(0, ${begun - 1}) as o cross join ring a
     join ring b on b.place = (a.place + o + 1) % cardinality($1)`,
    [people.map(({ userId }) => userId)],
  );
  await db.query(
    `insert into conversations select r.* from bulk,
       lateral (select * from conversations limit 1) c,
       lateral jsonb_populate_record(c::conversations, jsonb_build_object(
         'id', bulk.id, 'direct_key', bulk.id)) r`,
  );
  await db.query(
    `insert into streams (id, head_seq, head_pos, message_seq, message_at)
     select id, 0, 0, $1, now() - random() * interval '30 days' from bulk`,
    [messagesPerRoom],
  );
  await db.query(
    `insert into conversation_members
       (user_id, conversation_id, read_seq, delivered_seq, shown_read_seq, shown_delivered_seq, joined_at)
     select m.id, bulk.id, $1, $1, $1, $1, now() - interval '31 days'
     from bulk, lateral (values (a), (b)) as m (id)`,
    [messagesPerRoom],
  );
  await db.query(
    `insert into messages (conversation_id, seq, id, sender_id, text, created_at)
     select bulk.id, n, gen_random_uuid(), case when n % 2 = 0 then a else b end, $1, now()
     from generate_series(1, $2::int) as n cross join bulk`,
    [messageText, messagesPerRoom],
  );
  // A session is marked as seen once a minute: who calls less often would write at every call.
  await db.query(`update sessions set last_seen_at = now() + interval '1 day'`);
  await db.query('reset session_replication_role');
  await db.query('vacuum analyze');
  await db.query('checkpoint');
  const { rows } = await db.query<{ id: string; place: string }>(
    'select id, number % $1 as place from bulk order by number',
    [people.length],
  );
  return rows.map(({ id, place }) => ({ id, token: people[Number(place)]?.token ?? '' }));
}
