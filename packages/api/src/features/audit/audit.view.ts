import { auditTypeSchema, type AdminEventView, type AuditEventView } from '@chapar/contract';
import type { AuditRow } from './audit.repository.ts';

/** An entry as the person whom it is about sees it: where staff sit is not theirs to know. */
export function toAuditEventView(row: AuditRow): AuditEventView {
  const isByStaff = row.actor_id !== null;
  return {
    id: row.id,
    type: auditTypeSchema.parse(row.type),
    at: row.at,
    sessionId: row.session_id,
    ip: isByStaff ? 'staff' : row.ip,
    isByStaff,
    detail: row.detail as Record<string, string>,
  };
}

/** An entry as staff see it. */
export function toAdminEventView(row: AuditRow): AdminEventView {
  return { ...toAuditEventView(row), ip: row.ip, userId: row.user_id, actorId: row.actor_id };
}
