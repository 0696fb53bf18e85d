import type { DeliveryState, RejectionScope, SmsErrorKind } from '../outcome.ts';

/**
 * Result codes, as kavenegar.com/rest.html lists them. They stand in the body and are the HTTP
 * status too, so an answer of 4xx has a body that says more.
 *
 * Our reading, where the page says what happened but not what helps: 402 ("the operation failed")
 * passes, and 429 is an address that is shut out, as 416 is. 412 is also printed for too many
 * records of `sms/sendarray` and `sms/cancel`; 413 is for an empty text too.
 */
export const kavenegarCodes: Readonly<Record<number, readonly [RejectionScope, SmsErrorKind]>> = {
  400: ['message', 'bad-request'],
  401: ['account', 'account-disabled'],
  402: ['provider', 'unexpected'],
  403: ['account', 'auth'],
  404: ['account', 'bad-request'],
  405: ['account', 'bad-request'],
  406: ['message', 'bad-request'],
  407: ['account', 'ip-not-allowed'],
  409: ['provider', 'busy'],
  411: ['recipient', 'bad-number'],
  412: ['account', 'bad-sender'],
  413: ['message', 'too-long'],
  414: ['message', 'batch-too-big'],
  415: ['message', 'bad-request'],
  416: ['account', 'ip-not-allowed'],
  417: ['message', 'bad-schedule'],
  418: ['account', 'no-credit'],
  419: ['message', 'bad-request'],
  420: ['message', 'content-rejected'],
  422: ['message', 'content-rejected'],
  424: ['account', 'template-missing'],
  426: ['account', 'plan-required'],
  427: ['account', 'bad-sender'],
  428: ['message', 'template-args'],
  429: ['account', 'ip-not-allowed'],
  431: ['message', 'template-args'],
  432: ['account', 'template-missing'],
  451: ['provider', 'throttled'],
  501: ['account', 'plan-required'],
  604: ['message', 'batch-too-big'],
  607: ['account', 'bad-request'],
};

/**
 * States of messages (same page). 5 means what 4 means. 13 is canceled by us, or failed before it
 * left; 14 is somebody who takes no advertising; both are paid back. 100 is "cannot say": not ours,
 * archived, or past {@link kavenegarLimits.statusSeconds}.
 */
export const kavenegarStates: Readonly<Record<number, DeliveryState>> = {
  1: 'queued',
  2: 'scheduled',
  4: 'sent-to-carrier',
  5: 'sent-to-carrier',
  6: 'failed',
  10: 'delivered',
  11: 'undelivered',
  13: 'canceled',
  14: 'blacklisted',
  100: 'unknown',
};

/** What one call may hold (same page); the smaller number where the page gives two. */
export const kavenegarLimits = {
  receptors: 200,
  /** Characters of a text. */
  text: 900,
  /** Ids of `sms/status` and `sms/select`. */
  messageIds: 500,
  /** The text says 3000, the table of codes 500. */
  localIds: 500,
  /** The text says 500, the table of codes 200. */
  canceledIds: 200,
  /** Texts of one `sms/receive`; when as many come back, there are more. */
  inbox: 100,
  /** How long a message's state can be asked for by its id. */
  statusSeconds: 48 * 3_600,
  /** How long by our number of it. */
  localIdSeconds: 12 * 3_600,
} as const;

/** The variables of a template, in the order in which calls write them. */
export const kavenegarSlots = ['token', 'token2', 'token3', 'token10', 'token20'] as const;
export type KavenegarSlot = (typeof kavenegarSlots)[number];

const spacesOf: Readonly<Record<string, number>> = {
  token: 0,
  token2: 0,
  token3: 0,
  token10: 5,
  token20: 8,
};
const longestToken = 100;

/** Anything that separates except a plain space, and the underscore. */
const refusedInTokens = /[\p{Cc}\p{Zl}\p{Zp}_]|(?! )\p{Zs}/u;

/**
 * Whether a slot takes a value; code 431 says that it does not. The page speaks of line breaks,
 * spaces, underscores and "separators", which we read as Unicode's separators.
 */
export function isKavenegarToken(slot: string, value: string): boolean {
  const spaces = spacesOf[slot];
  return (
    spaces !== undefined &&
    value.length > 0 &&
    value.length <= longestToken &&
    !refusedInTokens.test(value) &&
    value.split(' ').length - 1 <= spaces
  );
}
