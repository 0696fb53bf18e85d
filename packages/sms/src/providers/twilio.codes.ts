import type { DeliveryState, RejectionScope, SmsErrorKind } from '../outcome.ts';

type Because = readonly [RejectionScope, SmsErrorKind];

/** There is no such message, or no such account. */
export const notFoundCode = '20404';

/**
 * Codes of the provider's error dictionary (twilio.com/docs/api/errors), as refusals have them in
 * `code` and messages in `error_code`. The provider makes new ones out of old ones now and then.
 *
 * 20003 stands for wrong credentials and for an account that is suspended, for want of credit too.
 *
 * Weak: 10001, 20005, 20006, 20008, 21635, 21701, 21703, 21704, 30034, 63005, 63013 and 90010, of
 * which we have not seen the provider's own page; those of 21211 to 21267, 21604 to 21614 and 30001
 * to 30022 are in part known from lists in other clients.
 *
 * What no other message would meet is of scope `provider`, although it does not pass by itself: a
 * region that is switched off (21408), a number that this sender does not reach (21612, 21657,
 * 21704), a trial account's unverified number (21608), somebody without WhatsApp (63003, 63024) or
 * who has not written for a day (63016). Another provider helps there, and scope `account` would
 * close the way to everybody over one number.
 */
export const codes: Readonly<Record<string, Because>> = {
  '10001': ['account', 'account-disabled'],
  '20003': ['account', 'auth'],
  '20005': ['account', 'account-disabled'],
  '20006': ['account', 'auth'],
  '20008': ['account', 'auth'],
  '20403': ['account', 'auth'],
  [notFoundCode]: ['account', 'auth'],
  '20429': ['provider', 'throttled'],
  '21211': ['recipient', 'bad-number'],
  '21212': ['account', 'bad-sender'],
  '21265': ['recipient', 'bad-number'],
  '21266': ['recipient', 'bad-number'],
  '21267': ['account', 'plan-required'],
  '21408': ['provider', 'unsupported'],
  '21602': ['message', 'empty-message'],
  '21603': ['account', 'bad-sender'],
  '21604': ['recipient', 'bad-number'],
  '21605': ['message', 'too-long'],
  '21606': ['account', 'bad-sender'],
  '21607': ['account', 'bad-sender'],
  '21608': ['provider', 'plan-required'],
  '21609': ['account', 'bad-request'],
  '21610': ['recipient', 'blacklisted'],
  '21611': ['provider', 'busy'],
  '21612': ['provider', 'unsupported'],
  '21614': ['recipient', 'bad-number'],
  '21617': ['message', 'too-long'],
  '21635': ['recipient', 'bad-number'],
  '21655': ['account', 'template-missing'],
  '21656': ['message', 'template-args'],
  '21657': ['provider', 'bad-sender'],
  '21659': ['account', 'bad-sender'],
  '21660': ['account', 'bad-sender'],
  '21661': ['account', 'bad-sender'],
  '21701': ['account', 'bad-sender'],
  '21703': ['account', 'bad-sender'],
  '21704': ['provider', 'bad-sender'],
  '21705': ['account', 'bad-sender'],
  '21910': ['account', 'bad-sender'],
  '30001': ['provider', 'busy'],
  '30002': ['account', 'account-disabled'],
  '30004': ['recipient', 'blacklisted'],
  '30005': ['recipient', 'bad-number'],
  '30006': ['recipient', 'bad-number'],
  '30007': ['message', 'content-rejected'],
  '30008': ['provider', 'unexpected'],
  '30022': ['provider', 'throttled'],
  '30034': ['account', 'plan-required'],
  '30450': ['provider', 'throttled'],
  '63002': ['account', 'bad-sender'],
  '63003': ['provider', 'bad-number'],
  '63005': ['message', 'content-rejected'],
  '63007': ['account', 'bad-sender'],
  '63008': ['account', 'bad-sender'],
  '63013': ['message', 'content-rejected'],
  '63016': ['provider', 'template-missing'],
  '63018': ['provider', 'throttled'],
  '63024': ['provider', 'bad-number'],
  '63027': ['account', 'template-missing'],
  '63028': ['message', 'template-args'],
  '90010': ['account', 'account-disabled'],
};

/** What a refusal means whose code is not in the table, or which has none. */
export const statuses: Readonly<Record<number, Because>> = {
  401: ['account', 'auth'],
  403: ['account', 'auth'],
  429: ['provider', 'throttled'],
};

/**
 * Values of `status` and `MessageStatus` (twilio.com/docs/messaging/api/message-resource). A message
 * that is being sent is not yet with the carrier, and one that was read has been delivered.
 */
export const states: ReadonlyMap<string, DeliveryState> = new Map([
  ['accepted', 'queued'],
  ['queued', 'queued'],
  ['sending', 'queued'],
  ['scheduled', 'scheduled'],
  ['sent', 'sent-to-carrier'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['undelivered', 'undelivered'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
]);

/** Codes that say more of a message's end than `undelivered` and `failed` do. */
export const endings: Readonly<Record<string, DeliveryState>> = {
  '21610': 'blacklisted',
  '30004': 'blacklisted',
  '30007': 'filtered',
  '30450': 'filtered',
};
