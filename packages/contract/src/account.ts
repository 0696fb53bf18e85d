import { z } from 'zod';
import { emailSchema } from './email.ts';
import { idSchema } from './id.ts';
import { captchaSchema, otpCodeSchema } from './otp.ts';
import { passwordSchema } from './password.ts';
import { phoneSchema } from './phone.ts';

export const accountRequestPhoneInputSchema = z.strictObject({
  phone: phoneSchema,
  captcha: captchaSchema.optional(),
});

export const accountRequestEmailInputSchema = z.strictObject({ email: emailSchema });

export const accountRequestConfirmInputSchema = z.strictObject({
  by: z.enum(['phone', 'email']).default('phone'),
  captcha: captchaSchema.optional(),
});

/** A code of `account.requestConfirm`, or the password. */
export const accountConfirmInputSchema = z
  .strictObject({
    challengeId: idSchema.optional(),
    code: otpCodeSchema.optional(),
    password: passwordSchema.optional(),
  })
  .refine(
    ({ challengeId, code, password }) =>
      (challengeId === undefined) === (code === undefined) &&
      (code === undefined) !== (password === undefined),
    { path: ['code'], message: 'one-proof' },
  );

export const accountRemoveOutputSchema = z.object({
  /** Until then a login keeps the account. */
  eraseAt: z.date(),
});
