import {
  field,
  idOf,
  outcomeOfFailure,
  outcomeOfStatus,
  readJson,
  type HttpAnswer,
  type HttpFailure,
} from '../http.ts';
import {
  accepted,
  rejected,
  unknown,
  type Accepted,
  type Cost,
  type Credit,
  type DeliveryReport,
  type SendOutcome,
} from '../outcome.ts';
import { codes, endings, notFoundCode, states, statuses } from './twilio.codes.ts';

const sidForm = /^[A-Z]{2}[\da-f]{32}$/i;
const amountForm = /^-?\d+(?:\.\d+)?$/;

/**
 * What came back for a message. Refusals have an HTTP status of their own and a code that says why.
 */
export function readSend(answer: HttpAnswer | HttpFailure): SendOutcome {
  if ('failed' in answer) {
    return outcomeOfFailure(answer);
  }
  const { status } = answer;
  const body = readJson(answer.body);
  if (isOk(status)) {
    const sid = sidOf(field(body, 'sid'));
    return sid === null ? unknown('bad-body', status) : accepted(sid, detailsOf(body));
  }
  return outcomeOfStatus(status) ?? readRefusal(body, status);
}

/** What a question was answered with; undefined for everything but success. */
export function readData(answer: HttpAnswer | HttpFailure): unknown {
  return 'failed' in answer || !isOk(answer.status) ? undefined : readJson(answer.body);
}

/** The state of a message that was asked for; null when that was not answered. */
export function readReport(id: string, answer: HttpAnswer | HttpFailure): DeliveryReport | null {
  if (!('failed' in answer) && answer.status === 404) {
    const code = codeOf(field(readJson(answer.body), 'code'));
    return code === notFoundCode
      ? { providerMessageId: id, state: 'unknown', providerCode: code }
      : null;
  }
  const message = readData(answer);
  return field(message, 'sid') === id
    ? toReport({
        sid: id,
        status: field(message, 'status'),
        errorCode: field(message, 'error_code'),
      })
    : null;
}

/** A message's fields, as answers and callbacks have them, in our words; null where one is none. */
export function toReport(message: {
  sid: unknown;
  status: unknown;
  errorCode: unknown;
}): DeliveryReport | null {
  const providerMessageId = sidOf(message.sid);
  const status = wordOf(message.status);
  if (providerMessageId === null || status === null) {
    return null;
  }
  const state = states.get(status) ?? 'unknown';
  const code = codeOf(message.errorCode);
  if (code === null || (state !== 'undelivered' && state !== 'failed')) {
    return { providerMessageId, state, providerCode: status };
  }
  const error = codes[code]?.[1];
  return {
    providerMessageId,
    state: endings[code] ?? state,
    providerCode: code,
    ...(error === undefined ? {} : { error }),
  };
}

/** The account's balance; null where it is not in US dollars. */
export function readCredit(answer: HttpAnswer | HttpFailure): Credit | null {
  const data = readData(answer);
  return dollarsOf(field(data, 'balance'), field(data, 'currency'));
}

/** Ids are two letters and 32 hexadecimal digits; nothing else goes into an outcome. */
export function sidOf(value: unknown): string | null {
  return typeof value === 'string' && sidForm.test(value) ? value : null;
}

function isOk(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** An answer below 400 that is no success, or an error page of somebody else, says nothing. */
function readRefusal(body: unknown, status: number): SendOutcome {
  const code = status >= 400 ? codeOf(field(body, 'code')) : null;
  const because = (code === null ? undefined : codes[code]) ?? statuses[status];
  if (because) {
    return rejected(because, code, status);
  }
  return code === null
    ? unknown('bad-body', status)
    : rejected(['provider', 'unexpected'], code, status);
}

/** Parts are 0 while a messaging service has not chosen the sender, and prices null at first. */
function detailsOf(body: unknown): Partial<Accepted> {
  const parts = idOf(field(body, 'num_segments')) ?? '';
  const cost = dollarsOf(field(body, 'price'), field(body, 'price_unit'));
  return {
    ...(/^[1-9]\d{0,3}$/.test(parts) ? { parts: Number(parts) } : {}),
    ...(cost === null ? {} : { cost: { ...cost, amount: cost.amount.replace(/^-/, '') } }),
  };
}

function dollarsOf(written: unknown, currency: unknown): Cost | null {
  const amount = idOf(written);
  const isUsd = typeof currency === 'string' && currency.toUpperCase() === 'USD';
  return amount !== null && amountForm.test(amount) && isUsd ? { amount, unit: 'USD' } : null;
}

function codeOf(value: unknown): string | null {
  const code = idOf(value);
  return code !== null && /^\d{5,6}$/.test(code) ? code : null;
}

function wordOf(value: unknown): string | null {
  return typeof value === 'string' && /^[a-z_]{1,30}$/.test(value) ? value : null;
}
