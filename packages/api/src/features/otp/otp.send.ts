import type { Language } from '@chapar/contract';
import type { App } from '../../app.ts';
import { callOfNobody, type Call } from '../../call.ts';
import type { JobPayloads } from '../../database/queue.ts';
import type { Db } from '../../database/tables.ts';
import { transaction } from '../../database/transaction.ts';
import type { Mail, MailOutcome } from '../../deps.ts';
import { contactOf, type Contact } from '../../kernel/contact.ts';
import { queueSms } from '../sms/index.ts';
import { findUser, hasAccount, languageOf } from '../user/index.ts';
import type { CodePurpose } from './otp.challenge.ts';
import { unsealCode } from './otp.code.ts';
import {
  claimDispatch,
  finishDispatch,
  withholdDispatch,
  type ClaimedDispatch,
} from './otp.repository.ts';
import { codeTemplateOf, mailText } from './otp.text.ts';

/**
 * The job that sends a code: by mail right away, by SMS through the outbox. A code that is refused
 * is void at once, and another one can be asked for without waiting; when it is unknown whether it
 * was sent, the code stays good and nothing is sent again. The code for a new password goes to
 * contacts with an account only: here, where the one who asked cannot tell.
 */
export async function sendOtp(
  app: App,
  { challengeId, language }: JobPayloads['otp.send'],
): Promise<void> {
  const call = callOfNobody(app, 'job');
  const mail = await transaction(call, async ({ db }): Promise<Mail | null> => {
    const claimed = await claimDispatch(db, challengeId, call.now);
    if (!claimed?.code_sealed) {
      return null;
    }
    const contact = contactOf(claimed.channel, claimed.contact);
    const chosen = (await chosenLanguage(db, claimed.user_id, contact)) ?? language;
    // Not before: whoever asks has had the answer by now, and it was the same for everybody.
    if (claimed.purpose === 'reset-password' && !(await hasAccount(db, contact))) {
      await withholdDispatch(db, challengeId);
      return null;
    }
    const code = unsealCode(app.secrets, challengeId, claimed.code_sealed);
    if (contact.channel === 'mail') {
      const purpose = claimed.purpose as CodePurpose;
      const text = { purpose, language: chosen, productName: app.config.productName, code };
      return { to: contact.address, ...mailText(text), ref: challengeId };
    }
    await sendBySms(call, db, { challengeId, claimed, language: chosen, code });
    return null;
  });
  if (mail) {
    await sendByMail(app, challengeId, mail);
  }
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

interface CodeSms {
  challengeId: string;
  claimed: ClaimedDispatch;
  language: Language;
  code: string;
}

/** The SMS has the challenge's id, so that one challenge never makes two. */
async function sendBySms(
  call: Call,
  db: Db,
  { challengeId, claimed, language, code }: CodeSms,
): Promise<void> {
  const fault = await queueSms(call, db, {
    id: challengeId,
    to: claimed.contact,
    purpose: 'code',
    content: {
      kind: 'template',
      template: codeTemplateOf(claimed.purpose as CodePurpose),
      language,
      values: { code },
    },
    secretValues: ['code'],
    expiresAt: claimed.expires_at,
    onRefused: 'otp.refused',
  });
  if (fault !== null) {
    call.app.deps.log.error({ challengeId, fault }, 'otp not sent');
  }
  await finishDispatch(db, challengeId, fault === null ? null : call.now);
}

async function sendByMail({ db, deps }: App, challengeId: string, mail: Mail): Promise<void> {
  const outcome = await hand(() => deps.mail?.send(mail) ?? Promise.resolve(mailIsOff));
  if (outcome.outcome !== 'accepted') {
    const { outcome: how, reason } = outcome;
    deps.log.warn({ challengeId, outcome: how, reason }, 'otp not sent');
  }
  await finishDispatch(db, challengeId, outcome.outcome === 'rejected' ? deps.clock.now() : null);
}

const mailIsOff: MailOutcome = { outcome: 'rejected', reason: 'mail is off' };

async function hand(deliver: () => Promise<MailOutcome>): Promise<MailOutcome> {
  try {
    return await deliver();
  } catch (error) {
    return { outcome: 'unknown', reason: error instanceof Error ? error.name : 'unknown error' };
  }
}

/** The job that is told of a code which no provider would take: the code is void. */
export function voidRefusedCode(
  { db, deps }: App,
  { id }: JobPayloads['otp.refused'],
): Promise<void> {
  return finishDispatch(db, id, deps.clock.now());
}
