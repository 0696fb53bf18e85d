import { column, time, unnested } from './columns.ts';
import type { DemoPerson } from './people.ts';
import type { DemoRoom } from './rooms.ts';
import { insertTalk, type SpokenRoom } from './store.messages.ts';
import { insertReaders, type Client } from './store.people.ts';

/** In a larger group nobody is told who has read. */
const receiptMembers = 100;

/** Writes rooms with all that belongs to them. */
export async function insertRooms(
  client: Client,
  people: readonly DemoPerson[],
  spoken: readonly SpokenRoom[],
  organizationIds: readonly string[],
): Promise<void> {
  const rooms = spoken.map(({ room }) => room);
  await insertConversations(client, { people, rooms, organizationIds });
  await insertPlaces(client, people, spoken);
  await insertTalk(client, people, spoken);
}

async function insertConversations(
  client: Client,
  {
    people,
    rooms,
    organizationIds,
  }: {
    people: readonly DemoPerson[];
    rooms: readonly DemoRoom[];
    organizationIds: readonly string[];
  },
): Promise<void> {
  const keyOf = ({ kind, places }: DemoRoom): string | null =>
    kind === 'direct'
      ? places
          .map(({ person }) => people[person]?.id ?? '')
          .toSorted()
          .join(':')
      : null;
  await client.query(
    `insert into conversations
       (id, kind, direct_key, title, status, is_public, organization_id, member_count, created_at)
     select id, kind, direct_key, title, status, is_public, organization_id, member_count, ${time('created')}
     from ${unnested({
       id: 'uuid',
       kind: 'text',
       direct_key: 'text',
       title: 'text',
       status: 'text',
       is_public: 'boolean',
       organization_id: 'uuid',
       member_count: 'int',
       created: 'bigint',
     })}`,
    [
      column(rooms, ({ id }) => id),
      column(rooms, ({ kind }) => kind),
      column(rooms, keyOf),
      column(rooms, ({ title }) => title),
      column(rooms, ({ kind, isOpen }) => (isOpen || kind === 'direct' ? 'open' : 'hold')),
      column(rooms, ({ isPublic }) => isPublic),
      column(rooms, ({ organization }) => organizationIds[organization ?? -1] ?? null),
      column(rooms, ({ places }) => places.length),
      column(rooms, ({ createdMs }) => createdMs),
    ],
  );
  await client.query(
    `insert into streams (id, head_seq, head_pos, message_seq, message_at, message_open, slow_seconds)
     select id, 0, 0, message_seq, ${time('last')}, message_open, slow_seconds from ${unnested({
       id: 'uuid',
       message_seq: 'int',
       last: 'bigint',
       message_open: 'boolean',
       slow_seconds: 'int',
     })}`,
    [
      column(rooms, ({ id }) => id),
      column(rooms, ({ messages }) => messages),
      column(rooms, ({ lastMs }) => lastMs),
      column(rooms, ({ isOpen }) => isOpen),
      column(rooms, ({ slowSeconds }) => slowSeconds),
    ],
  );
}

async function insertPlaces(
  client: Client,
  people: readonly DemoPerson[],
  spoken: readonly SpokenRoom[],
): Promise<void> {
  const rows = spoken.flatMap(({ room, talk }) =>
    room.places.flatMap(({ person, role }, index) => {
      const mark = talk.marks[index];
      const who = people[person];
      if (!mark || !who) {
        return [];
      }
      const { kind, isOpen } = room;
      const isSmall =
        kind === 'group' ? room.places.length <= receiptMembers : kind === 'direct' && isOpen;
      return [{ room, role, mark, who, isShown: isSmall && who.showsReceipts, index }];
    }),
  );
  const userIds = column(rows, ({ who }) => who.id);
  const roomIds = column(rows, ({ room }) => room.id);
  await client.query(
    `insert into conversation_members (user_id, conversation_id, role, joined_at, read_seq, delivered_seq,
       shown_read_seq, shown_delivered_seq, pinned_at, has_hidden)
     select user_id, conversation_id, role, ${time('joined')}, read_seq, delivered_seq,
       case when is_shown then read_seq else 0 end, case when is_shown then delivered_seq else 0 end,
       ${time('pinned')}, has_hidden
     from ${unnested({
       user_id: 'uuid',
       conversation_id: 'uuid',
       role: 'text',
       joined: 'bigint',
       read_seq: 'int',
       delivered_seq: 'int',
       is_shown: 'boolean',
       pinned: 'bigint',
       has_hidden: 'boolean',
     })}`,
    [
      userIds,
      roomIds,
      column(rows, ({ role }) => role),
      column(rows, ({ room, index }) => room.createdMs + index),
      column(rows, ({ mark }) => mark.readSeq),
      column(rows, ({ mark }) => mark.deliveredSeq),
      column(rows, ({ isShown }) => isShown),
      column(rows, ({ room, mark }) => (mark.isPinned ? room.lastMs : null)),
      column(rows, ({ mark }) => mark.hidden.length > 0),
    ],
  );
  await insertReaders(client, userIds, roomIds);
  const hides = rows.flatMap(({ who, room, mark }) =>
    mark.hidden.map((seq) => ({ who, room, seq })),
  );
  await client.query(
    `insert into message_hides (user_id, conversation_id, seq)
     select * from ${unnested({ user_id: 'uuid', conversation_id: 'uuid', seq: 'int' })}`,
    [
      column(hides, ({ who }) => who.id),
      column(hides, ({ room }) => room.id),
      column(hides, ({ seq }) => seq),
    ],
  );
}
