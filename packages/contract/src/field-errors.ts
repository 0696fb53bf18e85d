interface FieldErrorSpec {
  en: string;
  fa: string;
}

/**
 * What can be wrong with one field of the input. The reason is the wire and stays; the texts are
 * for people. Schemas of the contract give a reason as the message of their checks.
 */
export const fieldErrors = {
  required: { en: 'Please fill this in.', fa: 'این بخش را پر کنید.' },
  invalid: { en: 'This is not valid.', fa: 'این مقدار درست نیست.' },
  'too-short': { en: 'This is too short.', fa: 'این مقدار کوتاه است.' },
  'too-long': { en: 'This is too long.', fa: 'این مقدار بلند است.' },
  'too-small': { en: 'This number is too small.', fa: 'این عدد کوچک است.' },
  'too-large': { en: 'This number is too large.', fa: 'این عدد بزرگ است.' },
  'not-offered': { en: 'Choose one of what is offered.', fa: 'یکی از گزینه‌ها را برگزینید.' },
  'unknown-field': { en: 'There is no such field.', fa: 'چنین بخشی وجود ندارد.' },
  'one-contact': {
    en: 'Give a phone number or an e-mail address, one of them.',
    fa: 'شماره تلفن یا نشانی ایمیل را بدهید، فقط یکی از آن‌ها.',
  },
  'one-proof': {
    en: 'Give a code or a password, one of them.',
    fa: 'کد یا گذرواژه را بدهید، فقط یکی از آن‌ها.',
  },
  'text-or-template': {
    en: 'Give a text or a template, one of them.',
    fa: 'متن یا قالب را بدهید، فقط یکی از آن‌ها.',
  },
  'only-with-template': {
    en: 'Values belong to a template.',
    fa: 'مقدارها برای قالب هستند.',
  },
  'too-many': { en: 'There are too many.', fa: 'تعداد بیش از اندازه است.' },
  'phone-digits': {
    en: 'A phone number has digits only.',
    fa: 'شماره تلفن فقط رقم دارد.',
  },
  'code-digits': { en: 'The code has digits only.', fa: 'کد فقط رقم دارد.' },
  'email-length': {
    en: 'An e-mail address has 5 to 254 characters.',
    fa: 'نشانی ایمیل ۵ تا ۲۵۴ نویسه دارد.',
  },
  'email-latin': {
    en: 'An e-mail address has Latin letters only.',
    fa: 'نشانی ایمیل فقط حروف لاتین دارد.',
  },
  'email-form': {
    en: 'This is not an e-mail address.',
    fa: 'این نشانی ایمیل درست نیست.',
  },
  'handle-form': {
    en: 'A handle has 3 to 45 Latin letters, digits and underscores, and begins with a letter.',
    fa: 'شناسه ۳ تا ۴۵ حرف لاتین، رقم یا زیرخط دارد و با حرف آغاز می‌شود.',
  },
  'name-length': {
    en: 'A name has 2 to 150 letters.',
    fa: 'نام ۲ تا ۱۵۰ حرف دارد.',
  },
  'name-letters': {
    en: 'A name has letters only, and at most five further parts after a space or hyphen.',
    fa: 'نام فقط حرف دارد و پس از فاصله یا خط تیره حداکثر پنج بخش دیگر.',
  },
  'birthday-form': {
    en: 'This is not a date of the calendar (YYYY-MM-DD).',
    fa: 'این تاریخ در تقویم نیست (YYYY-MM-DD).',
  },
  'birthday-future': {
    en: 'The birthday is in the future.',
    fa: 'تاریخ تولد در آینده است.',
  },
  'birthday-young': { en: 'You are too young.', fa: 'سن شما کم است.' },
  'birthday-old': { en: 'The birthday is too long ago.', fa: 'تاریخ تولد بسیار دور است.' },
  'time-zone': { en: 'There is no such time zone.', fa: 'چنین منطقه زمانی وجود ندارد.' },
} as const satisfies Record<string, FieldErrorSpec>;

export type FieldErrorReason = keyof typeof fieldErrors;

/** Whether a text is one of the reasons. */
export function isFieldErrorReason(text: string): text is FieldErrorReason {
  return Object.hasOwn(fieldErrors, text);
}
