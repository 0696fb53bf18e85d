import { z } from 'zod';
import { accountKindSchema, contactFields, hasOneContact, oneContact } from './contact.ts';
import { idSchema } from './id.ts';
import { toAsciiDigits } from './phone.ts';
import { deviceSchema, tokenPairSchema } from './session.ts';
import { meSchema } from './user.ts';

/** What anybody may ask for a code for. A code is never good for another purpose than its own. */
export const otpPurposeSchema = z.enum(['login', 'register', 'reset-password']);

const longestCaptcha = 4_000;

/** What a captcha gave; needed when a request was refused with `OTP_CAPTCHA_REQUIRED`. */
export const captchaSchema = z.string().min(1).max(longestCaptcha);

export const otpRequestInputSchema = z
  .strictObject({
    ...contactFields,
    purpose: otpPurposeSchema.default('login'),
    captcha: captchaSchema.optional(),
  })
  .refine(hasOneContact, oneContact);

/** The same for contacts that have an account and contacts that have none. */
export const otpRequestOutputSchema = z.object({
  challengeId: z.string(),
  /** After this instant the code is refused. */
  expiresAt: z.date(),
  /** From this instant another code can be asked for. */
  resendAt: z.date(),
});

const shortestCode = 3;
const longestCode = 10;

/** The digits as typed: ASCII, Persian or Arabic, spaces ignored. */
export const otpCodeSchema = z
  .string()
  .max(longestCode * 2)
  .transform((typed) => toAsciiDigits(typed).replaceAll(/\s/g, ''))
  .pipe(z.string().regex(new RegExp(`^[0-9]{${shortestCode},${longestCode}}$`), 'code-digits'));

/** A code with the challenge that it answers. */
export const codeFields = { challengeId: idSchema, code: otpCodeSchema };

export const codeInputSchema = z.strictObject(codeFields);

export const otpVerifyInputSchema = z.strictObject({
  ...codeFields,
  kind: accountKindSchema.optional(),
  device: deviceSchema.optional(),
});

/** What every login answers. */
export const loginOutputSchema = tokenPairSchema.extend({
  user: meSchema,
  /** True when this login made the account. */
  isNewUser: z.boolean(),
  /** True when the account was to be erased and this login has kept it. */
  isRestored: z.boolean(),
});

export type OtpPurpose = z.infer<typeof otpPurposeSchema>;
export type OtpRequested = z.infer<typeof otpRequestOutputSchema>;
export type Login = z.infer<typeof loginOutputSchema>;
