import type { DeliveryOutcome, SmsGateway } from '@chapar/api';

const usualTimeoutMs = 10_000;

/** Statuses that are about the endpoint and not about the message: another endpoint may take it. */
const ofEndpoint = new Set([401, 402, 403, 404, 405, 407, 410, 429]);

/** Failures before a byte of the request was written: the message was certainly not sent. */
const notReached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export interface WebhookSmsOptions {
  /** In the order in which they are tried. */
  urls: readonly string[];
  secret: string;
  timeoutMs?: number;
}

type Message = Parameters<SmsGateway['send']>[0];
type Tried = DeliveryOutcome & { isNextTried: boolean };

/**
 * Hands each SMS to an HTTP endpoint of the operator: `POST { to, text, ref }` as JSON with
 * `Authorization: Bearer <secret>`. `ref` is the same for every try of one message, so that the
 * endpoint can drop repeats. 2xx is accepted, 4xx rejected; anything else may have been sent.
 *
 * The next endpoint is tried only where this one certainly has not sent: it could not be reached,
 * or it refused us and not the message. So one message is never sent twice.
 */
export function createWebhookSms({ urls, secret, timeoutMs }: WebhookSmsOptions): SmsGateway {
  return {
    async send(message) {
      let last: DeliveryOutcome = { outcome: 'rejected', reason: 'no endpoint' };
      for (const url of urls) {
        const tried = await post(url, secret, message, timeoutMs ?? usualTimeoutMs);
        const { isNextTried, ...outcome } = tried;
        last = outcome;
        if (!isNextTried) {
          break;
        }
      }
      return last;
    },
  };
}

async function post(
  url: string,
  secret: string,
  message: Message,
  timeoutMs: number,
): Promise<Tried> {
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
    return isNotReached(error)
      ? { outcome: 'rejected', reason: 'not reached', isNextTried: true }
      : { outcome: 'unknown', reason: nameOf(error), isNextTried: false };
  }
  await response.body?.cancel();
  const reason = `HTTP ${response.status}`;
  if (response.ok) {
    return { outcome: 'accepted', providerId: message.ref, isNextTried: false };
  }
  const refused = response.status >= 400 && response.status < 500;
  return refused
    ? { outcome: 'rejected', reason, isNextTried: ofEndpoint.has(response.status) }
    : { outcome: 'unknown', reason, isNextTried: false };
}

function isNotReached(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && notReached.has(String(cause.code));
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'no answer';
}
