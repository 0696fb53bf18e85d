import type pg from 'pg';
import { schema } from '../baseline/schema.ts';
import { hashForBaseline, type Code } from '../harness/tokens.ts';
import { messageText } from '../wire/wire.ts';
import type { World } from './world.ts';

/** Makes the baseline's tables and puts everybody into them. */
export async function fillBaseline(db: pg.Client, { people, rooms, told }: World): Promise<void> {
  await db.query(schema);
  const userIds = people.map(({ userId }) => userId);
  await db.query(
    `insert into users (id, phone, first_name, last_name)
     select id, phone, 'Sara', 'Moradi' from unnest($1::uuid[], $2::text[]) as p (id, phone)`,
    [userIds, people.map(({ phone }) => phone)],
  );
  await db.query(
    `insert into sessions (id, user_id, ip)
     select id, user_id, '127.0.0.1' from unnest($1::uuid[], $2::uuid[]) as s (id, user_id)`,
    [people.map(({ sessionId }) => sessionId), userIds],
  );
  const roomIds = rooms.map(({ id }) => id);
  await db.query('insert into rooms (id) select unnest($1::uuid[])', [roomIds]);
  for (const place of [0, 1] as const) {
    await db.query(
      `insert into members (user_id, room_id)
       select * from unnest($1::uuid[], $2::uuid[])`,
      [rooms.map((room) => room.people[place].userId), roomIds],
    );
  }
  await db.query(
    `insert into messages (room_id, sender_id, text)
     select m.room_id, m.sender_id, $3
     from generate_series(1, $4::int) as n,
       unnest($1::uuid[], $2::uuid[]) as m (room_id, sender_id)`,
    [
      roomIds.slice(0, told.rooms),
      rooms.slice(0, told.rooms).map((room) => room.people[0].userId),
      messageText,
      told.messages,
    ],
  );
  await db.query('vacuum analyze');
}

/** Lets people read a room that they are not in yet. */
export async function addReadersToBaseline(
  db: pg.Client,
  roomId: string,
  userIds: readonly string[],
): Promise<void> {
  await db.query(
    `insert into members (user_id, room_id) select id, $1 from unnest($2::uuid[]) as u (id)
     on conflict do nothing`,
    [roomId, userIds],
  );
}

export async function addCodesToBaseline(db: pg.Client, codes: readonly Code[]): Promise<void> {
  await db.query(
    `insert into challenges (id, contact, code_hash, expires_at)
     select id, contact, hash, now() + interval '1 hour'
     from unnest($1::uuid[], $2::text[], $3::bytea[]) as c (id, contact, hash)`,
    [
      codes.map(({ challengeId }) => challengeId),
      codes.map(({ contact }) => contact),
      codes.map(hashForBaseline),
    ],
  );
}
