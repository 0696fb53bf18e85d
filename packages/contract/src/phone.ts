import { z } from 'zod';

const firstPersianDigit = 0x06f0;
const firstArabicDigit = 0x0660;

/** Replaces Persian (۰–۹) and Arabic (٠–٩) digits by ASCII ones; leaves the rest as it is. */
export function toAsciiDigits(text: string): string {
  return text
    .replaceAll(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - firstPersianDigit))
    .replaceAll(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - firstArabicDigit));
}

/**
 * Strips what people and keyboards put between the digits of a phone number: spaces, dashes,
 * dots, brackets and invisible marks (zero-width characters, direction marks).
 */
function withoutSeparators(text: string): string {
  return text.replaceAll(/[\s\-().\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '');
}

const longestTyped = 40;
const dialled = /^\+?[0-9]*$/;

/**
 * A phone number as a person types it: national (0912…), international (+98… or 0098…), in
 * ASCII, Persian or Arabic digits. Comes out in ASCII without separators; whether such a number
 * can exist, its length included, is decided by the server, which turns it into E.164.
 */
export const phoneSchema = z
  .string()
  .max(longestTyped)
  .transform((typed) => withoutSeparators(toAsciiDigits(typed)))
  .pipe(z.string().min(1).regex(dialled, 'phone-digits'));
