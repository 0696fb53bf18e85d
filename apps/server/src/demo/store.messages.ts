import { column, time, unnested } from './columns.ts';
import type { DemoPerson } from './people.ts';
import type { DemoRoom } from './rooms.ts';
import type { Client } from './store.people.ts';
import type { DemoMessage, DemoTalk } from './talk.ts';

/** A room with what is said there. */
export interface SpokenRoom {
  room: DemoRoom;
  talk: DemoTalk;
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

/** Writes what is said in rooms, with all that belongs to it. */
export async function insertTalk(
  client: Client,
  people: readonly DemoPerson[],
  spoken: readonly SpokenRoom[],
): Promise<void> {
  const messages = spoken.flatMap(({ room, talk }) =>
    talk.messages.map((message) => ({ room, message })),
  );
  await insertMessages(client, people, messages);
  await insertOfMessages(client, people, messages);
  await insertPins(client, people, spoken);
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
