import type { SessionView } from '@chapar/contract';
import type { SessionRow } from './session.repository.ts';

/** A session as its owner sees it. */
export function toSessionView(row: SessionRow, currentId: string): SessionView {
  return {
    id: row.id,
    deviceName: row.device_name,
    platform: row.platform,
    userAgent: row.user_agent,
    ip: row.ip,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    isCurrent: row.id === currentId,
  };
}
