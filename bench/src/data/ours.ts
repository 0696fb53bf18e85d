import type pg from 'pg';
import { hashForOurs, type Code } from '../harness/tokens.ts';
import { messageText } from '../wire/wire.ts';
import type { Prototypes } from './prototypes.ts';
import type { Person, World } from './world.ts';

/**
 * Copies rows of a table with some columns changed: one copy for each row that `changes` gives. What
 * a later version of the table has beside them is copied as it is.
 *
 * @param changes a `from` item with one column `change` of jsonb
 */
async function copyRows(
  db: pg.Client,
  { table, where, changes }: { table: string; where: string; changes: string },
  values: readonly unknown[],
): Promise<void> {
  await db.query(
    `insert into ${table}
     select r.* from (select * from ${table} where ${where} limit 1) t
     cross join ${changes} as c (change)
     cross join lateral jsonb_populate_record(t::${table}, c.change) r
     on conflict do nothing`,
    [...values],
  );
}

/** Puts everybody into the product's tables. */
export async function fillOurs(
  db: pg.Client,
  world: World,
  { userIds, conversationId }: Prototypes,
): Promise<void> {
  const [userId] = userIds;
  await fillPeople(db, world, userId);
  const rows = world.rooms.map(({ id, people: [a, b] }) => ({
    id,
    key: [a.userId, b.userId].toSorted().join(':'),
    a: a.userId,
    b: b.userId,
  }));
  const rooms = `(select jsonb_build_object('id', r.id, 'direct_key', r.key)
    from jsonb_to_recordset($2) as r (id uuid, key text, a uuid, b uuid))`;
  const json = JSON.stringify(rows);
  await copyRows(db, { table: 'conversations', where: 'id = $1', changes: rooms }, [
    conversationId,
    json,
  ]);
  const members = `(select jsonb_build_object('user_id', m.id, 'conversation_id', r.id, 'read_seq', 0)
    from jsonb_to_recordset($2) as r (id uuid, key text, a uuid, b uuid),
      unnest(array[r.a, r.b]) as m (id))`;
  const ofMembers = { table: 'conversation_members', where: 'conversation_id = $1' };
  await copyRows(db, { ...ofMembers, changes: members }, [conversationId, json]);
  const friends = `(select jsonb_build_object('user_id', f.a, 'friend_id', f.b)
    from jsonb_to_recordset($2) as r (id uuid, key text, a uuid, b uuid),
      lateral (values (r.a, r.b), (r.b, r.a)) as f (a, b))`;
  await copyRows(db, { table: 'friendships', where: 'user_id = $1', changes: friends }, [
    userId,
    json,
  ]);
  await openStreams(
    db,
    rows.map(({ id }) => id),
    conversationId,
  );
  const readers = rows.flatMap(({ id, a, b }) => [
    [id, a],
    [id, b],
  ]);
  await addMembers(
    db,
    readers.map(([id]) => id),
    readers.map(([, id]) => id),
    userId,
  );
  await fillMessages(db, world);
  await db.query('vacuum analyze');
}

async function fillPeople(db: pg.Client, { people }: World, userId: string): Promise<void> {
  const ids = people.map((person) => person.userId);
  const users = `(select jsonb_build_object('id', p.id, 'phone', p.phone)
    from unnest($2::uuid[], $3::text[]) as p (id, phone))`;
  await copyRows(db, { table: 'users', where: 'id = $1', changes: users }, [
    userId,
    ids,
    people.map(({ phone }) => phone),
  ]);
  const sessions = `(select jsonb_build_object('id', s.id, 'user_id', s.user_id)
    from unnest($2::uuid[], $3::uuid[]) as s (id, user_id))`;
  await copyRows(db, { table: 'sessions', where: 'user_id = $1', changes: sessions }, [
    userId,
    people.map(({ sessionId }) => sessionId),
    ids,
  ]);
  await openStreams(db, ids, userId);
  await addMembers(db, ids, ids, userId);
}

async function openStreams(
  db: pg.Client,
  ids: readonly string[],
  prototype: string,
): Promise<void> {
  const changes = `(select jsonb_build_object('id', s.id, 'head_seq', 0, 'head_pos', 0, 'message_seq', 0)
    from unnest($2::uuid[]) as s (id))`;
  await copyRows(db, { table: 'streams', where: 'id = $1', changes }, [prototype, ids]);
}

