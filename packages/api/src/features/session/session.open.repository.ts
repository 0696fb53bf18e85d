import { CompiledQuery } from 'kysely';
import type { Db } from '../../database/tables.ts';
import type { AliveSince } from './session.rules.ts';

/** A session that is about to begin. */
export interface NewSession {
  id: string;
  refreshCounter: number;
  at: Date;
  deviceName: string | null;
  platform: string | null;
  deviceKey: Buffer | null;
  userAgent: string | null;
  deviceKind: string | null;
  browser: string | null;
  os: string | null;
  ip: string;
}

/** How many sessions of a person may live, and which of them do. */
export interface SessionRoom {
  most: number;
  since: AliveSince;
}

/** A session that a new one ends. */
export interface Replaced {
  id: string;
  reason: 'replaced' | 'expired' | 'too-many';
}

/** The values of `$1` to `$14` in the parts below; whoever puts them together goes on with `$15`. */
export function openingValues(session: NewSession, { most, since }: SessionRoom): unknown[] {
  return [
    session.id,
    session.refreshCounter,
    session.at.toISOString(),
    session.deviceName,
    session.platform,
    session.deviceKey,
    session.userAgent,
    session.deviceKind,
    session.browser,
    session.os,
    session.ip,
    most,
    since.refreshed.toISOString(),
    since.created.toISOString(),
  ];
}

/**
 * The part of a `with` that finds in `judged` what a new session leaves no room for: the older one of
 * the same device, those that are over by themselves, and of the others all but the `most - 1` that
 * were seen last.
 *
 * @param userId SQL for whose sessions
 */
export function judgedSessions(userId: string): string {
  return `alive as materialized (
    select id, last_seen_at,
      coalesce(device_key = $6::bytea, false) as is_same_device,
      refreshed_at < $13::timestamptz or created_at < $14::timestamptz as is_over
    from sessions where user_id = ${userId} and ended_at is null
  ), judged as materialized (
    select id, reason from (
      select id, case
        when is_same_device then 'replaced'
        when is_over then 'expired'
        when row_number() over (
          partition by is_same_device or is_over order by last_seen_at desc, id desc
        ) >= $12::int then 'too-many'
      end as reason
      from alive
    ) a where reason is not null
  )`;
}

/** The statement that begins the session, for each row of `from`. */
export function insertSession(userId: string, from = ''): string {
  return `insert into sessions (
      id, user_id, refresh_counter, refreshed_at, last_seen_at, authenticated_at, created_at,
      device_name, platform, device_key, user_agent, device_kind, browser, os, ip
    )
    select $1::uuid, ${userId}, $2::int, $3::timestamptz, $3::timestamptz, $3::timestamptz,
      $3::timestamptz, $4::text, $5::text, $6::bytea, $7::text, $8::text, $9::text, $10::text, $11::text
    ${from}`;
}

/** The statement that ends what was `judged`; one that has ended meanwhile keeps its reason. */
export const endJudged = `update sessions s set ended_at = $3::timestamptz, end_reason = judged.reason
  from judged where s.id = judged.id and s.ended_at is null`;

const openText = `with ${judgedSessions('$15::uuid')}, opened as (${insertSession('$15::uuid')})
  ${endJudged} returning s.id, judged.reason`;

/**
 * Begins a session and ends what it leaves no room for, in one statement. The caller holds the
 * person's row, so that nobody begins one at the same time.
 */
export async function openSession(
  db: Db,
  userId: string,
  session: NewSession,
  room: SessionRoom,
): Promise<Replaced[]> {
  const values = [...openingValues(session, room), userId];
  const { rows } = await db.executeQuery<Replaced>(CompiledQuery.raw(openText, values));
  return rows;
}
