import { z } from 'zod';

const shortest = 5;
const longest = 254;

/**
 * An e-mail address (RFC 5321 sets the length, 254) in Latin letters. Comes out in lower case: one
 * address is one account, however its letters are written. The letters are looked at as typed:
 * some that only look Latin have a Latin lower case.
 */
export const emailSchema = z
  .string()
  .max(longest * 2, 'email-length')
  .transform((typed) => typed.trim())
  .pipe(z.string().min(1))
  .pipe(
    z
      .string()
      .min(shortest, 'email-length')
      .max(longest, 'email-length')
      .regex(/^\p{ASCII}*$/u, 'email-latin'),
  )
  .pipe(z.string().toLowerCase())
  .pipe(z.email('email-form'));
