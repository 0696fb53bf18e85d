import { z } from 'zod';

const shortestName = 2;
const longestName = 150;

/**
 * Letters of any script with their marks, an apostrophe or the Persian half-space within, and up
 * to five further parts, each after a space or hyphen.
 */
const nameForm = /^\p{L}[\p{L}\p{M}'\u2019\u200c]*(?:[ -]\p{L}[\p{L}\p{M}'\u2019\u200c]*){0,5}$/u;

export const nameSchema = z
  .string()
  .max(longestName * 2, 'name-length')
  .transform((typed) => typed.trim())
  .pipe(
    z
      .string()
      .min(1)
      .min(shortestName, 'name-length')
      .max(longestName, 'name-length')
      .regex(nameForm, 'name-letters'),
  );

/** A day of the Gregorian calendar, `YYYY-MM-DD`. Whether the age is right depends on the day. */
export const birthdaySchema = z.iso.date('birthday-form');

const longestTimeZone = 60;

/** A name of the IANA time zone database, such as `Asia/Tehran`. */
export const timeZoneSchema = z
  .string()
  .min(1)
  .max(longestTimeZone)
  .refine(isTimeZone, 'time-zone');

function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

export const languageSchema = z.enum(['en', 'fa']);
export const roleSchema = z.enum(['user', 'staff', 'admin']);

/** To whom a person shows whether they are online, and when last. Who shows it to nobody sees nobody. */
export const presenceVisibilitySchema = z.enum(['everyone', 'friends', 'nobody']);

/** What others may see of a person. */
export const userCardSchema = z.object({
  id: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
});

/** What a person sees of themselves. */
export const meSchema = userCardSchema.extend({
  /** E.164; null for an account that is named by its e-mail only. */
  phone: z.string().nullable(),
  /** Confirmed; lower case. */
  email: z.string().nullable(),
  /** Which of the phone number's accounts this is. */
  kind: z.string(),
  /** `YYYY-MM-DD`. */
  birthday: z.string().nullable(),
  /** Of SMS and mail; null: that of each request. */
  language: languageSchema.nullable(),
  timeZone: z.string().nullable(),
  presenceVisibility: presenceVisibilitySchema,
  /** Whether others are told what this person has received and read. */
  showsReceipts: z.boolean(),
  createdAt: z.date(),
});

/** A field that is left out stays as it is; null clears it. */
export const userUpdateInputSchema = z.strictObject({
  firstName: nameSchema.nullable().optional(),
  lastName: nameSchema.nullable().optional(),
  birthday: birthdaySchema.nullable().optional(),
  language: languageSchema.nullable().optional(),
  timeZone: timeZoneSchema.nullable().optional(),
  presenceVisibility: presenceVisibilitySchema.optional(),
  showsReceipts: z.boolean().optional(),
});

export type UserCard = z.infer<typeof userCardSchema>;
export type Role = z.infer<typeof roleSchema>;
export type PresenceVisibility = z.infer<typeof presenceVisibilitySchema>;
export type UserUpdate = z.infer<typeof userUpdateInputSchema>;
export type Me = z.infer<typeof meSchema>;
