const firstOf = { persian: 0x06f0, arabic: 0x0660 };

/** Spaces, dashes, dots, brackets and the invisible marks that keyboards put between digits. */
const separators =
  /[\s\u00a0\-\u2010-\u2015./()_\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

export interface MobileOptions {
  /** Forgives the zero of `+98 0912 …`, a common mistake. */
  isLenient?: boolean;
}

/**
 * Reads an Iranian mobile number however it is written and gives it in E.164 (ITU-T), such as
 * `+989121110001`; null for anything else. Operators' prefixes play no part: numbers are ported.
 */
export function normalizeMobile(typed: string, options: MobileOptions = {}): string | null {
  const text = toAscii(typed.normalize('NFKC')).replaceAll(separators, '');
  const national = withoutPrefix(text, options.isLenient ?? false);
  return /^9[0-9]{9}$/.test(national) ? `+98${national}` : null;
}

/** The national form, `09121110001`, which most providers want. */
export function toNational(e164: string): string {
  return e164.replace(/^\+98/, '0');
}

/** Who has sent a text to us: E.164 where it is a mobile number, else as the provider wrote it. */
export function senderOf(written: string | null): string {
  return written === null ? '' : (normalizeMobile(written) ?? written);
}

/** How a number may stand in a log: `+98912***0001`. */
export function maskMobile(number: string): string {
  return number.length > 8 ? `${number.slice(0, -7)}***${number.slice(-4)}` : '***';
}

function toAscii(text: string): string {
  return text
    .replaceAll(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - firstOf.persian))
    .replaceAll(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - firstOf.arabic));
}

/** The zero after a country code alone is forgiven: 0091 is India, not one zero too many. */
function withoutPrefix(text: string, isLenient: boolean): string {
  const [, country, rest = ''] = /^(\+98|0098|98(?=[0-9]{10,11}$))(.*)$/s.exec(text) ?? [];
  if (country === undefined) {
    return text.replace(/^0/, '');
  }
  return isLenient ? rest.replace(/^0/, '') : rest;
}
