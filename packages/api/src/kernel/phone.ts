import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';

/** A phone number in E.164 with the country it belongs to. */
export interface ParsedPhone {
  e164: string;
  country: CountryCode | undefined;
}

const iranianMobile = /^9[0-9]{9}$/;

/**
 * Reads a phone number as the contract's schema leaves it (digits, with `+`, `00` or a national
 * prefix). National numbers are read as numbers of `defaultCountry`.
 *
 * Only the shape decides (ITU-T E.164 and the country's number lengths; in Iran ten digits that
 * begin with 9, which is every mobile number), never the operator's prefix: numbers are ported
 * between operators, and new prefixes appear.
 *
 * @returns null when no such number can exist
 */
export function parsePhone(typed: string, defaultCountry: CountryCode): ParsedPhone | null {
  const international = typed.startsWith('00') ? `+${typed.slice(2)}` : typed;
  const phone = parsePhoneNumberFromString(international, defaultCountry);
  if (!phone?.isPossible()) {
    return null;
  }
  if (phone.country === 'IR' && !iranianMobile.test(phone.nationalNumber)) {
    return null;
  }
  return { e164: phone.number, country: phone.country };
}
