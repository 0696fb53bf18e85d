import { z } from 'zod';

const longestName = 50;

/** Letters of any script; no control characters and none that turn the text's direction. */
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(longestName)
  .regex(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069]*$/u, 'holds characters that are not text');

/** What others may see of a person. */
export const userCardSchema = z.object({
  id: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
});

/** What a person sees of themselves. */
export const meSchema = userCardSchema.extend({
  /** E.164. */
  phone: z.string(),
  createdAt: z.date(),
});

/** A field that is left out stays as it is; null clears it. */
export const userUpdateInputSchema = z.strictObject({
  firstName: nameSchema.nullable().optional(),
  lastName: nameSchema.nullable().optional(),
});

export type UserCard = z.infer<typeof userCardSchema>;
export type Me = z.infer<typeof meSchema>;
