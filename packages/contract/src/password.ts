import { z } from 'zod';
import { accountKindSchema, contactFields, hasOneContact, oneContact } from './contact.ts';
import { emailSchema } from './email.ts';
import { codeFields, loginOutputSchema, otpRequestOutputSchema } from './otp.ts';
import { deviceSchema } from './session.ts';
import { birthdaySchema, nameSchema } from './user.ts';

/** The longest password that an operator may allow, in Unicode code points. */
const longestTyped = 128;

/** Exactly as typed: nothing is trimmed or normalised. */
export const passwordSchema = z
  .string()
  .min(1)
  .max(longestTyped)
  .refine((text) => text.isWellFormed(), 'invalid');

/** What makes a password too weak (OWASP ASVS 5.0, 6.2). */
export const passwordWeaknessSchema = z.enum([
  'too-short',
  'too-long',
  'digits-only',
  'common',
  'personal',
  'breached',
]);

export const passwordLoginInputSchema = z
  .strictObject({
    ...contactFields,
    kind: accountKindSchema.optional(),
    password: passwordSchema,
    device: deviceSchema.optional(),
  })
  .refine(hasOneContact, oneContact);

export const passwordRegisterInputSchema = z.strictObject({
  ...codeFields,
  kind: accountKindSchema.optional(),
  password: passwordSchema,
  firstName: nameSchema,
  lastName: nameSchema,
  birthday: birthdaySchema.optional(),
  /** Besides a phone number: a code is mailed there, and the address counts once it is confirmed. */
  email: emailSchema.optional(),
  device: deviceSchema.optional(),
});

export const passwordRegisterOutputSchema = loginOutputSchema.extend({
  /** The code that was mailed for `account.confirmEmail`; null where no e-mail was given. */
  emailChallenge: otpRequestOutputSchema.nullable(),
});

export const passwordSetInputSchema = z.strictObject({
  password: passwordSchema,
  /** Not needed for a moment after a login or `account.confirm`. */
  current: passwordSchema.optional(),
});

export const passwordResetInputSchema = z.strictObject({
  ...codeFields,
  kind: accountKindSchema.optional(),
  password: passwordSchema,
});

export type PasswordWeakness = z.infer<typeof passwordWeaknessSchema>;
export type Registered = z.infer<typeof passwordRegisterOutputSchema>;
