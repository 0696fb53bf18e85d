import type { Rejected, SendOutcome, SmsProvider, Unknown } from '@chapar/sms';
import { textOf, textOnly } from './text-only.ts';

const usualTimeoutMs = 10_000;
/** A message is leased to its sender for 30 s, and the providers behind this one need some of that. */
const usualWithinMs = 15_000;
/** What is given less may send and answer too late, and then nobody knows. */
const leastMs = 1_000;

/** Failures before a byte of the request was written: the message was certainly not sent. */
const notReached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

type Because = Pick<Rejected, 'scope' | 'error'>;

const ofUs: Because = { scope: 'account', error: 'auth' };
const ofEndpoint: Because = { scope: 'provider', error: 'unexpected' };
const ofMessage: Because = { scope: 'message', error: 'bad-request' };

/** Statuses that are about the endpoint and not about the message: another endpoint may take it. */
const becauseOf: ReadonlyMap<number, Because> = new Map([
  [401, ofUs],
  [402, { scope: 'account', error: 'no-credit' }],
  [403, ofUs],
  [404, ofEndpoint],
  [405, ofEndpoint],
  [407, ofUs],
  [410, ofEndpoint],
  [429, { scope: 'provider', error: 'throttled' }],
]);

export interface WebhookSmsOptions {
  /** In the order in which they are tried. */
  urls: readonly string[];
  secret: string;
  /** For the answer of one of them. */
  timeoutMs?: number;
  /** For all of them together. */
  withinMs?: number;
}

interface Call {
  url: string;
  secret: string;
  timeoutMs: number;
  message: { to: string; text: string; ref: string };
}

/**
 * Hands each SMS to an HTTP endpoint of the operator: `POST { to, text, ref }` as JSON with
 * `Authorization: Bearer <secret>`. `ref` is the same for every try of one message, so that the
 * endpoint can drop repeats. 2xx is accepted, 4xx rejected; anything else may have been sent.
 *
 * The next endpoint is tried only where this one certainly has not sent: it could not be reached,
 * or it refused us and not the message. So one message is never sent twice. All of them together have
 * 15 s, each of them what is left of that, 10 s at most; with less than a second left none is asked.
 */
export function createWebhookSms({
  urls,
  secret,
  timeoutMs = usualTimeoutMs,
  withinMs = usualWithinMs,
}: WebhookSmsOptions): SmsProvider {
  return {
    ...textOnly,
    name: 'webhook',
    async send(message) {
      const { to, ref } = message;
      const body = { to, text: textOf(message), ref };
      const endsAt = performance.now() + withinMs;
      let last: SendOutcome = notTaken;
      for (const url of urls) {
        const leftMs = Math.floor(endsAt - performance.now());
        if (leftMs < leastMs) {
          break;
        }
        last = await post({ url, secret, timeoutMs: Math.min(timeoutMs, leftMs), message: body });
        if (last.outcome !== 'rejected' || last.scope === 'message') {
          break;
        }
      }
      return last;
    },
  };
}

const notTaken: Rejected = {
  outcome: 'rejected',
  scope: 'provider',
  error: 'busy',
  providerCode: null,
};

async function post({ url, secret, timeoutMs, message }: Call): Promise<SendOutcome> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: JSON.stringify(message),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    return isNotReached(error) ? notTaken : { outcome: 'unknown', reason: reasonOf(error) };
  }
  await response.body?.cancel();
  const { ok, status } = response;
  if (ok) {
    return { outcome: 'accepted', providerMessageId: null };
  }
  if (status < 400 || status >= 500) {
    return { outcome: 'unknown', reason: 'http-5xx', httpStatus: status };
  }
  const because = becauseOf.get(status) ?? ofMessage;
  return { outcome: 'rejected', ...because, providerCode: String(status), httpStatus: status };
}

function isNotReached(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && notReached.has(String(cause.code));
}

function reasonOf(error: unknown): Unknown['reason'] {
  return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'reset';
}
