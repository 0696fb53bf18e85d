import { z } from 'zod';
import { auditEventViewSchema } from './audit.ts';
import { idSchema } from './id.ts';
import { pageSchema } from './page.ts';
import { lineSchema } from './text.ts';

const longestDeviceName = 100;
const longestRefreshToken = 1_000;

/** How the app introduces the device; shown to its owner in the list of sessions. */
export const deviceSchema = z.strictObject({
  name: lineSchema(longestDeviceName),
  platform: z.enum(['web', 'android', 'ios', 'desktop', 'other']).default('other'),
});

export const tokenPairSchema = z.object({
  /** Goes into the `Authorization: Bearer` header and into the socket's connection params. */
  accessToken: z.string(),
  /** Good once: every refresh gives a new one. */
  refreshToken: z.string(),
  /** Seconds from now. Schedule by this and a monotonic clock, never by the device's date. */
  accessExpiresIn: z.int(),
});

export const sessionRefreshInputSchema = z.strictObject({
  refreshToken: z.string().min(1).max(longestRefreshToken),
  /**
   * Made by the client and stored before the call. A repeat with the same id within 30 s gets
   * the same pair, so that an answer lost on the way does not end the session.
   */
  attemptId: idSchema.optional(),
});

export const sessionRefSchema = z.strictObject({ sessionId: idSchema });

export const sessionViewSchema = z.object({
  id: z.string(),
  deviceName: z.string().nullable(),
  platform: z.string().nullable(),
  /** As the user agent says: `mobile`, `tablet`, `desktop`, `tv`, `bot` … */
  deviceKind: z.string().nullable(),
  /** Name and version, such as `Firefox 140.0`. */
  browser: z.string().nullable(),
  os: z.string().nullable(),
  userAgent: z.string().nullable(),
  ip: z.string(),
  createdAt: z.date(),
  lastSeenAt: z.date(),
  /** When the person last proved who they are: at the login, or by `account.confirm`. */
  authenticatedAt: z.date(),
  /** True for the session that asks. */
  isCurrent: z.boolean(),
});

export const sessionListOutputSchema = z.object({ items: z.array(sessionViewSchema) });
export const sessionListEventsOutputSchema = pageSchema(auditEventViewSchema);
export const sessionRemoveOthersOutputSchema = z.object({ removed: z.int() });

export const sessionEndReasonSchema = z.enum([
  'signed-out',
  'removed',
  'refresh-reused',
  'too-many',
  'expired',
  'replaced',
  'password-changed',
  'phone-changed',
  'deactivated',
  'account-removed',
]);

export type Device = z.infer<typeof deviceSchema>;
export type TokenPair = z.infer<typeof tokenPairSchema>;
export type SessionView = z.infer<typeof sessionViewSchema>;
export type SessionEndReason = z.infer<typeof sessionEndReasonSchema>;