async function addMembers(
  db: pg.Client,
  streamIds: readonly (string | undefined)[],
  userIds: readonly (string | undefined)[],
  prototype: string,
): Promise<void> {
  const changes = `(select jsonb_build_object('stream_id', m.stream_id, 'user_id', m.user_id,
    'after_seq', 0) from unnest($2::uuid[], $3::uuid[]) as m (stream_id, user_id))`;
  const what = { table: 'stream_members', where: 'user_id = $1', changes };
  await copyRows(db, what, [prototype, streamIds, userIds]);
}

async function fillMessages(db: pg.Client, { rooms, told }: World): Promise<void> {
  const first = rooms.slice(0, told.rooms);
  const ids = first.map(({ id }) => id);
  const values = [ids, first.map(({ people }) => people[0].userId), messageText, told.messages];
  await db.query(
    `insert into messages (conversation_id, seq, id, sender_id, text, created_at)
     select m.conversation_id, n, gen_random_uuid(), m.sender_id, $3, now()
     from generate_series(1, $4::int) as n,
       unnest($1::uuid[], $2::uuid[]) as m (conversation_id, sender_id)`,
    values,
  );
  await db.query(
    'update streams set message_seq = $2, message_at = now() where id = any ($1::uuid[])',
    [ids, told.messages],
  );
}

/** Lets people read the stream of a conversation that they are not in, as the members of a group do. */
export async function addReadersToOurs(
  db: pg.Client,
  roomId: string,
  userIds: readonly string[],
): Promise<void> {
  const streamIds = userIds.map(() => roomId);
  const { rows } = await db.query<{ user_id: string }>(
    'select user_id from stream_members limit 1',
  );
  await addMembers(db, streamIds, userIds, rows[0]?.user_id ?? '');
}

export async function addCodesToOurs(db: pg.Client, codes: readonly Code[]): Promise<void> {
  const rows = codes.map((code) => ({
    id: code.challengeId,
    contact: code.contact,
    code_hash: `\\x${hashForOurs(code).toString('hex')}`,
  }));
  const changes = `(select r.change || jsonb_build_object('attempts', 0, 'consumed_at', null,
      'replaced_at', null, 'failed_at', null, 'code_sealed', null, 'created_at', now(),
      'expires_at', now() + interval '1 hour')
    from jsonb_array_elements($2::jsonb) as r (change))`;
  await copyRows(db, { table: 'otp_challenges', where: 'purpose = $1', changes }, [
    'login',
    JSON.stringify(rows),
  ]);
}

/** Appends events to the stream of every room, as sending does: everybody is so many behind. */
export async function appendEvents(
  db: pg.Client,
  roomIds: readonly string[],
  perRoom: number,
): Promise<void> {
  for (let i = 0; i < perRoom; i += 1) {
    await db.query(
      `with head as (
         update streams set head_seq = head_seq + 1,
           head_pos = greatest(head_pos, pg_current_xact_id()::text::bigint)
         where id = any ($1::uuid[]) returning id, head_seq, head_pos
       ), proto as (select * from stream_events where type = 'chat.message' limit 1)
       insert into stream_events
       select r.* from proto p cross join head h cross join lateral jsonb_populate_record(
         p::stream_events, jsonb_build_object(
           'stream_id', h.id, 'seq', h.head_seq, 'pos', h.head_pos, 'at', now())) r`,
      [roomIds],
    );
  }
}

/** Makes a channel. @returns its id */
export async function addChannelToOurs(
  db: pg.Client,
  owner: Person,
  readers: readonly Person[],
): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `insert into conversations (id, kind, title, member_count, created_at)
     values (gen_random_uuid(), 'channel', 'A channel', $1, now()) returning id`,
    [readers.length + 1],
  );
  const id = rows[0]?.id ?? '';
  const userIds = [owner, ...readers].map(({ userId }) => userId);
  await db.query('insert into streams (id, head_seq, head_pos) values ($1, 0, 0)', [id]);
  await db.query(
    `insert into conversation_members (user_id, conversation_id, read_seq, role)
     select u.id, $1, 0, case u.id when $3 then 'owner' else 'reader' end from unnest($2::uuid[]) u (id)`,
    [id, userIds, owner.userId],
  );
  await db.query(
    `insert into stream_members (user_id, stream_id, after_seq)
     select u.id, $1, 0 from unnest($2::uuid[]) u (id)`,
    [id, userIds],
  );
  await db.query('vacuum analyze conversations, streams, conversation_members, stream_members');
  return id;
}
