import { column, unnested } from './columns.ts';
import type { DemoPerson } from './people.ts';
import type { DemoRoom } from './rooms.ts';
import { insertReaders, type Client } from './store.people.ts';
import type { DemoMessage, DemoTalk } from './talk.ts';

/** A room with what is said there. */
export interface SpokenRoom {
  room: DemoRoom;
  talk: DemoTalk;
}

const time = (name: string): string => `to_timestamp(${name} / 1000.0)`;

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
  const messages = spoken.flatMap(({ room, talk }) =>
    talk.messages.map((message) => ({ room, message })),
  );
  await insertMessages(client, people, messages);
  await insertOfMessages(client, people, messages);
  await insertPins(client, people, spoken);
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
      column(rooms, ({ createdMs, lastMs }) => Math.max(createdMs, lastMs)),
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

interface Spoken {
  room: DemoRoom;
  message: DemoMessage;
}

function countReactions({ reactions }: DemoMessage): string | null {
  if (reactions.length === 0) {
    return null;
  }
  const counts: Record<string, number> = {};
  for (const { emoji } of reactions) {
    counts[emoji] = (counts[emoji] ?? 0) + 1;
  }
  return JSON.stringify(counts);
}

/** How often a message has changed. */
function revisionOf({ reactions, before, deletedMs }: DemoMessage): number {
  return reactions.length + Number(before !== null) + Number(deletedMs !== null);
}

async function insertMessages(
  client: Client,
  people: readonly DemoPerson[],
  rows: readonly Spoken[],
): Promise<void> {
  await client.query(
    `insert into messages
       (conversation_id, seq, id, sender_id, text, created_at, extra, reactions, edited_at, deleted_at, revision)
     select conversation_id, seq, id, sender_id, coalesce(text, ''), ${time('sent')}, extra, reactions,
       ${time('edited')}, ${time('deleted')}, revision
     from ${unnested({
       conversation_id: 'uuid',
       seq: 'int',
       id: 'uuid',
       sender_id: 'uuid',
       text: 'text',
       sent: 'bigint',
       extra: 'jsonb',
       reactions: 'jsonb',
       edited: 'bigint',
       deleted: 'bigint',
       revision: 'int',
     })}`,
    [
      column(rows, ({ room }) => room.id),
      column(rows, ({ message }) => message.seq),
      column(rows, ({ message }) => message.id),
      column(rows, ({ message }) => people[message.sender]?.id ?? null),
      column(rows, ({ message }) => message.text),
      column(rows, ({ message }) => message.sentMs),
      column(rows, ({ message }) => message.extra && JSON.stringify(message.extra)),
      column(rows, ({ message }) => countReactions(message)),
      column(rows, ({ message }) => message.editedMs),
      column(rows, ({ message }) => message.deletedMs),
      column(rows, ({ message }) => revisionOf(message)),
    ],
  );
}

async function insertOfMessages(
  client: Client,
  people: readonly DemoPerson[],
  rows: readonly Spoken[],
): Promise<void> {
  const edits = rows.filter(({ message }) => message.before !== null);
  await client.query(
    `insert into message_edits (conversation_id, seq, revision, text, written_at)
     select conversation_id, seq, 0, text, ${time('written')} from ${unnested({
       conversation_id: 'uuid',
       seq: 'int',
       text: 'text',
       written: 'bigint',
     })}`,
    [
      column(edits, ({ room }) => room.id),
      column(edits, ({ message }) => message.seq),
      column(edits, ({ message }) => message.before),
      column(edits, ({ message }) => message.sentMs),
    ],
  );
  const calls = rows.flatMap(({ room, message: { seq, mentions } }) =>
    mentions.map((person) => ({ room, seq, person })),
  );
  await client.query(
    `insert into message_mentions (user_id, conversation_id, seq)
     select * from ${unnested({ user_id: 'uuid', conversation_id: 'uuid', seq: 'int' })}`,
    [
      column(calls, ({ person }) => people[person]?.id ?? null),
      column(calls, ({ room }) => room.id),
      column(calls, ({ seq }) => seq),
    ],
  );
  const reactions = rows.flatMap(({ room, message }) =>
    message.reactions.map((reaction) => ({ room, seq: message.seq, ...reaction })),
  );
  await client.query(
    `insert into message_reactions (conversation_id, seq, user_id, emoji, created_at)
     select conversation_id, seq, user_id, emoji, ${time('reacted')} from ${unnested({
       conversation_id: 'uuid',
       seq: 'int',
       user_id: 'uuid',
       emoji: 'text',
       reacted: 'bigint',
     })}`,
    [
      column(reactions, ({ room }) => room.id),
      column(reactions, ({ seq }) => seq),
      column(reactions, ({ person }) => people[person]?.id ?? null),
      column(reactions, ({ emoji }) => emoji),
      column(reactions, ({ ms }) => ms),
    ],
  );
}

async function insertPins(
  client: Client,
  people: readonly DemoPerson[],
  spoken: readonly SpokenRoom[],
): Promise<void> {
  const pins = spoken.flatMap(({ room, talk }) => talk.pins.map((seq) => ({ room, seq })));
  await client.query(
    `insert into message_pins (conversation_id, pinned_for, seq, pinned_by, created_at)
     select conversation_id, conversation_id, seq, pinned_by, ${time('pinned')} from ${unnested({
       conversation_id: 'uuid',
       seq: 'int',
       pinned_by: 'uuid',
       pinned: 'bigint',
     })}`,
    [
      column(pins, ({ room }) => room.id),
      column(pins, ({ seq }) => seq),
      column(pins, ({ room }) => people[room.places[0]?.person ?? 0]?.id ?? null),
      column(pins, ({ room }) => room.lastMs),
    ],
  );
}
