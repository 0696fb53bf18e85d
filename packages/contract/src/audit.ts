import { z } from 'zod';

/** What is written down about an account, and what staff have done, in words that stay. */
export const auditTypeSchema = z.enum([
  'account-created',
  'signed-in',
  'session-ended',
  'refresh-reused',
  'token-refused',
  'password-guessing',
  'password-set',
  'password-reset',
  'phone-changed',
  'email-changed',
  'identity-confirmed',
  'deactivated',
  'reactivated',
  'role-changed',
  'removal-requested',
  'removal-canceled',
  'report-handled',
  'conversation-inspected',
]);

export const auditEventViewSchema = z.object({
  id: z.string(),
  type: auditTypeSchema,
  at: z.date(),
  sessionId: z.string().nullable(),
  ip: z.string(),
  /** True when staff did it. */
  isByStaff: z.boolean(),
  /** What else is known, such as `reason` or `method`. */
  detail: z.record(z.string(), z.string()),
});

export type AuditType = z.infer<typeof auditTypeSchema>;
export type AuditEventView = z.infer<typeof auditEventViewSchema>;
