import type { Language } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { Call } from '../../call.ts';
import { enqueue, type JobPayloads } from '../../database/queue.ts';
import type { Tx } from '../../database/transaction.ts';
import type { Contact } from '../../kernel/contact.ts';
import { after, day } from '../../kernel/duration.ts';
import { seal, unseal } from '../../kernel/seal.ts';
import { queueSms } from '../sms/index.ts';

const texts: Record<Language, Record<'sms' | 'mail', string>> = {
  fa: {
    sms: 'شماره تلفن حساب شما عوض شد. اگر کار شما نبود با پشتیبانی تماس بگیرید.',
    mail: 'نشانی ایمیل حساب شما عوض شد. اگر کار شما نبود با پشتیبانی تماس بگیرید.',
  },
  en: {
    sms: 'The phone number of your account was changed. If it was not you, contact support.',
    mail: 'The e-mail address of your account was changed. If it was not you, contact support.',
  },
};

const phoneChanged = 'notice.phone-changed';
const ivBytes = 12;

/** The templates of what accounts are told by SMS; they have no variables. */
export function noticeTemplates(
  productName: string,
): { name: string; texts: Record<Language, string> }[] {
  const textIn = (language: Language): string => `${productName}\n${texts[language].sms}`;
  return [{ name: phoneChanged, texts: { fa: textIn('fa'), en: textIn('en') } }];
}

/** Tells a contact that an account is no longer reached by it, once the transaction has committed. */
export async function queueNotice(
  call: Call,
  tx: Tx,
  { channel, address }: Contact,
  language: Language,
): Promise<void> {
  const { deps, secrets } = call.app;
  const id = deps.newId();
  if (channel === 'mail') {
    const sealed = seal(secrets.seal, deps.random.bytes(ivBytes), address, context(id));
    const payload = { id, sealed: sealed.toString('base64'), language };
    return enqueue(tx.db, 'account.notice', payload, { key: `notice:${id}` });
  }
  const fault = await queueSms(call, tx.db, {
    id,
    to: address,
    purpose: 'notice',
    content: { kind: 'template', template: phoneChanged, language, values: {} },
    expiresAt: after(call.now, day),
  });
  if (fault !== null) {
    deps.log.error({ notice: id, fault }, 'notice not sent');
  }
}

/** The job that mails a notice. Tried once: a second message could be a double. */
export async function sendNotice(
  { deps, config, secrets }: App,
  { id, sealed, language }: JobPayloads['account.notice'],
): Promise<void> {
  const direction = language === 'fa' ? 'rtl' : 'ltr';
  const words = texts[language].mail;
  const html = `<!doctype html><html lang="${language}" dir="${direction}"><body><p>${words}</p></body></html>`;
  try {
    const to = unseal(secrets.seal, Buffer.from(sealed, 'base64'), context(id));
    const text = `${config.productName}\n${words}`;
    const mail = { to, subject: config.productName, text, html, ref: id };
    const outcome = await deps.mail?.send(mail);
    if (outcome && outcome.outcome !== 'accepted') {
      deps.log.warn({ notice: id, reason: outcome.reason }, 'notice not sent');
    }
  } catch (error) {
    deps.log.warn({ err: error, notice: id }, 'notice not sent');
  }
}

function context(id: string): string {
  return `notice:${id}`;
}
