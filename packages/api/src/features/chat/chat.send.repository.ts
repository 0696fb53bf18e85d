import type pg from 'pg';
import { arrayOf, quoted } from '../../database/array-literal.ts';
import { lastSeenOfSession } from '../../database/live-session.ts';
import { statement } from '../../database/statement.ts';
import type { MessageExtra } from './chat.message.repository.ts';
import type { Wanted } from './chat.send.facts.repository.ts';
import { mayStill, sentBefore } from './chat.send.gate.ts';
import { groupMessages } from './chat.send.groups.ts';

/** A message on its way into the table and, with the same words, into the log. */
export interface NewMessage extends Wanted {
  text: string;
  /** ISO 8601. */
  createdAt: string;
  extra: MessageExtra | null;
  /** JSON of the event's body without its end: `seq` comes last and is not known yet. */
  bodyHead: string;
}

/** Where a message has its place. */
export interface Placed {
  /** Of the message in its conversation. */
  seq: number;
  /** Of the event in the conversation's stream. */
  eventSeq: number;
  /** When the sender's session was seen before, in milliseconds since 1970. */
  lastSeenMs: number;
}

interface WriteRow {
  is_open: boolean;
  last_seen: (number | null)[];
  befores: number[] | null;
  event_befores: number[] | null;
}

/**
 * Messages and their events in one statement, and so in one commit, and with it the look whether all of
 * them may be written: every sender has a live session, is a member who may write, and the conversation
 * takes messages (a direct one while the two are friends). If one of them may not, nothing is written
 * (`is_open` is false). The look is a short form of what `readSendFacts` finds and `decideSend` says of it:
 * who is turned away here is asked about there.
 *
 * Streams come first, then the marks of the senders, as everywhere else, each in the order of `$6`: so
 * writers hardly ever wait for each other in a ring, and where they do, the loser tries again. Each
 * conversation gives its messages a range of seqs, in the order in which they are asked for, and its stream
 * gives their events one. Who writes has read: the sender's mark moves along. All that the look goes by
 * stands in these rows, too: what a transaction for which this one has waited has taken away is missed when
 * rows are counted, and the division by zero ends it.
 *
 * What several messages have in common is sent once: `$1` and `$2` are sessions and whose they are (a place
 * in `$3`), `$3` to `$5` people, their conversation (a place in `$6`) and the place of their last message
 * among those for it, `$16` how many there are of each, `$6` to `$8` conversations. The rest are messages: by
 * whom, which place in the conversation, what they say, and whom they call (`$17` the message, `$18` who).
 *
 * Each look is a query of its own that has one index to go by, so that no plan can read more than
 * that. The position of the events is made as `insertEvents` makes it.
 */
const insertMessages = statement<WriteRow, string[]>(
  'chat-send',
  `with sessions as materialized (
     select array_agg(last_seen order by n) as last_seen, bool_and(last_seen is not null) as are_alive
     from (
       select n, ${lastSeenOfSession('t.session_id', '($3::uuid[])[t.sender]')} as last_seen
       from unnest($1::uuid[], $2::int[]) with ordinality t (session_id, sender, n)
     ) q
   ), senders as materialized (
     select p.user_id, ($6::uuid[])[p.room] as conversation_id, p.room, p.place, q.at,
       ${sentBefore({
         userId: 'p.user_id',
         conversationId: '($6::uuid[])[p.room]',
         at: 'q.at',
         count: 'p.count',
       })} as sent_before
     from unnest($3::uuid[], $4::int[], $5::int[], $16::int[]) p (user_id, room, place, count),
       lateral (select ($8::timestamptz[])[p.room] as at) q
   ), gate as materialized (
     select last_seen,
       are_alive and (select bool_and(sent_before is not null) from senders) as is_open
     from sessions
   ), heads as (
     update streams s set
       message_seq = s.message_seq + r.count, message_at = greatest(s.message_at, r.at),
       head_seq = s.head_seq + r.count,
       head_pos = greatest(s.head_pos, pg_current_xact_id()::text::bigint)
     from unnest($6::uuid[], $7::int[], $8::timestamptz[]) with ordinality r (id, count, at, n)
     where s.id = r.id and s.message_open and (select is_open from gate)
     returning r.n, s.message_seq - r.count as before, s.head_seq - r.count as event_before, s.head_pos
   ), rooms as materialized (
     select array_agg(before order by n) as befores,
       array_agg(event_before::float8 order by n) as event_befores,
       array_agg(head_pos order by n) as head_pos
     from heads
   ), marks as (
     update conversation_members m set read_seq = rooms.befores[p.room] + p.place, sent_at = p.at
     from rooms, senders p
     where rooms.befores is not null
       and m.user_id = p.user_id and m.conversation_id = p.conversation_id
       and ${mayStill({ at: 'p.at', before: 'p.sent_before' })}
     returning 1
   ), held as materialized (
     select rooms.* from rooms, gate
     where case when gate.is_open then 1 / (
         (select count(*) from marks) = cardinality($3::uuid[])
         and cardinality(befores) = cardinality($6::uuid[])
       )::int = 1 end
   ), messages_written as (
     insert into messages (conversation_id, seq, id, sender_id, text, created_at, extra)
     select ($6::uuid[])[m.room], r.befores[m.room] + m.place, m.id, m.sender_id, m.text, m.at,
       nullif(m.extra, '')::jsonb
     from held r, unnest($9::int[], $10::int[], $11::uuid[], $12::uuid[], $13::text[], $14::timestamptz[],
         string_to_array($19, chr(30)))
       m (room, place, id, sender_id, text, at, extra)
   ), mentions_written as (
     insert into message_mentions (user_id, conversation_id, seq)
     select t.user_id, ($6::uuid[])[m.room], r.befores[m.room] + m.place
     from held r, unnest($17::int[], $18::uuid[]) t (n, user_id),
       lateral (select ($9::int[])[t.n] as room, ($10::int[])[t.n] as place) m
   ), events_written as (
     insert into stream_events (stream_id, seq, pos, type, at, body)
     select ($6::uuid[])[m.room], r.event_befores[m.room] + m.place, r.head_pos[m.room], 'chat.message',
       m.at, (m.body || (r.befores[m.room] + m.place) || '}')::json
     from held r, unnest($9::int[], $10::int[], $14::timestamptz[], string_to_array($15, chr(30)))
       m (room, place, at, body)
   )
   select gate.is_open, gate.last_seen, rooms.befores, rooms.event_befores
   from gate, rooms`,
);

