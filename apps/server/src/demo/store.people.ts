import type { Database } from '@chapar/api';
import { column, time, unnested } from './columns.ts';
import type { DemoPerson } from './people.ts';
import type { DemoOrganization } from './rooms.ts';

/** A connection, with or without an open transaction. */
export type Client = ReturnType<Database['createClient']>;

/** Two people who are friends, by their numbers. */
export type DemoPair = readonly [number, number];

export async function insertPeople(client: Client, people: readonly DemoPerson[]): Promise<void> {
  const from = unnested({
    id: 'uuid',
    phone: 'text',
    email: 'text',
    first_name: 'text',
    last_name: 'text',
    language: 'text',
    shows_receipts: 'boolean',
    created: 'bigint',
  });
  await client.query(
    `insert into users (id, phone, kind, email, first_name, last_name, language, shows_receipts, role, status, created_at)
     select id, phone, 'personal', email, first_name, last_name, language, shows_receipts, 'user', 'active',
       ${time('created')} from ${from}`,
    [
      column(people, ({ id }) => id),
      column(people, ({ phone }) => phone),
      column(people, ({ email }) => email),
      column(people, ({ firstName }) => firstName),
      column(people, ({ lastName }) => lastName),
      column(people, ({ language }) => language),
      column(people, ({ showsReceipts }) => showsReceipts),
      column(people, ({ createdMs }) => createdMs),
    ],
  );
  const ids = column(people, ({ id }) => id);
  await openStreams(client, ids);
  await insertReaders(client, ids, ids);
}

/** @param ids a column */
async function openStreams(client: Client, ids: string): Promise<void> {
  await client.query(
    `insert into streams (id, head_seq, head_pos) select id, 0, 0 from ${unnested({ id: 'uuid' })}`,
    [ids],
  );
}

/** @param userIds and streamIds columns */
export async function insertReaders(
  client: Client,
  userIds: string,
  streamIds: string,
): Promise<void> {
  const from = unnested({ user_id: 'uuid', stream_id: 'uuid' });
  await client.query(
    `insert into stream_members (user_id, stream_id, after_seq) select user_id, stream_id, 0 from ${from}`,
    [userIds, streamIds],
  );
}

export async function insertFriends(
  client: Client,
  people: readonly DemoPerson[],
  pairs: readonly DemoPair[],
  atMs: number,
): Promise<void> {
  const idOf = (n: number): string => people[n]?.id ?? '';
  const from = unnested({ a: 'uuid', b: 'uuid' });
  await client.query(
    `insert into friendships (user_id, friend_id, created_at)
     select f.a, f.b, ${time('$3::bigint')} from ${from}, lateral (values (t.a, t.b), (t.b, t.a)) f (a, b)`,
    [column(pairs, ([a]) => idOf(a)), column(pairs, ([, b]) => idOf(b)), atMs],
  );
}

export async function insertOrganizations(
  client: Client,
  people: readonly DemoPerson[],
  organizations: readonly DemoOrganization[],
): Promise<void> {
  const idOf = (n: number | undefined): string => people[n ?? 0]?.id ?? '';
  const ids = column(organizations, ({ id }) => id);
  const created = column(organizations, ({ createdMs }) => createdMs);
  await client.query(
    `insert into organizations (id, owner_id, name, handle, created_at)
     select id, owner_id, name, handle, ${time('created')} from ${unnested({
       id: 'uuid',
       owner_id: 'uuid',
       name: 'text',
       handle: 'text',
       created: 'bigint',
     })}`,
    [
      ids,
      column(organizations, ({ people: [owner] }) => idOf(owner)),
      column(organizations, ({ name }) => name),
      column(organizations, ({ handle }) => handle),
      created,
    ],
  );
  await client.query(
    `insert into organization_handles (handle, organization_id) select handle, id from organizations
     where id = any(string_to_array($1, chr(30))::uuid[])`,
    [ids],
  );
  const places = organizations.flatMap(({ id, people: members, createdMs }) =>
    members.map((person, i) => {
      const role = (['owner', 'admin'] as const)[i] ?? 'member';
      return { id, userId: idOf(person), role, createdMs: createdMs + i };
    }),
  );
  const organizationIds = column(places, ({ id }) => id);
  const userIds = column(places, ({ userId }) => userId);
  await client.query(
    `insert into organization_members (organization_id, user_id, role, created_at)
     select organization_id, user_id, role, ${time('created')} from ${unnested({
       organization_id: 'uuid',
       user_id: 'uuid',
       role: 'text',
       created: 'bigint',
     })}`,
    [
      organizationIds,
      userIds,
      column(places, ({ role }) => role),
      column(places, (place) => place.createdMs),
    ],
  );
  await openStreams(client, ids);
  await insertReaders(client, userIds, organizationIds);
}
