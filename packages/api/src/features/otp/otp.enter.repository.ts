import type pg from 'pg';
import { statement } from '../../database/statement.ts';
import {
  endJudged,
  insertSession,
  judgedSessions,
  openingValues,
  type NewSession,
  type Replaced,
  type SessionRoom,
} from '../session/index.ts';
import { userColumns, type UserRow } from '../user/index.ts';

/** A login by a right code, with everything that it would write. */
export interface PlannedEntry {
  challengeId: string;
  contact: { channel: 'sms' | 'mail'; address: string };
  kind: string;
  session: NewSession;
  room: SessionRoom;
  /** The sessions that have to end, and no others. */
  ending: readonly Replaced[];
  entries: readonly {
    id: string;
    type: string;
    session_id: string | null;
    detail: Record<string, string>;
  }[];
  /** For the person's line; each body is JSON. */
  events: readonly { type: string; body: string }[];
  /** Counters that a code which was used begins anew. */
  counters: readonly string[];
}

/** What the statement found. */
export interface FoundEntry {
  user: UserRow;
  /** The seq of the person's line before the first of the events; null when nothing was written. */
  before: bigint | null;
  /** The sessions that have to end. */
  judged: Replaced[] | null;
}

/** One column costs less than all those of a person: PostgreSQL describes each with every answer. */
interface FoundRow extends Omit<FoundEntry, 'user'> {
  person: Omit<UserRow, 'created_at'> & { created_at: string };
}

/** How the account is found, as `findUserByName` does. */
const named = {
  sms: 'phone = $16::text and kind = $17::text',
  mail: 'email = $16::text and $17::text is not null',
};

/**
 * Everything of a login in one statement, and so in one commit: it uses the code up and gives its
 * attempt back to the contact's budget, begins the session and ends those that it leaves no room for,
 * writes the audit log, tells the person's line and forgets the counters.
 *
 * It writes when all is as planned, otherwise nothing at all, and it waits for nobody's row: what is
 * locked is passed over, and then it is not as planned either. So it can be in no deadlock, and keeps
 * no connection from others. Rows are looked for in the usual order all the same: code, contact,
 * person, sessions, line.
 *
 * A statement reads all rows as they were when it began, and somebody may have begun or ended a
 * session of this person between that and the lock. Both move the head of the person's line, so the
 * head as it was (`seen`) has to be the head that is locked (`line`).
 *
 * The position of the events is made as `insertEvents` makes it.
 */
function entering(channel: keyof typeof named) {
  const person = '(select id from person)';
  return statement<FoundRow, readonly unknown[]>(
    `otp-enter-${channel}`,
    `with code as materialized (
      select id from otp_challenges
      where id = $15::uuid and consumed_at is null and replaced_at is null
      for no key update skip locked
    ), budget as materialized (
      select contact from otp_contacts
      where contact = $16::text and exists (select from code)
      for no key update skip locked
    ), person as materialized (
      select ${userColumns} from users
      where ${named[channel]} and status = 'active' and exists (select from budget)
      for no key update skip locked
    ), ${judgedSessions(person)}, held as materialized (
      select id from sessions
      where id = any($18::uuid[]) and ended_at is null and exists (select from person)
      order by id for no key update skip locked
    ), seen as materialized (
      select head_seq from streams where id = ${person}
    ), line as materialized (
      select id, head_seq from streams
      where id = ${person} and (select count(*) from held) = cardinality($18::uuid[])
      for no key update skip locked
    ), ready as materialized (
      select line.id from line join seen on seen.head_seq = line.head_seq
      where array(select id || reason from judged order by id) = array(
        select id || reason from unnest($18::uuid[], $19::text[]) as p (id, reason) order by id
      )
    ), used as (
      update otp_challenges set consumed_at = $3::timestamptz, code_hash = null, code_sealed = null
      where id = $15::uuid and exists (select from ready)
    ), refund as (
      update otp_contacts set wrong = wrong - 1
      where contact = $16::text and wrong > 0 and exists (select from ready)
    ), opened as (${insertSession('ready.id', 'from ready')}
    ), ended as (${endJudged} and exists (select from ready)
    ), noted as (
      insert into audit_events (id, user_id, session_id, type, at, ip, detail)
      select n.id, ready.id, n.session_id, n.type, $3::timestamptz, $11::text, n.detail::jsonb
      from ready cross join unnest($20::uuid[], $21::uuid[], $22::text[], $23::text[])
        as n (id, session_id, type, detail)
    ), head as (
      update streams s set
        head_seq = s.head_seq + cardinality($24::text[]),
        head_pos = greatest(s.head_pos, pg_current_xact_id()::text::bigint)
      from ready where s.id = ready.id
      returning s.id, s.head_seq - cardinality($24::text[]) as before, s.head_pos
    ), told as (
      insert into stream_events (stream_id, seq, pos, type, at, body)
      select head.id, head.before + e.n, head.head_pos, e.type, $3::timestamptz, e.body::json
      from head
      cross join unnest($24::text[], $25::text[]) with ordinality as e (type, body, n)
    ), forgotten as (
      delete from limits where exists (select from ready) and key in (
        select key from limits where key = any($26::text[]) for update skip locked
      )
    )
    select to_json(person) as person, head.before,
      (select json_agg(json_build_object('id', id, 'reason', reason) order by id) from judged) as judged
    from person left join head on true`,
  );
}

const statements = { sms: entering('sms'), mail: entering('mail') };

/** @returns undefined when there was no open code or no open account, or somebody else had it */
export async function enterOnce(
  hot: pg.Pool,
  { session, room, contact, entries, events, ...plan }: PlannedEntry,
): Promise<FoundEntry | undefined> {
  const [found] = await statements[contact.channel](
    hot,
    ...openingValues(session, room),
    plan.challengeId,
    contact.address,
    plan.kind,
    plan.ending.map(({ id }) => id),
    plan.ending.map(({ reason }) => reason),
    entries.map(({ id }) => id),
    entries.map((entry) => entry.session_id),
    entries.map(({ type }) => type),
    entries.map(({ detail }) => JSON.stringify(detail)),
    events.map(({ type }) => type),
    events.map(({ body }) => body),
    plan.counters,
  );
  return found && { ...found, user: toUserRow(found.person) };
}

function toUserRow(person: FoundRow['person']): UserRow {
  return { ...person, created_at: new Date(person.created_at) };
}