/**
 * The same for one message without extras, which is what most statements get where few people write: half
 * the work. Who may not write finds no place, and gets no row.
 */
const insertMessage = statement<
  { seq: number; event_seq: bigint; last_seen: number },
  [id: string, conversationId: string, senderId: string, sessionId: string, ...message: string[]]
>(
  'chat-send-one',
  `with asked as materialized (
     select ${lastSeenOfSession('$4', '$3')} as last_seen,
       ${sentBefore({ userId: '$3', conversationId: '$2', at: '$6::timestamptz', count: '1' })} as sent_before
   ), head as (
     update streams s set
       message_seq = s.message_seq + 1, message_at = greatest(s.message_at, $6::timestamptz),
       head_seq = s.head_seq + 1,
       head_pos = greatest(s.head_pos, pg_current_xact_id()::text::bigint)
     from asked
     where s.id = $2 and s.message_open and asked.last_seen is not null and asked.sent_before is not null
     returning s.message_seq as seq, s.head_seq, s.head_pos, asked.last_seen, asked.sent_before
   ), mark as (
     update conversation_members m set read_seq = head.seq, sent_at = $6::timestamptz from head
     where m.user_id = $3 and m.conversation_id = $2
       and ${mayStill({ at: '$6::timestamptz', before: 'head.sent_before' })}
     returning 1
   ), held as materialized (
     select * from head where 1 / (select count(*) from mark) = 1
   ), message_written as (
     insert into messages (conversation_id, seq, id, sender_id, text, created_at)
     select $2, seq, $1, $3, $5, $6 from held
   ), event_written as (
     insert into stream_events (stream_id, seq, pos, type, at, body)
     select $2, head_seq, head_pos, 'chat.message', $6, ($7 || seq || '}')::json from held
   )
   select seq, head_seq as event_seq, last_seen from held`,
);

async function writeMessage(sends: pg.Pool, message: NewMessage): Promise<Placed[] | null> {
  const { id, conversationId, senderId, sessionId, text, createdAt, bodyHead } = message;
  const sender = [conversationId, senderId, sessionId] as const;
  const [row] = await insertMessage(sends, id, ...sender, text, createdAt, bodyHead);
  return row
    ? [{ seq: row.seq, eventSeq: Number(row.event_seq), lastSeenMs: row.last_seen }]
    : null;
}

/**
 * Writes messages, all of them or none.
 *
 * @returns their places, in the order of `messages`; null when one of them may not be written
 * @throws unique violation on `messages_id` when an id was used before, `22012` (division by zero) when
 *   a right was lost while the statement waited
 */
export async function writeMessages(
  sends: pg.Pool,
  messages: readonly NewMessage[],
): Promise<Placed[] | null> {
  const [only, ...others] = messages;
  if (only?.extra === null && others.length === 0) {
    return writeMessage(sends, only);
  }
  const { rooms, senders, sessions, places } = groupMessages(messages);
  const mentions = messages.flatMap(({ extra }, index) =>
    (extra?.mentions ?? []).map((userId) => ({ n: index + 1, userId })),
  );
  const [row] = await insertMessages(
    sends,
    arrayOf(sessions, ({ id }) => id),
    arrayOf(sessions, ({ sender }) => sender.n),
    arrayOf(senders, ({ id }) => id),
    arrayOf(senders, ({ room }) => room.n),
    arrayOf(senders, ({ lastPlace }) => lastPlace),
    arrayOf(rooms, ({ id }) => id),
    arrayOf(rooms, ({ count }) => count),
    arrayOf(rooms, ({ activeAt }) => activeAt),
    arrayOf(places, ({ session }) => session.sender.room.n),
    arrayOf(places, ({ place }) => place),
    arrayOf(messages, ({ id }) => id),
    arrayOf(messages, ({ senderId }) => senderId),
    arrayOf(messages, ({ text }) => quoted(text)),
    arrayOf(messages, ({ createdAt }) => createdAt),
    // JSON has no control character as it is, and so nothing in it looks like this one.
    messages.map(({ bodyHead }) => bodyHead).join('\u001e'),
    arrayOf(senders, ({ count }) => count),
    arrayOf(mentions, ({ n }) => n),
    arrayOf(mentions, ({ userId }) => userId),
    messages.map(({ extra }) => (extra === null ? '' : JSON.stringify(extra))).join('\u001e'),
  );
  if (!row?.is_open) {
    return null;
  }
  const { befores, event_befores: eventBefores, last_seen: lastSeen } = row;
  return places.map(({ session, place }) => {
    const at = session.sender.room.n - 1;
    return {
      seq: (befores?.[at] ?? 0) + place,
      eventSeq: (eventBefores?.[at] ?? 0) + place,
      lastSeenMs: lastSeen[session.n - 1] ?? 0,
    };
  });
}
