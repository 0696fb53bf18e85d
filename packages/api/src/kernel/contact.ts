import type { CountryCode } from 'libphonenumber-js';
import { requirePhone } from './phone.ts';

/** Where a person can be reached, and by what their account is found. */
export interface Contact {
  channel: 'sms' | 'mail';
  /** E.164, or an e-mail address in lower case. */
  address: string;
  /** Of a phone number, where it is known. */
  country: CountryCode | undefined;
}

/**
 * Reads a contact as the contract's schemas leave it: exactly one of the two is there.
 *
 * @throws AppError `PHONE_INVALID`
 */
export function readContact(
  { phone, email }: { phone?: string | undefined; email?: string | undefined },
  defaultCountry: CountryCode,
): Contact {
  if (phone !== undefined) {
    const { e164, country } = requirePhone(phone, defaultCountry);
    return { channel: 'sms', address: e164, country };
  }
  return { channel: 'mail', address: email ?? '', country: undefined };
}

/** The contact that an account keeps. */
export function contactOf(channel: Contact['channel'], address: string): Contact {
  return { channel, address, country: undefined };
}
