import type { DeliveryState, RejectionScope, SmsErrorKind } from '../outcome.ts';

type Because = readonly [RejectionScope, SmsErrorKind];
type Codes = Readonly<Record<string, Because | null>>;

/** REST methods that send. Each has codes of its own, where the sign matters: 2 is not -2. */
export type SendMethod = 'SendSMS' | 'BaseServiceNumber';

/**
 * Codes that mean the same for both (melipayamak.com/api/sendsimplesms and /api/sendbybasenumber2;
 * -108 and below: seen in other clients). Other readings exist of 11 (the recipient blocks
 * advertising), 18 (waiting in line), 19 (an error of theirs) and -111 (the user name): these are
 * our choice. An IP that is locked for wrong calls, -108, is let in again by itself after 10 to 15
 * minutes (seen by a user). It is the account's all the same: then nobody knocks meanwhile.
 */
const common: Codes = {
  '0': ['account', 'auth'],
  '2': ['account', 'no-credit'],
  '3': ['provider', 'quota-exceeded'],
  '4': ['provider', 'quota-exceeded'],
  '6': ['provider', 'busy'],
  '7': ['message', 'content-rejected'],
  '10': ['account', 'account-disabled'],
  '11': ['account', 'unexpected'],
  '12': ['account', 'account-disabled'],
  '16': ['recipient', 'bad-number'],
  '17': ['message', 'empty-message'],
  '18': ['recipient', 'bad-number'],
  '19': ['provider', 'quota-exceeded'],
  '35': ['recipient', 'blacklisted'],
  '-108': ['account', 'ip-not-allowed'],
  '-109': ['account', 'ip-not-allowed'],
  '-110': ['account', 'auth'],
  '-111': ['account', 'ip-not-allowed'],
  // Seen without their sign too; no other code is.
  '108': ['account', 'ip-not-allowed'],
  '109': ['account', 'ip-not-allowed'],
  '110': ['account', 'auth'],
  '111': ['account', 'ip-not-allowed'],
};

const codes: Record<SendMethod, Codes> = {
  SendSMS: {
    ...common,
    // Listed as "done", but it names no message: nobody knows.
    '1': null,
    '5': ['account', 'bad-sender'],
    '8': ['message', 'bad-request'],
    '9': ['account', 'bad-sender'],
    '14': ['message', 'content-rejected'],
    '15': ['message', 'content-rejected'],
  },
  BaseServiceNumber: {
    ...common,
    '-1': ['account', 'account-disabled'],
    '-2': ['message', 'batch-too-big'],
    '-3': ['account', 'bad-sender'],
    '-4': ['account', 'template-missing'],
    '-5': ['account', 'template-args'],
    '-6': ['provider', 'unexpected'],
    '-7': ['account', 'bad-sender'],
    '-10': ['message', 'content-rejected'],
  },
};

/** `RetStatus` of nearly every refusal, whatever `Value` says. */
const generalFailure = 35;

/**
 * Why a message was refused; null when the answer does not say that it was.
 *
 * @param value code, or empty
 * @param retStatus null where the answer had none; then only codes that are known count
 */
export function refusalOf(
  method: SendMethod,
  value: string,
  retStatus: number | null,
): Because | null {
  // "35 is the blacklist" (the provider) and "35 comes with everything" (other clients) are only
  // both true when the code says no more than that it was not sent. Our assumption.
  if (retStatus === generalFailure && (value === '' || value === '11')) {
    return ['recipient', 'blacklisted'];
  }
  const known = codes[method][value];
  return known === undefined && retStatus !== null ? ['account', 'unexpected'] : (known ?? null);
}

/** States of messages, by `GetDeliveries2` and by the console (the provider's guide to sending). */
export const deliveryStates: Readonly<Record<string, DeliveryState>> = {
  '0': 'sent-to-carrier',
  '1': 'delivered',
  '2': 'undelivered',
  '3': 'failed',
  '5': 'failed',
  '8': 'sent-to-carrier',
  '16': 'failed',
  '35': 'blacklisted',
  '100': 'unknown',
  '200': 'sent-to-carrier',
  '300': 'filtered',
  '400': 'queued',
  '500': 'failed',
};

/**
 * Why the console refused a message. It gives no code, only words in Persian, of which we know
 * those for "not enough credit". They are not handed on: nobody says what else they may hold.
 */
export function consoleRefusalOf(words: unknown): Because {
  const isCredit = typeof words === 'string' && words.includes('اعتبار') && words.includes('کافی');
  return ['account', isCredit ? 'no-credit' : 'unexpected'];
}
