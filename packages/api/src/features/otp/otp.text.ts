import type { Language } from '@chapar/contract';
import type { CodePurpose } from './otp.challenge.ts';

/** What a code is for, as its text says. */
const reasons: Record<CodePurpose, Record<Language, string>> = {
  login: { fa: 'کد ورود', en: 'Your login code' },
  register: { fa: 'کد ثبت‌نام', en: 'Your registration code' },
  'reset-password': { fa: 'کد تغییر گذرواژه', en: 'Your code for a new password' },
  'change-phone': { fa: 'کد تغییر شماره', en: 'Your code for the new phone number' },
  'confirm-email': { fa: 'کد تأیید ایمیل', en: 'Your code to confirm this address' },
  confirm: { fa: 'کد تأیید هویت', en: 'Your confirmation code' },
};

const warning: Record<Language, string> = {
  fa: 'این کد را به کسی نگویید.',
  en: 'Do not share it with anyone.',
};

/** What every text is made of. Nothing that a person has typed is among it. */
export interface CodeText {
  purpose: CodePurpose;
  language: Language;
  productName: string;
  code: string;
}

/**
 * The text of the SMS. With a web domain its last line lets that site's pages, and the keyboards
 * of phones, take the code over (WebOTP: "origin-bound one-time codes", WICG).
 */
export function smsText(text: CodeText, webDomain: string | null): string {
  const { purpose, language, productName, code } = text;
  const lines = [productName, `${reasons[purpose][language]}: ${code}`, warning[language]];
  return [...lines, ...(webDomain === null ? [] : ['', `@${webDomain} #${code}`])].join('\n');
}

/** The name of a purpose's template. */
export function codeTemplateOf(purpose: CodePurpose): string {
  return `otp.${purpose}`;
}

/**
 * The templates of codes, one for each purpose, with the variable `code`. Providers may have
 * approved versions of them.
 */
export function codeTemplates(
  productName: string,
  webDomain: string | null,
): { name: string; texts: Record<Language, string> }[] {
  const purposes = Object.keys(reasons) as CodePurpose[];
  return purposes.map((purpose) => {
    const textIn = (language: Language): string =>
      smsText({ purpose, language, productName, code: '{code}' }, webDomain);
    return { name: codeTemplateOf(purpose), texts: { fa: textIn('fa'), en: textIn('en') } };
  });
}

/** The same words as a mail, plain and as a page that runs in the language's direction. */
export function mailText(text: CodeText): { subject: string; text: string; html: string } {
  const { purpose, language, productName, code } = text;
  const reason = reasons[purpose][language];
  const direction = language === 'fa' ? 'rtl' : 'ltr';
  return {
    subject: `${productName}: ${reason}`,
    text: [`${reason}: ${code}`, '', warning[language], '', productName].join('\n'),
    html: [
      `<!doctype html><html lang="${language}" dir="${direction}"><body>`,
      `<p>${reason}:</p>`,
      `<p dir="ltr" style="font-size:28px;letter-spacing:6px"><strong>${code}</strong></p>`,
      `<p>${warning[language]}</p>`,
      `<p>${escapeHtml(productName)}</p>`,
      '</body></html>',
    ].join('\n'),
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
