import { isIP } from 'node:net';
import { isSupportedCountry, type CountryCode } from 'libphonenumber-js';
import { z } from 'zod';

/** What single variables may hold. No message repeats a value: some are secrets. */

export const whole = (fallback: number, min: number, max: number): z.ZodType<number> =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Parts between commas, without the spaces around them. */
const listOf = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    );

export const list = listOf('');

const mostWaits = 10;
const longestWaitSeconds = 86_400;

/** Seconds to wait after the first, the second … time; none is shorter than the one before. */
export const waits = (fallback: readonly number[]) =>
  listOf(fallback.join(',')).pipe(
    z
      .array(z.coerce.number<string>().int().min(1).max(longestWaitSeconds))
      .min(1)
      .max(mostWaits)
      .refine((all) => all.every((wait, i) => wait >= (all[i - 1] ?? 0)), 'must not fall'),
  );

export const isUnique = (parts: readonly string[]): boolean => new Set(parts).size === parts.length;
export const twice = 'names something twice';

/** An origin as browsers send it: scheme, host and port, nothing after. */
export const origins = list.pipe(
  z.array(
    z
      .string()
      .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'is not an origin'),
  ),
);

export const proxies = list.pipe(
  z.array(
    z.string().refine((text) => {
      const [address = '', bits] = text.split('/');
      const named = ['loopback', 'linklocal', 'uniquelocal'].includes(text);
      return named || (isIP(address) !== 0 && (bits === undefined || /^[0-9]{1,3}$/.test(bits)));
    }, 'is not an address, a network or one of loopback, linklocal, uniquelocal'),
  ),
);

export const onOff = z.enum(['on', 'off']).transform((value) => value === 'on');

export const country = z
  .string()
  .refine((code): code is CountryCode => isSupportedCountry(code), 'is not a country code');

export const authMethods = listOf('otp,password').pipe(
  z
    .array(z.enum(['otp', 'password']))
    .min(1)
    .refine(isUnique, twice),
);

const accountKind = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,19}$/, 'must have 1 to 20 small letters, digits and dashes');

export const accountKinds = listOf('personal').pipe(
  z.tuple([accountKind]).rest(accountKind).refine(isUnique, twice),
);

/**
 * Stands in the texts of SMS and mail. Letters of any script, joiners of Persian too; no braces, in
 * which the templates of texts have their variables.
 */
export const productName = z
  .string()
  .trim()
  .regex(
    /^[^\p{Cc}\p{Zl}\p{Zp}{}]{1,40}$/u,
    'must have 1 to 40 characters, no braces and none that controls',
  )
  .default('Chapar');

/** By name. An offset such as `+03:30` is none: it knows no summer time, and databases turn it. */
export const timeZone = z
  .string()
  .refine((name) => /^[A-Za-z]/.test(name) && isTimeZone(name), 'is not a time zone')
  .default('Asia/Tehran');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format();
    return true;
  } catch {
    return false;
  }
}

export const hostName = z
  .string()
  .toLowerCase()
  .max(253)
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'is not a host name',
  );

/** A number and its code: `+989120000000:123456`. */
export const testNumber = /^(\+[0-9]{8,15}):([0-9]{3,10})$/;

/** A budget and what takes its place: `otp.request:address=1000/3600`. */
export const rateLimit =
  /^([a-zA-Z.]+:(?:address|device|user))=([1-9][0-9]{0,5})\/([1-9][0-9]{0,5})$/;

export const rateLimits = list.pipe(
  z
    .array(z.string().regex(rateLimit, 'must look like otp.request:address=1000/3600'))
    .refine((parts) => isUnique(parts.map((part) => part.split('=')[0] ?? '')), twice),
);

/** `address` or `Name <address>`. */
export const mailFrom = z
  .string()
  .regex(
    /^(?:[^\p{C}<>()[\]",:;@\\]{1,64} <)?[^\s\p{C}<>()[\]",:;@\\]{1,64}@[^\s\p{C}<>()[\]",:;@\\]{1,255}>?$/u,
    'must look like codes@example.com or Chapar <codes@example.com>',
  )
  .refine((text) => text.includes('<') === text.endsWith('>'), 'has half a bracket');

/** Where a server of another protocol is, with its login; the path as that protocol has it. */
export const serverUrl = (protocol: RegExp, pathname: RegExp) =>
  z
    .url({ protocol })
    .refine(
      (text) => URL.canParse(text) && isServer(new URL(text), pathname),
      'must be scheme://user:password@host:port, with user and password percent-encoded',
    );

function isServer(url: URL, pathname: RegExp): boolean {
  return (
    url.hostname !== '' &&
    pathname.test(url.pathname) &&
    url.search + url.hash === '' &&
    isDecodable(url.username + url.password)
  );
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
