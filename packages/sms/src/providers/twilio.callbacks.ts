import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DeliveryReport } from '../outcome.ts';
import { toReport } from './twilio.answers.ts';

/** A call of an address of ours. */
export interface TwilioPush {
  /** The whole address as the provider called it, with its query; not what a proxy made of it. */
  url: string;
  /** The header `X-Twilio-Signature`; without it nothing is believed. */
  signature: string | undefined;
  /** The form: as parameters, or as a framework has read it into texts and lists of texts. */
  params: URLSearchParams | Readonly<Record<string, unknown>>;
}

const addressForm = /^(https?):\/\/([^/?#]+?)(?::(\d+))?([/?#].*)?$/s;
const ports = { http: '80', https: '443' };

/**
 * A message's state that was pushed to the address in `statusCallbackUrl`; null when the signature
 * is not right, or the call tells no state.
 *
 * Signed is the address with every parameter's name and value behind it, sorted by name, by
 * HMAC-SHA1 with the account's token (twilio.com/docs/usage/security), also where messages are sent
 * by a key. Of a name that comes several times each value counts once, in order; and the address
 * may have been signed with or without its port: both as in the provider's own libraries.
 */
export function readTwilioDelivery(push: TwilioPush, authToken: string): DeliveryReport | null {
  const params = paramsOf(push.params);
  return params !== null && isTwilioSignature(push, authToken)
    ? toReport({
        sid: params.get('MessageSid')?.[0],
        status: params.get('MessageStatus')?.[0],
        errorCode: params.get('ErrorCode')?.[0],
      })
    : null;
}

/** Whether the provider has called, for whatever: see above for how it signs. */
export function isTwilioSignature(push: TwilioPush, authToken: string): boolean {
  const { url, signature = '' } = push;
  const params = paramsOf(push.params);
  if (params === null || authToken === '') {
    return false;
  }
  const signed = writtenOut(params);
  // Each is compared, so that the time tells nothing of which was right.
  const right = addressesOf(url).filter((address) =>
    isSignature(signature, `${address}${signed}`, authToken),
  );
  return right.length > 0;
}

/** Null for a form that this provider does not send, such as one with names inside of names. */
function paramsOf(params: TwilioPush['params']): Map<string, string[]> | null {
  const found = new Map<string, string[]>();
  for (const [name, value] of params instanceof URLSearchParams ? params : Object.entries(params)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const texts = values.filter((one) => typeof one === 'string');
    if (texts.length < values.length) {
      return null;
    }
    found.set(name, [...(found.get(name) ?? []), ...texts]);
  }
  return found;
}

function writtenOut(params: ReadonlyMap<string, readonly string[]>): string {
  return [...params.keys()]
    .toSorted()
    .flatMap((name) => [...new Set(params.get(name))].toSorted().map((value) => `${name}${value}`))
    .join('');
}

/** The address as it is, without its port, and with its port or the usual one. */
function addressesOf(url: string): string[] {
  const [, scheme, host = '', port, rest = ''] = addressForm.exec(url) ?? [];
  if (scheme !== 'http' && scheme !== 'https') {
    return [url];
  }
  const start = `${scheme}://${host}`;
  return [url, `${start}${rest}`, `${start}:${port ?? ports[scheme]}${rest}`];
}

function isSignature(given: string, text: string, authToken: string): boolean {
  const expected = Buffer.from(createHmac('sha1', authToken).update(text).digest('base64'));
  const actual = Buffer.from(given);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
