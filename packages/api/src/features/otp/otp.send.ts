import type { Language } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { JobPayloads } from '../../database/queue.ts';
import type { SmsOutcome } from '../../deps.ts';
import { unsealCode } from './otp.code.ts';
import { claimDispatch, finishDispatch } from './otp.repository.ts';

/** The text of the SMS. Nothing that a person has typed gets into it. */
const texts: Record<Language, (code: string) => string> = {
  fa: (code) => `کد ورود شما: ${code}\nاین کد را به کسی نگویید.`,
  en: (code) => `Your login code: ${code}\nDo not share it with anyone.`,
};

/**
 * The job that hands a code to the SMS gateway. A code that the gateway refuses is void at once,
 * and another one can be asked for without waiting; when it is unknown whether it was sent, the
 * code stays good and nothing is sent again.
 */
export async function sendOtp(
  app: App,
  { challengeId, language }: JobPayloads['otp.send'],
): Promise<void> {
  const { db, deps, secrets } = app;
  const claimed = await claimDispatch(db, challengeId, deps.clock.now());
  if (!claimed?.code_sealed) {
    return;
  }
  const text = texts[language](unsealCode(secrets, challengeId, claimed.code_sealed));
  const outcome = await send(app, { to: claimed.phone, text, ref: challengeId });
  const rejected = outcome.outcome === 'rejected';
  if (outcome.outcome !== 'accepted') {
    deps.log.warn(
      { challengeId, outcome: outcome.outcome, reason: outcome.reason },
      'otp not sent',
    );
  }
  await finishDispatch(db, challengeId, rejected ? deps.clock.now() : null);
}

async function send(
  { deps }: App,
  message: { to: string; text: string; ref: string },
): Promise<SmsOutcome> {
  try {
    return await deps.sms.send(message);
  } catch (error) {
    return { outcome: 'unknown', reason: error instanceof Error ? error.name : 'unknown error' };
  }
}
