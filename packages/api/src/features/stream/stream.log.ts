import type pg from 'pg';
import { statement } from '../../database/statement.ts';
import { createLiveEvent, type LiveEvent } from '../../realtime/live-event.ts';
import type { StreamLog } from '../../realtime/stream-log.ts';

/** Below it no event can appear any more: the oldest transaction that still runs. */
const horizon = 'pg_snapshot_xmin(pg_current_snapshot())::text::bigint';

/** A cursor is the base and a position; see `stream_floor`. */
const base = '(select base from stream_floor where id = 1)';

/** ISO 8601 with milliseconds, as `Date.toISOString` writes it. */
const isoTime = `to_char(e.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const eventColumns = `e.stream_id, e.seq, e.type, ${isoTime} as at, e.body::text as body`;

interface EventRow {
  stream_id: string;
  seq: bigint;
  type: string;
  at: string;
  body: string;
}

const findHeads = statement<{ id: string; head_seq: bigint }, [readonly string[]]>(
  'stream-heads',
  'select id, head_seq from streams where id = any($1::uuid[])',
);

const findBetween = statement<EventRow, [string, number, number]>(
  'stream-between',
  `select ${eventColumns} from stream_events e
   where e.stream_id = $1 and e.seq > $2 and e.seq <= $3 order by e.seq`,
);

const findSince = statement<
  { horizon: bigint; stream_id: string | null; head: bigint | null },
  [bigint]
>(
  'stream-since',
  `select h.horizon, e.stream_id, e.head
   from (select ${base} + ${horizon} as horizon) h
   left join (
     select stream_id, max(seq) as head from stream_events where pos >= $1 - ${base} group by stream_id
   ) e on true`,
);

const findHorizon = statement<{ horizon: bigint }, []>(
  'stream-horizon',
  `select ${base} + ${horizon} as horizon`,
);

/** The log as the node's feeds read it. */
export function createStreamLog(hot: pg.Pool): StreamLog {
  return {
    async heads(streamIds) {
      const rows = await findHeads(hot, streamIds);
      return new Map(rows.map((row) => [row.id, Number(row.head_seq)]));
    },
    async between(streamId, afterSeq, toSeq) {
      return (await findBetween(hot, streamId, afterSeq, toSeq)).map(toEvent);
    },
    async since(cursor) {
      const rows = await findSince(hot, cursor);
      const heads = new Map<string, number>();
      for (const { stream_id: id, head } of rows) {
        if (id !== null) {
          heads.set(id, Number(head));
        }
      }
      return { heads, horizon: rows[0]?.horizon ?? cursor };
    },
    async horizon() {
      return (await findHorizon(hot))[0]?.horizon ?? 0n;
    },
  };
}

/** What a subscription needs to begin, out of one snapshot. */
export interface Opening {
  /** Whether the session is alive and its owner may use it. */
  isAlive: boolean;
  /** Cursors below it point into what was forgotten. */
  floor: bigint;
  /** Below it nothing can appear any more, and nothing is kept below the floor. */
  horizon: bigint;
  /** The id that the next transaction will get. */
  next: bigint;
  /** The newest seq of every stream that the person reads. */
  heads: Map<string, number>;
  missed: Missed[];
}

/** An event of the log. */
export interface Missed {
  /** The base and its position. */
  cursor: bigint;
  event: LiveEvent;
}

interface MissedRow extends EventRow {
  cursor: bigint;
}

type OpeningRow = {
  is_alive: boolean;
  floor: bigint;
  horizon: bigint;
  next: bigint;
  heads: string | null;
} & (MissedRow | { [Column in keyof MissedRow]: null });

/**
 * Everything in one read of one snapshot. Streams without news cost a look at their head; of the others
 * one range of one index is read. The heads come with the first row only.
 */
const findOpening = statement<OpeningRow, [string, string, bigint | null, number]>(
  'stream-opening',
  `with log as materialized (
     select pos as floor, base, $3 - base as since from stream_floor where id = 1
   ), mine as materialized (
     select m.stream_id, m.after_seq, s.head_seq, s.head_pos
     from stream_members m join streams s on s.id = m.stream_id
     where m.user_id = $1
   ), missed as (
     select e.*, row_number() over (order by e.pos, e.stream_id, e.seq) as n
     from (
       select e.* from mine cross join lateral (
         select e.* from stream_events e
         where e.stream_id = mine.stream_id and e.pos >= (select since from log)
           and e.seq > mine.after_seq
         order by e.pos, e.seq limit $4
       ) e
       where mine.head_pos >= (select since from log)
       order by e.pos, e.stream_id, e.seq limit $4
     ) e
   )
   select b.*, b.base + e.pos as cursor, ${eventColumns},
     case when coalesce(e.n, 1) = 1
       then (select string_agg(stream_id || ':' || head_seq, ',') from mine) end as heads
   from (
     select
       exists (
         select from sessions s join users u on u.id = s.user_id
         where s.id = $2 and s.user_id = $1 and s.ended_at is null and u.status = 'active'
       ) as is_alive,
       base, base + floor as floor, base + greatest(floor, ${horizon}) as horizon,
       base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next
     from log
   ) b
   left join missed e on true
   order by e.n`,
);

/**
 * @param cursor null to replay nothing
 * @param limit of missed events
 */
export async function readOpening(
  hot: pg.Pool,
  query: { userId: string; sessionId: string; cursor: bigint | null; limit: number },
): Promise<Opening> {
  const rows = await findOpening(hot, query.userId, query.sessionId, query.cursor, query.limit);
  const [first] = rows;
  if (!first) {
    throw new Error('stream_floor is empty');
  }
  const missed = rows.flatMap((row) =>
    row.cursor === null ? [] : [{ cursor: row.cursor, event: toEvent(row) }],
  );
  const { is_alive: isAlive, floor, horizon: bound, next } = first;
  return { isAlive, floor, horizon: bound, next, heads: readHeads(first.heads), missed };
}

function readHeads(text: string | null): Map<string, number> {
  const heads = new Map<string, number>();
  for (const entry of text === null ? [] : text.split(',')) {
    const at = entry.indexOf(':');
    heads.set(entry.slice(0, at), Number(entry.slice(at + 1)));
  }
  return heads;
}

const findMissedPage = statement<MissedRow, [string, bigint, string, number, number]>(
  'stream-missed',
  `with log as materialized (select base, $2 - base as since from stream_floor where id = 1)
   select (select base from log) + e.pos as cursor, ${eventColumns}
   from (
     select e.* from (
       select m.stream_id, m.after_seq from stream_members m
       join streams s on s.id = m.stream_id and s.head_pos >= (select since from log)
       where m.user_id = $1
     ) mine cross join lateral (
       select e.* from stream_events e
       where e.stream_id = mine.stream_id and e.pos >= (select since from log) and e.seq > mine.after_seq
         and (e.pos, e.stream_id, e.seq) > ((select since from log), $3::uuid, $4)
       order by e.pos, e.seq limit $5
     ) e
     order by e.pos, e.stream_id, e.seq limit $5
   ) e
   order by e.pos, e.stream_id, e.seq`,
);

/** The next page of what a person has missed, behind an event that they have. */
export async function readMissed(
  hot: pg.Pool,
  query: { userId: string; after: Missed; limit: number },
): Promise<Missed[]> {
  const { cursor, event } = query.after;
  const { streamId, seq } = event;
  const rows = await findMissedPage(hot, query.userId, cursor, streamId, seq, query.limit);
  return rows.map((row) => ({ cursor: row.cursor, event: toEvent(row) }));
}

const countMissedRows = statement<{ count: bigint }, [string, bigint, number]>(
  'stream-count',
  `select count(*) as count from (
     select from stream_members m
     join streams s on s.id = m.stream_id and s.head_pos >= $2 - ${base}
     join stream_events e on e.stream_id = m.stream_id and e.seq > m.after_seq
     where m.user_id = $1 and e.pos >= $2 - ${base}
     limit $3
   ) missed`,
);

/** How many events a resume would replay, counted no further than `limit + 1`. */
export async function countMissed(
  hot: pg.Pool,
  query: { userId: string; cursor: bigint; limit: number },
): Promise<number> {
  const [row] = await countMissedRows(hot, query.userId, query.cursor, query.limit + 1);
  return Number(row?.count ?? 0);
}

const findFloor = statement<{ floor: bigint }, []>(
  'stream-floor',
  'select base + pos as floor from stream_floor where id = 1',
);

/** Cursors below it cannot be served any more. */
export async function readFloor(hot: pg.Pool): Promise<bigint> {
  return (await findFloor(hot))[0]?.floor ?? 0n;
}

function toEvent(row: EventRow): LiveEvent {
  const { stream_id: streamId, type, at, body } = row;
  return createLiveEvent({ streamId, seq: Number(row.seq), type, at, body });
}
