import { z } from 'zod';

/** One line of text: no control characters, and none that turn the direction of what follows. */
export function lineSchema(longest: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u, 'invalid');
}

/** Text of several lines, which may be broken and indented, and holds no other control character. */
export function linesSchema(longest: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|[\n\t])*$/u, 'invalid');
}

/** What somebody looks for. Any character may be looked for that can be in a text. */
export function querySchema(longest: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .refine((text) => !text.includes('\0'), 'holds a NUL character')
    .refine((text) => text.isWellFormed(), 'is not well-formed Unicode');
}
