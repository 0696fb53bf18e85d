import type { DeliveryState, RejectionScope, SmsErrorKind } from '../outcome.ts';

/**
 * `status` of an answer other than 1, success (tables of sms.ir/rest-api and of the provider's SDK
 * for Laravel; 114 to 123 seen in other clients first). 15, 16 and 124 are in the newest table only.
 * Whose fault 111, 112 and 116 are is our own reading: 116 is a name that our template lacks there.
 */
export const codes: Readonly<Record<number, readonly [RejectionScope, SmsErrorKind]>> = {
  0: ['provider', 'unexpected'],
  10: ['account', 'auth'],
  11: ['account', 'auth'],
  12: ['account', 'ip-not-allowed'],
  13: ['account', 'account-disabled'],
  14: ['account', 'account-disabled'],
  15: ['account', 'plan-required'],
  16: ['message', 'bad-request'],
  20: ['provider', 'throttled'],
  101: ['account', 'bad-sender'],
  102: ['account', 'no-credit'],
  103: ['message', 'empty-message'],
  104: ['recipient', 'bad-number'],
  105: ['message', 'batch-too-big'],
  106: ['message', 'batch-too-big'],
  107: ['recipient', 'bad-number'],
  108: ['message', 'empty-message'],
  109: ['message', 'bad-schedule'],
  110: ['message', 'bad-request'],
  111: ['message', 'bad-request'],
  112: ['message', 'bad-request'],
  113: ['account', 'template-missing'],
  114: ['message', 'template-args'],
  115: ['recipient', 'blacklisted'],
  116: ['account', 'template-args'],
  117: ['message', 'content-rejected'],
  118: ['message', 'batch-too-big'],
  119: ['account', 'plan-required'],
  123: ['account', 'bad-sender'],
  // Only templates of codes are sent for now, and this one is none.
  124: ['account', 'template-missing'],
};

/** No message has this id. */
export const noSuchMessage = 111;

/** HTTP statuses that say enough where the body says nothing (sms.ir/rest-api; 403 from its SDK for .NET). */
export const httpCodes: Readonly<Record<number, readonly [RejectionScope, SmsErrorKind]>> = {
  401: ['account', 'auth'],
  403: ['account', 'auth'],
  429: ['provider', 'throttled'],
};

/** `deliveryState` (sms.ir/rest-api); 8, "not known", is in the newest table only. */
export const states: Readonly<Record<number, DeliveryState>> = {
  1: 'delivered',
  2: 'undelivered',
  3: 'sent-to-carrier',
  4: 'failed',
  5: 'sent-to-carrier',
  6: 'failed',
  7: 'blacklisted',
  8: 'unknown',
};
