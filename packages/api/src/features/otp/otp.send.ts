import type { Language } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { JobPayloads } from '../../database/queue.ts';
import type { Db } from '../../database/tables.ts';
import type { DeliveryOutcome } from '../../deps.ts';
import { contactOf, type Contact } from '../../kernel/contact.ts';
import { findUser, hasAccount, languageOf } from '../user/index.ts';
import type { CodePurpose } from './otp.challenge.ts';
import { unsealCode } from './otp.code.ts';
import { claimDispatch, finishDispatch, withholdDispatch } from './otp.repository.ts';
import { mailText, smsText, type CodeText } from './otp.text.ts';

/**
 * The job that hands a code to the gateway. A code that the gateway refuses is void at once, and
 * another one can be asked for without waiting; when it is unknown whether it was sent, the code
 * stays good and nothing is sent again. The code for a new password goes to contacts with an
 * account only: here, where the one who asked cannot tell.
 */
export async function sendOtp(
  app: App,
  { challengeId, language }: JobPayloads['otp.send'],
): Promise<void> {
  const { db, deps, config, secrets } = app;
  const claimed = await claimDispatch(db, challengeId, deps.clock.now());
  if (!claimed?.code_sealed) {
    return;
  }
  const contact = contactOf(claimed.channel, claimed.contact);
  const purpose = claimed.purpose as CodePurpose;
  const deliver = prepare(app, contact, challengeId, {
    purpose,
    language: (await chosenLanguage(db, claimed.user_id, contact)) ?? language,
    productName: config.productName,
    code: unsealCode(secrets, challengeId, claimed.code_sealed),
  });
  // Asked last: up to here the work is the same, and who watches the server feels no difference.
  if (purpose === 'reset-password' && !(await hasAccount(db, contact))) {
    return withholdDispatch(db, challengeId);
  }
  const outcome = await send(deliver);
  const rejected = outcome.outcome === 'rejected';
  if (outcome.outcome !== 'accepted') {
    deps.log.warn(
      { challengeId, outcome: outcome.outcome, reason: outcome.reason },
      'otp not sent',
    );
  }
  await finishDispatch(db, challengeId, rejected ? deps.clock.now() : null);
}

/** Of who has asked, where they were signed in; of the contact's owner otherwise. */
async function chosenLanguage(
  db: Db,
  userId: string | null,
  contact: Contact,
): Promise<Language | null> {
  if (userId === null) {
    return languageOf(db, contact);
  }
  return (await findUser(db, userId))?.language ?? null;
}

type Deliver = () => Promise<DeliveryOutcome>;

/** Writes the words, so that nothing is left but handing them over. */
function prepare(
  { deps, config }: App,
  { channel, address: to }: Contact,
  ref: string,
  text: CodeText,
): Deliver {
  if (channel === 'sms') {
    const message = { to, text: smsText(text, config.otp.webDomain), ref };
    return () => deps.sms.send(message);
  }
  const mail = { to, ...mailText(text), ref };
  return () => deps.mail?.send(mail) ?? Promise.resolve(mailIsOff);
}

const mailIsOff: DeliveryOutcome = { outcome: 'rejected', reason: 'mail is off' };

async function send(deliver: Deliver): Promise<DeliveryOutcome> {
  try {
    return await deliver();
  } catch (error) {
    return { outcome: 'unknown', reason: error instanceof Error ? error.name : 'unknown error' };
  }
}
