import { z } from 'zod';
import { isUnique, list, twice } from './env-fields.ts';
import { isLoopback } from './loopback.ts';

/** What single variables about SMS may hold. No message repeats a value: some are secrets. */

/** Everything that can send. The first two are ours, the others outside. */
export const smsProviderNames = [
  'console',
  'webhook',
  'kavenegar',
  'meli-payamak',
  'meli-payamak-console',
  'parsian-webco',
  'sms-ir',
  'ghasedak',
  'ippanel',
  'faraz-sms',
  'twilio',
  'twilio-whatsapp',
] as const;

export type SmsProviderName = (typeof smsProviderNames)[number];

export const smsProviders = z
  .string()
  .default('console')
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(
    z
      .array(z.enum(smsProviderNames, { error: `is not one of ${smsProviderNames.join(', ')}` }))
      .refine(isUnique, twice),
  );

/** It goes into a path or a header. */
export const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,500}$/, 'must have Latin letters, digits and signs only, without spaces');

/** A line at a provider: digits, with or without a plus. */
export const smsLine = z.string().regex(/^\+?[0-9]{3,15}$/, 'must be a number');

/** A number, a name of letters and digits, or the id of a messaging service. */
export const twilioSender = z
  .string()
  .regex(
    /^(?:\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11})$/,
    'must be a number such as +12025550100, an id such as MG…, or a name of up to 11 letters',
  );

export const twilioNumber = z
  .string()
  .regex(/^\+[1-9][0-9]{6,14}$/, 'must be a number such as +12025550100');

/** A server that is spoken to in the clear on this machine only. */
export const providerUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => URL.canParse(text) && isSafe(new URL(text)), {
    error: 'must be https://host/path, or http:// on this machine, without login and query',
  })
  .transform((text) => text.replace(/\/+$/, ''));

function isSafe(url: URL): boolean {
  const isPrivate = url.protocol === 'https:' || isLoopback(url.hostname);
  return isPrivate && url.username + url.password + url.search + url.hash === '';
}

const fewestDifferent = 10;

export const callbackSecret = z
  .string()
  .regex(/^[A-Za-z0-9_-]{32,128}$/, 'must have 32 to 128 letters, digits, _ and -')
  .refine((text) => new Set(text).size >= fewestDifferent, 'is too simple');

/** An alarm for a provider's credit: `kavenegar=500000`. */
export const creditFloor = /^([a-z-]{1,40})=([0-9]{1,15})$/;

/** A service of the operator, with the SHA-256 of its key. */
export const serviceKey = /^([a-z0-9-]{1,30}):([0-9a-fA-F]{64})$/;

/** Entries of one form, each with a first part of its own. */
const entries = (form: RegExp, example: string, separator: string) =>
  list.pipe(
    z
      .array(z.string().regex(form, `must look like ${example}`))
      .refine((parts) => isUnique(parts.map((part) => part.split(separator)[0] ?? '')), twice),
  );

export const creditFloors = entries(creditFloor, 'kavenegar=500000', '=');

export const serviceKeys = entries(serviceKey, 'billing:<64 hexadecimal digits>', ':').refine(
  (parts) => isUnique(parts.map((part) => part.slice(part.indexOf(':')).toLowerCase())),
  'gives one key to two services',
);
