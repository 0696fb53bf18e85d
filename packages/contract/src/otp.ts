import { z } from 'zod';
import { idSchema } from './id.ts';
import { phoneSchema, toAsciiDigits } from './phone.ts';
import { deviceSchema, tokenPairSchema } from './session.ts';
import { meSchema } from './user.ts';

/** What a code is for. A code is never good for another purpose than its own. */
export const otpPurposeSchema = z.enum(['login']);

export const otpRequestInputSchema = z.strictObject({
  phone: phoneSchema,
  purpose: otpPurposeSchema.default('login'),
});

/** The same for numbers that have an account and numbers that have none. */
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
  .pipe(z.string().regex(new RegExp(`^[0-9]{${shortestCode},${longestCode}}$`), 'is not a code'));

export const otpVerifyInputSchema = z.strictObject({
  challengeId: idSchema,
  code: otpCodeSchema,
  device: deviceSchema.optional(),
});

export const otpVerifyOutputSchema = tokenPairSchema.extend({
  user: meSchema,
  /** True when this login made the account. */
  isNewUser: z.boolean(),
});

export type OtpPurpose = z.infer<typeof otpPurposeSchema>;
export type OtpRequested = z.infer<typeof otpRequestOutputSchema>;
export type OtpVerified = z.infer<typeof otpVerifyOutputSchema>;
