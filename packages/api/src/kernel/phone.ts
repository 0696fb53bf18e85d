import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';

/** A phone number in E.164 with the country it belongs to. */
export interface ParsedPhone {
  e164: string;
  country: CountryCode | undefined;
}

/**
 * Reads a phone number as the contract's schema leaves it (digits, with `+`, `00` or a national
 * prefix). National numbers are read as numbers of `defaultCountry`.
 *
 * Only the shape decides (ITU-T E.164 and the country's number lengths), never the operator's
 * prefix: numbers are ported between operators, and new prefixes appear.
 *
 * @returns null when no such number can exist
 */
export function parsePhone(typed: string, defaultCountry: CountryCode): ParsedPhone | null {
  const international = typed.startsWith('00') ? `+${typed.slice(2)}` : typed;
  const phone = parsePhoneNumberFromString(international, defaultCountry);
  if (!phone?.isPossible()) return null;
  return { e164: phone.number, country: phone.country };
}
