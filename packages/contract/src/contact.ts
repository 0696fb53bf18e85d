import { z } from 'zod';
import { emailSchema } from './email.ts';
import { phoneSchema } from './phone.ts';

/** The two ways to name an account or to reach a person: exactly one of them is given. */
export const contactFields = {
  phone: phoneSchema.optional(),
  email: emailSchema.optional(),
};

/** Whether exactly one of phone and e-mail is there. */
export function hasOneContact(input: { phone?: unknown; email?: unknown }): boolean {
  return (input.phone === undefined) !== (input.email === undefined);
}

export const oneContact = { path: ['phone'], message: 'one-contact' };

const longestKind = 20;

/** Which of a phone number's accounts is meant; the usual one where it is left out. */
export const accountKindSchema = z
  .string()
  .max(longestKind)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'not-offered');
