import type { DeliveryState, RejectionScope, SmsErrorKind } from '../outcome.ts';

/** The provider already has a message with this number of ours. */
export const duplicateCode = '451';

/**
 * Result codes in the answer's `StatusCode` (documented by the provider, ghasedak.me/docs). They
 * are about the call, whatever the HTTP status says.
 *
 * One code stands for a wrong key and for an account that is not active (401), and one for every
 * bad field, the number included (400). 402 says no more than "failed", and 419 speaks of a
 * sending rate that is not right: that both pass is our reading. 500, a server error, is not here:
 * whether the message got through is not known then.
 */
export const codes: Readonly<Record<string, readonly [RejectionScope, SmsErrorKind]>> = {
  '400': ['message', 'bad-request'],
  '401': ['account', 'auth'],
  '402': ['provider', 'unexpected'],
  '406': ['account', 'bad-sender'],
  '412': ['account', 'bad-sender'],
  '413': ['message', 'too-long'],
  '416': ['account', 'ip-not-allowed'],
  '418': ['account', 'no-credit'],
  '419': ['provider', 'throttled'],
  '420': ['message', 'content-rejected'],
  '422': ['message', 'content-rejected'],
  '426': ['account', 'plan-required'],
  '428': ['account', 'template-missing'],
  '429': ['message', 'template-args'],
  [duplicateCode]: ['message', 'duplicate'],
};

/**
 * States in `CheckSmsStatus`, as the guide in the provider's panel lists them. The
 * provider's .NET SDK for older frameworks has another list, of 18 numbers, which its newer one does
 * not apply here; numbers that only that list has are read as unknown.
 *
 * 0 is "no state yet", 7 the provider's test mode and 8 "not known".
 */
export const states: Readonly<Record<string, DeliveryState>> = {
  '0': 'queued',
  '1': 'canceled',
  '2': 'blacklisted',
  '3': 'sent-to-carrier',
  '4': 'undelivered',
  '5': 'delivered',
  '6': 'failed',
  '7': 'unknown',
  '8': 'unknown',
};
