import type { SessionView } from '@chapar/contract';
import type { SessionRow } from './session.repository.ts';

/** A session as its owner sees it. */
export function toSessionView(row: SessionRow, currentId: string): SessionView {
  return {
    id: row.id,
    deviceName: row.device_name,
    platform: row.platform,
    deviceKind: row.device_kind,
    browser: row.browser,
    os: row.os,
    userAgent: row.user_agent,
    ip: row.ip,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    authenticatedAt: row.authenticated_at,
    isCurrent: row.id === currentId,
  };
}
