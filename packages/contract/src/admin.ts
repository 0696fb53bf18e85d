import { z } from 'zod';
import { auditEventViewSchema } from './audit.ts';
import { idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { passwordSchema } from './password.ts';
import { linesSchema } from './text.ts';
import { roleSchema } from './user.ts';

const longestReason = 500;

export const adminUserRefSchema = z.strictObject({ userId: idSchema });

export const adminDeactivateUserInputSchema = z.strictObject({
  userId: idSchema,
  reason: linesSchema(longestReason),
});

export const adminSetPasswordInputSchema = z.strictObject({
  userId: idSchema,
  password: passwordSchema,
});

export const adminSetRoleInputSchema = z.strictObject({ userId: idSchema, role: roleSchema });

export const adminListEventsInputSchema = pageInputSchema.extend({ userId: idSchema });

/** As staff see it: with who did it. */
export const adminEventViewSchema = auditEventViewSchema.extend({
  userId: z.string().nullable(),
  actorId: z.string().nullable(),
});

export const adminListEventsOutputSchema = pageSchema(adminEventViewSchema);

/**
 * What staff should look at: an SMS provider whose credit is low or that refuses our account, an SMS that no
 * provider would take, or a message that somebody has reported.
 */
export const adminAlertSchema = z.object({
  topic: z.enum(['sms.credit-low', 'sms.provider-closed', 'sms.dead', 'chat.message-reported']),
  /** The provider's name, or the id of the SMS or of the report. */
  subject: z.string(),
  /** What is known besides, such as what is left or why. */
  detail: z.string(),
});

export type AdminAlert = z.infer<typeof adminAlertSchema>;
export type AdminEventView = z.infer<typeof adminEventViewSchema>;
