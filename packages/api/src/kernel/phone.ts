import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import { AppError } from '../errors.ts';

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

/**
 * Like {@link parsePhone}, for numbers that must be right.
 *
 * @throws AppError `PHONE_INVALID` with what is wrong
 */
export function requirePhone(typed: string, defaultCountry: CountryCode): ParsedPhone {
  const phone = parsePhone(typed, defaultCountry);
  if (!phone) {
    throw new AppError('PHONE_INVALID', { data: { reason: whyNot(typed, defaultCountry) } });
  }
  return phone;
}

const iranianDigits = 11;

/** A number typed the Iranian way has 11 digits and begins with 09. */
function whyNot(typed: string, defaultCountry: CountryCode): 'length' | 'prefix' | 'impossible' {
  if (defaultCountry !== 'IR' || typed.startsWith('+') || typed.startsWith('00')) {
    return 'impossible';
  }
  if (!typed.startsWith('09')) {
    return 'prefix';
  }
  return typed.length === iranianDigits ? 'impossible' : 'length';
}
