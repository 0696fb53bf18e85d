export {
  alertOf,
  forgetAudit,
  forgetOldAudit,
  listEvents,
  record,
  recordAct,
  recordAll,
  recordRefusedToken,
  toAuditRow,
  type AuditNote,
} from './audit.service.ts';
export { toAdminEventView, toAuditEventView } from './audit.view.ts';
