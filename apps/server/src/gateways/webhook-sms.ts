import type { SmsGateway } from '@chapar/api';

const timeoutMs = 10_000;

/**
 * Hands each SMS to an HTTP endpoint of the operator: `POST { to, text, ref }` as JSON with
 * `Authorization: Bearer <secret>`. `ref` is the same for every try of one message, so that the
 * endpoint can drop repeats. 2xx is accepted, 4xx rejected; anything else may have been sent.
 */
export function createWebhookSms({ url, secret }: { url: string; secret: string }): SmsGateway {
  return {
    async send(message) {
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
        return { outcome: 'unknown', reason: error instanceof Error ? error.name : 'no answer' };
      }
      await response.body?.cancel();
      const reason = `HTTP ${response.status}`;
      if (response.ok) {
        return { outcome: 'accepted', providerId: message.ref };
      }
      const refused = response.status >= 400 && response.status < 500;
      return { outcome: refused ? 'rejected' : 'unknown', reason };
    },
  };
}
