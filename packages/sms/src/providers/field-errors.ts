import { outcomeOfStatus } from '../http.ts';
import {
  rejected,
  unknown,
  type RejectionScope,
  type SendOutcome,
  type SmsErrorKind,
} from '../outcome.ts';

type Because = readonly [RejectionScope, SmsErrorKind];

/**
 * Fields of a request and what an error at each of them means, gravest first: what no other
 * provider would take comes before what is wrong with our account. The sentences that stand beside
 * the fields are for people and change; they are not read.
 */
const meanings: readonly (readonly [RegExp, Because])[] = [
  [/^(?:recipient|(?:params\.)?recipients(?:\.\d+)?)$/, ['recipient', 'bad-number']],
  [/^(?:message|text)$/, ['message', 'empty-message']],
  [/^(?:send_time|schedule)$/, ['message', 'bad-schedule']],
  [/^(?:from_number|line_number)$/, ['account', 'bad-sender']],
  [/^code$/, ['account', 'template-missing']],
  [/^(?:params|attributes)(?:\.|$)/, ['account', 'template-args']],
];

/** What refusals come to by their HTTP status. */
const httpCodes: Readonly<Record<number, Because>> = {
  401: ['account', 'auth'],
  403: ['account', 'auth'],
  422: ['message', 'bad-request'],
  429: ['provider', 'throttled'],
};

/** An answer that was not success. */
export interface FieldErrors {
  http: number;
  /** What the body says of itself; `nothing` when it is not the documented shape. */
  said: 'success' | 'refusal' | 'nothing';
  /** An object with the names of fields, such as `params.recipients.0`; anything else tells nothing. */
  errors: unknown;
  /** The provider's own code. */
  code: string | null;
}

/**
 * The outcome of an answer that was not success, of providers that tell the fields which they
 * refuse. A body that says success beside another status, or without its data, tells nothing.
 */
export function outcomeOfErrors({ http, said, errors, code }: FieldErrors): SendOutcome {
  const isClientError = http >= 400 && http <= 499;
  const because = becauseOf(isClientError ? errors : undefined) ?? httpCodes[http];
  if (because && said !== 'success') {
    return rejected(because, code, http);
  }
  const isRefused = said === 'refusal';
  return (
    outcomeOfStatus(http) ??
    (isRefused ? rejected(['provider', 'unexpected'], code, http) : unknown('bad-body', http))
  );
}

function becauseOf(errors: unknown): Because | undefined {
  const isObject = typeof errors === 'object' && errors !== null && !Array.isArray(errors);
  const names = isObject ? Object.keys(errors) : [];
  return meanings.find(([field]) => names.some((name) => field.test(name)))?.[1];
}
