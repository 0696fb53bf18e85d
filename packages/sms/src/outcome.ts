/** What went wrong, in words that are the same for every provider. */
export type SmsErrorKind =
  | 'auth'
  | 'account-disabled'
  | 'ip-not-allowed'
  | 'no-credit'
  | 'plan-required'
  | 'bad-sender'
  | 'template-missing'
  | 'template-args'
  | 'bad-number'
  | 'blacklisted'
  | 'content-rejected'
  | 'empty-message'
  | 'too-long'
  | 'batch-too-big'
  | 'bad-schedule'
  | 'throttled'
  | 'busy'
  | 'quota-exceeded'
  | 'duplicate'
  | 'bad-request'
  | 'unsupported'
  | 'unexpected';

/**
 * Whose fault a refusal is, which decides what helps:
 *
 * - `message`: its text, its template's values or its form. No other provider would take it.
 * - `recipient`: the number. No other provider would take it.
 * - `account`: ours with this provider (key, credit, plan, line, template). Another provider helps,
 *   this one does not before somebody mends it.
 * - `provider`: it is busy, throttles or is being mended. Another one helps, and so does waiting.
 */
export type RejectionScope = 'message' | 'recipient' | 'account' | 'provider';

/** What a provider says that a message costs. Units differ and are never added. */
export interface Cost {
  /** A decimal number, as the provider wrote it. */
  amount: string;
  /** Rial, toman, US dollars, or the provider's own credits. */
  unit: 'IRR' | 'IRT' | 'USD' | 'credit';
}

/** The provider has taken the message. */
export interface Accepted {
  outcome: 'accepted';
  /** Text: several providers give out numbers beyond 2^53. Null where none came. */
  providerMessageId: string | null;
  parts?: number;
  cost?: Cost;
}

/** It was certainly not sent. */
export interface Rejected {
  outcome: 'rejected';
  scope: RejectionScope;
  error: SmsErrorKind;
  /** The provider's own code, for people who look it up. */
  providerCode: string | null;
  httpStatus?: number;
}

/** It may or may not have been sent. */
export interface Unknown {
  outcome: 'unknown';
  reason: 'timeout' | 'reset' | 'bad-body' | 'http-5xx';
  httpStatus?: number;
}

/** How an attempt to send ended. There is no fourth way, and no exception for what providers do. */
export type SendOutcome = Accepted | Rejected | Unknown;

/** Where a message is on its way. */
export type DeliveryState =
  | 'queued'
  | 'scheduled'
  | 'sent-to-carrier'
  | 'delivered'
  | 'undelivered'
  | 'failed'
  | 'blacklisted'
  | 'filtered'
  | 'canceled'
  | 'unknown';

/** States after which nothing changes any more. */
export const finalStates: ReadonlySet<DeliveryState> = new Set<DeliveryState>([
  'delivered',
  'undelivered',
  'failed',
  'blacklisted',
  'filtered',
  'canceled',
]);

/** The state of one message, as its provider tells it. */
export interface DeliveryReport {
  providerMessageId: string;
  state: DeliveryState;
  /** The provider's own code. */
  providerCode: string | null;
  /** Why it was not sent, where a provider says so only after it took the message. */
  error?: SmsErrorKind;
}

/** What is left on an account. */
export type Credit = Cost;

/** Shorthand for adapters. */
export function accepted(providerMessageId: string | null, more: Partial<Accepted> = {}): Accepted {
  return { ...more, outcome: 'accepted', providerMessageId };
}

/** Shorthand for adapters. @param because scope and kind, as the table of the provider's codes has them */
export function rejected(
  because: readonly [RejectionScope, SmsErrorKind],
  providerCode: string | number | null,
  httpStatus?: number,
): Rejected {
  const [scope, error] = because;
  return {
    outcome: 'rejected',
    scope,
    error,
    providerCode: providerCode === null ? null : String(providerCode),
    ...(httpStatus === undefined ? {} : { httpStatus }),
  };
}

/** Shorthand for adapters. */
export function unknown(reason: Unknown['reason'], httpStatus?: number): Unknown {
  return { outcome: 'unknown', reason, ...(httpStatus === undefined ? {} : { httpStatus }) };
}

/** The kind of a refusal, or the reason of a doubt; null for what was accepted. */
export function becauseOf(outcome: SendOutcome): string | null {
  if (outcome.outcome === 'accepted') {
    return null;
  }
  return outcome.outcome === 'rejected' ? outcome.error : outcome.reason;
}
