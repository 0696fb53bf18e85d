import type { Language } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { JobPayloads } from '../../database/queue.ts';

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

/**
 * The job that tells a contact that an account is no longer reached by it. Tried once: a second
 * message could be a double.
 */
export async function sendNotice(
  { deps, config }: App,
  { id, channel, address, language }: JobPayloads['account.notice'],
): Promise<void> {
  const text = `${config.productName}\n${texts[language][channel]}`;
  const direction = language === 'fa' ? 'rtl' : 'ltr';
  const html = `<!doctype html><html lang="${language}" dir="${direction}"><body><p>${texts[language][channel]}</p></body></html>`;
  try {
    const outcome =
      channel === 'sms'
        ? await deps.sms.send({ to: address, text, ref: id })
        : await deps.mail?.send({ to: address, subject: config.productName, text, html, ref: id });
    if (outcome && outcome.outcome !== 'accepted') {
      deps.log.warn({ notice: id, reason: outcome.reason }, 'notice not sent');
    }
  } catch (error) {
    deps.log.warn({ err: error, notice: id }, 'notice not sent');
  }
}
