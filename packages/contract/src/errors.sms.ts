import { z } from 'zod';

/** Errors of `sms.*`; `appErrors` holds them with all others. */
export const smsErrors = {
  SMS_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such SMS.',
    fa: 'چنین پیامکی وجود ندارد.',
  },
  SMS_ID_TAKEN: {
    kind: 'CONFLICT',
    en: 'Another SMS was sent with this id.',
    fa: 'پیامک دیگری با این شناسه فرستاده شده است.',
    data: z.object({ id: z.string() }),
  },
  SMS_TOO_LONG: {
    kind: 'BAD_REQUEST',
    en: 'The text is too long.',
    fa: 'متن پیامک بلند است.',
    data: z.object({ maxLength: z.int() }),
  },
  SMS_TEMPLATE_UNKNOWN: {
    kind: 'BAD_REQUEST',
    en: 'There is no such template.',
    fa: 'چنین قالبی وجود ندارد.',
  },
  SMS_VALUES_INVALID: {
    kind: 'BAD_REQUEST',
    en: 'The values do not fit the template.',
    fa: 'مقدارها با قالب جور نیستند.',
  },
  SMS_COUNTRY_OFF: {
    kind: 'BAD_REQUEST',
    en: 'No SMS is sent to this country.',
    fa: 'به این کشور پیامک فرستاده نمی‌شود.',
  },
  SMS_BUDGET_SPENT: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'Too many SMS were sent. Please try again later.',
    fa: 'تعداد پیامک‌ها زیاد است. بعداً تلاش کنید.',
    data: z.object({ retryAfterSeconds: z.int() }),
  },
  SMS_NOT_RETRYABLE: {
    kind: 'CONFLICT',
    en: 'This SMS cannot be sent again.',
    fa: 'این پیامک را نمی‌توان دوباره فرستاد.',
  },
} as const;
