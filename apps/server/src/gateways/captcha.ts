import type { CaptchaGateway } from '@chapar/api';

const answerWithinMs = 5_000;

export interface SiteVerifyOptions {
  url: string;
  secret: string;
  timeoutMs?: number;
}

/**
 * Asks the provider whether a captcha was solved: `POST secret, response, remoteip` as a form,
 * answered by `{ "success": true }`. reCAPTCHA, hCaptcha and Turnstile share this form.
 *
 * Anything else is a no: another status, another body, a redirect, no answer within 5 s. A provider
 * that is away lets nobody in who has to solve one, and everybody else as before.
 */
export function createSiteVerify({
  url,
  secret,
  timeoutMs = answerWithinMs,
}: SiteVerifyOptions): CaptchaGateway {
  return {
    async check({ token, ip }) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          body: new URLSearchParams({ secret, response: token, remoteip: ip }),
          headers: { accept: 'application/json' },
          redirect: 'error',
          signal: AbortSignal.timeout(timeoutMs),
        });
        if (!response.ok) {
          await response.body?.cancel();
          return false;
        }
        return isSuccess(await response.json());
      } catch {
        return false;
      }
    },
  };
}

function isSuccess(answer: unknown): boolean {
  return (
    typeof answer === 'object' && answer !== null && 'success' in answer && answer.success === true
  );
}
