export {
  forgetAudit,
  forgetOldAudit,
  listEvents,
  record,
  recordRefusedToken,
} from './audit.service.ts';
export { toAdminEventView, toAuditEventView } from './audit.view.ts';
