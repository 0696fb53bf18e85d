import { readJson } from '../http.ts';
import type { DeliveryState } from '../outcome.ts';
import { countParts } from '../parts.ts';
import { refusedKeys, type StoredMessage } from './fake-provider.ts';

/** Codes of refusals with the HTTP status that comes with each. */
export const refusals = {
  credentials: { code: 20003, status: 401 },
  notFound: { code: 20404, status: 404 },
  tooMuch: { code: 20429, status: 429 },
  badTo: { code: 21211, status: 400 },
  noBody: { code: 21602, status: 400 },
  badFrom: { code: 21606, status: 400 },
  tooLong: { code: 21617, status: 400 },
  noTemplate: { code: 21655, status: 400 },
  badVariables: { code: 21656, status: 400 },
  badService: { code: 21705, status: 400 },
  otherChannel: { code: 21910, status: 400 },
  noChannel: { code: 63007, status: 400 },
} as const;

export type Refusal = (typeof refusals)[keyof typeof refusals];

/** Tokens that do not open the account: a suspended one answers as a wrong one. */
export const wrongTokens: ReadonlySet<string> = new Set([
  '',
  refusedKeys.bad,
  refusedKeys.disabled,
  refusedKeys.noCredit,
]);

/** What messages come to in the provider's words. */
export const endings: Readonly<Record<DeliveryState, { status: string; code: number | null }>> = {
  queued: { status: 'queued', code: null },
  scheduled: { status: 'scheduled', code: null },
  'sent-to-carrier': { status: 'sent', code: null },
  delivered: { status: 'delivered', code: null },
  undelivered: { status: 'undelivered', code: 30003 },
  failed: { status: 'failed', code: 30008 },
  blacklisted: { status: 'undelivered', code: 30004 },
  filtered: { status: 'undelivered', code: 30007 },
  canceled: { status: 'canceled', code: null },
  unknown: { status: 'sent', code: null },
};

/** A text on WhatsApp to somebody who has not written; `undelivered` is our reading of the page. */
export const outsideWindow = { status: 'undelivered', code: 63016 } as const;

/** Of one part, in US dollars. */
const price = 0.0075;

/** What a message costs, as the provider counts. */
export function costOf({ text }: { text: string }): number {
  return countParts(text).parts * price;
}

/** The Message resource, as the provider's page shows it. */
export function resourceOf(
  message: StoredMessage,
  now: { root: string; status: string; code: number | null; isSent: boolean },
): Record<string, unknown> {
  const { root, status, code, isSent } = now;
  const isService = message.line?.startsWith('MG') ?? false;
  const uri = `${root}Messages/${message.id}`;
  return {
    account_sid: root.split('/')[3],
    api_version: '2010-04-01',
    body: message.template === null ? message.text : '',
    date_created: inRfc2822(message.storedAt),
    date_sent: isSent ? inRfc2822(new Date(message.storedAt.getTime() + 1_000)) : null,
    date_updated: inRfc2822(message.storedAt),
    direction: 'outbound-api',
    error_code: code,
    error_message: code === null ? null : 'The message could not be delivered',
    from: isService ? null : message.line,
    messaging_service_sid: isService ? message.line : null,
    num_media: '0',
    num_segments: isService && !isSent ? '0' : String(countParts(message.text).parts),
    price: isSent ? `-${costOf(message).toFixed(5)}` : null,
    price_unit: 'USD',
    sid: message.id,
    status: status === 'queued' && isService ? 'accepted' : status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  };
}

/** Dates are whole seconds in GMT. */
function inRfc2822(at: Date): string {
  return at.toUTCString().replace('GMT', '+0000');
}

/** Values by their variables; null for what is no JSON of texts, and for what a line cannot hold. */
export function variablesOf(written: string | null): Map<string, string> | null {
  const json = written === null ? {} : readJson(written);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return null;
  }
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(json)) {
    if (typeof value !== 'string' || value === '' || /[\n\t]| {5}/.test(value)) {
      return null;
    }
    found.set(name, value);
  }
  return found;
}
