import pg from 'pg';
import { vi } from 'vitest';
import type { TestApi } from '../../../testing/index.ts';

/** What only the statement of a login says. */
const mark = 'forgotten as (';

/**
 * Takes the short way of a login away, as a deadlock would.
 *
 * @returns how often it was tried
 */
export function closeShortWay({ app: { hot } }: TestApi): () => number {
  const { query } = pg.Client.prototype;
  let tries = 0;
  hot.on('acquire', (client) => {
    const refusing = (config: pg.QueryConfig, answer: (error: Error) => void): void => {
      if (config.text.includes(mark)) {
        tries += 1;
        answer(Object.assign(new Error('deadlock detected'), { code: '40P01' }));
      } else {
        Reflect.apply(query, client, [config, answer]);
      }
    };
    Object.assign(client, { query: refusing });
  });
  return () => tries;
}

const gate = 271_828;
const patience = { timeout: 10_000, interval: 10 };

/** A place in the statement of a login at which it can be held. */
export interface Gate {
  /** Resolves with the process of PostgreSQL that stands there. */
  reached(): Promise<number>;
  open(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Holds the statements of logins where they write their events: all other rows are written by then.
 */
export function gateAtEvents(api: TestApi): Promise<Gate> {
  return gateBy(
    api,
    `${stand('trigger', 'new')};
    create trigger stand before insert on stream_events for each row execute function stand()`,
  );
}

/** Holds the statements of logins after they have begun to read, before the person is locked. */
export function gateBeforePerson(api: TestApi): Promise<Gate> {
  return gateBy(
    api,
    `${stand('boolean', 'true')};
    alter table otp_contacts rename to otp_contacts_table;
    create view otp_contacts as select * from otp_contacts_table where stand()`,
  );
}

/** A function in which the statements of logins wait at the gate. */
function stand(type: string, value: string): string {
  return `create function stand() returns ${type} language plpgsql as $$ begin
      if current_query() like '%${mark}%' then
        perform pg_advisory_xact_lock_shared(${gate});
      end if;
      return ${value};
    end $$`;
}

async function gateBy({ database: { pool } }: TestApi, sql: string): Promise<Gate> {
  await pool.query(sql);
  const keeper = await pool.connect();
  await keeper.query('select pg_advisory_lock($1)', [gate]);
  const open = async (): Promise<void> => {
    await keeper.query('select pg_advisory_unlock_all()');
  };
  return {
    reached: () =>
      vi.waitUntil(async () => {
        const { rows } = await keeper.query<{ pid: number }>(`
          select pid from pg_locks where locktype = 'advisory' and not granted
            and database = (select oid from pg_database where datname = current_database())`);
        return rows[0]?.pid;
      }, patience),
    open,
    async [Symbol.asyncDispose]() {
      await open();
      keeper.release();
    },
  };
}

/** Waits until a statement of this database waits for a row that somebody holds. */
export async function untilSomebodyWaits({ database: { pool } }: TestApi): Promise<void> {
  await vi.waitUntil(async () => {
    const { rowCount } = await pool.query(`
      select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`);
    return rowCount === 1;
  }, patience);
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What a login leaves in a table, in the order in which it came; of times only whether there is one. */
const leftIn = {
  sessions: `select id, user_id, refresh_counter, refresh_attempt, ended_at is not null as has_ended,
    refreshed_at = created_at and last_seen_at = created_at and authenticated_at = created_at as is_new,
    ended_at = (select max(created_at) from sessions) as ended_last, end_reason, device_name, platform,
    encode(device_key, 'hex') as device_key, user_agent, device_kind, browser, os, ip
    from sessions order by created_at, id`,
  audit_events: `select id, user_id, actor_id, session_id, type, ip, detail::text as detail
    from audit_events order by at, id`,
  streams: 'select id, head_seq::int as head_seq from streams order by id',
  stream_events: `select stream_id, seq::int as seq, type, body::text as body
    from stream_events order by stream_id, seq`,
  otp_challenges: `select id, contact, channel, purpose, user_id, code_hash is null as is_void,
    code_sealed is null as is_open, attempts, consumed_at is not null as is_used,
    consumed_at = created_at as used_at_once, replaced_at is not null as is_replaced
    from otp_challenges order by created_at, id`,
  otp_contacts: 'select contact, wrong from otp_contacts order by contact',
  limits: `select key, points from limits where key like 'otp-unused:%' order by key`,
};

/** The rows that logins leave, apart from ids and times: each id is its number in the dump. */
export async function rowsOfLogins({ database: { pool } }: TestApi): Promise<string[]> {
  const lines: string[] = [];
  for (const [table, select] of Object.entries(leftIn)) {
    const { rows } = await pool.query<object>(select);
    lines.push(...rows.map((row) => `${table} ${JSON.stringify(row)}`));
  }
  const ids = new Map<string, string>();
  const numberOf = (id: string): string => {
    const known = ids.get(id) ?? `#${ids.size + 1}`;
    ids.set(id, known);
    return known;
  };
  return lines.map((line) => line.replaceAll(uuid, numberOf));
}
