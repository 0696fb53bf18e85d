import { toAsciiDigits, type PasswordWeakness } from '@chapar/contract';

/** What a password is measured by. */
export interface PasswordFacts {
  /** In Unicode code points. */
  minLength: number;
  maxLength: number;
  /** Whether it is one of those that everybody tries first. */
  isCommon: (lowerCased: string) => boolean;
  /**
   * What others know of the person and the product, as it is: names, the phone number (E.164),
   * the e-mail address, the product's name.
   */
  about: readonly string[];
}

/**
 * Everything that makes a password too weak; empty for a good one. There is no rule about what it
 * has to be made of, except that digits alone are not enough (OWASP ASVS 5.0, 6.2.1, 6.2.4, 6.2.5
 * and 6.2.11). Works for any text.
 */
export function weaknesses(password: string, facts: PasswordFacts): PasswordWeakness[] {
  const length = lengthOf(password);
  const found: [PasswordWeakness, boolean][] = [
    ['too-short', length < facts.minLength],
    ['too-long', length > facts.maxLength],
    ['digits-only', /^[0-9]+$/.test(toAsciiDigits(password))],
    ['common', facts.isCommon(password.toLowerCase())],
    ['personal', isPersonal(password, facts.about)],
  ];
  return found.filter(([, is]) => is).map(([weakness]) => weakness);
}

/** Shorter words are in too many good passwords. */
const shortestWord = 4;

/**
 * Whether the password contains a word about the person, or is contained by one. Upper and lower
 * case, separators, and Persian, Arabic or ASCII digits make no difference.
 */
function isPersonal(password: string, about: readonly string[]): boolean {
  const typed = formsOf(password);
  const isIn = (part: string, whole: string) =>
    lengthOf(part) >= shortestWord && whole.includes(part);
  return about
    .flatMap(wordsOf)
    .flatMap(formsOf)
    .some((word) => typed.some((form) => isIn(word, form) || isIn(form, word)));
}

const separators = /[^\p{L}\p{M}\p{N}]+/gu;

/** A text in lower case with ASCII digits: as it is, and without separators. */
function formsOf(text: string): [string, string] {
  const plain = toAsciiDigits(text).toLowerCase();
  return [plain, plain.replaceAll(separators, '')];
}

const longestCountryCode = 3;

/**
 * The words that a fact is made of. A country code has one to three digits (ITU-T E.164), so what
 * follows the third digit of a phone number is in it however it is dialled: +98912…, 0098912…,
 * 0912… and 912…. Of an e-mail address the local part and the domain count without the top level.
 */
function wordsOf(fact: string): string[] {
  if (/^\+[0-9]+$/.test(fact)) {
    return [fact.slice(1), fact.slice(1 + longestCountryCode)];
  }
  const at = fact.lastIndexOf('@');
  const name = at === -1 ? fact : fact.slice(0, Math.max(at, fact.lastIndexOf('.')));
  return [fact, ...(at === -1 ? [] : [fact.slice(0, at)]), ...name.split(separators)];
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** Enough doublings to get from any first delay to any longest one. */
const mostDoublings = 32;

/**
 * Seconds to wait before the next try after so many wrong passwords in a row: none at first, then
 * the first delay, doubled with each failure up to the longest one. So guessing becomes slow, and
 * no name is ever locked (ASVS 5.0, 6.1.1).
 */
export function delayAfter(
  failures: number,
  limits: { firstDelaySeconds: number; longestDelaySeconds: number },
): number {
  if (failures < 1) {
    return 0;
  }
  const doubled = limits.firstDelaySeconds * 2 ** Math.min(failures - 1, mostDoublings);
  return Math.min(doubled, limits.longestDelaySeconds);
}
