import { z } from 'zod';
import { chatErrors } from './errors.chat.ts';
import { friendErrors } from './errors.friend.ts';
import { organizationErrors } from './errors.organization.ts';
import { sessionErrors } from './errors.session.ts';
import { smsErrors } from './errors.sms.ts';

/** tRPC's code of an error, which decides its HTTP status. */
export type ErrorKind =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'PAYLOAD_TOO_LARGE'
  | 'TOO_MANY_REQUESTS'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

interface ErrorSpec {
  kind: ErrorKind;
  en: string;
  fa: string;
  /** Shape of the public data beside the code, where there is any. */
  data?: z.ZodObject;
}

const retryAfter = z.object({ retryAfterSeconds: z.int() });

/**
 * Every error that a client can meet. The code is the wire and stays; the texts are for people.
 * What somebody may not see is answered like what does not exist.
 */
export const appErrors = {
  INPUT_INVALID: {
    kind: 'BAD_REQUEST',
    en: 'Some of the input is not valid.',
    fa: 'بخشی از اطلاعات درست نیست.',
    data: z.object({
      issues: z.array(z.object({ path: z.string(), reason: z.string(), message: z.string() })),
    }),
  },
  PROCEDURE_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such procedure.',
    fa: 'چنین درخواستی وجود ندارد.',
  },
  PAYLOAD_TOO_LARGE: {
    kind: 'PAYLOAD_TOO_LARGE',
    en: 'The request is too large.',
    fa: 'حجم درخواست بیش از اندازه است.',
  },
  RATE_LIMITED: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'Too many requests. Please wait a little.',
    fa: 'درخواست‌ها زیاد است. کمی صبر کنید.',
    data: retryAfter,
  },
  UNAVAILABLE: {
    kind: 'SERVICE_UNAVAILABLE',
    en: 'The service is not available right now. Please try again.',
    fa: 'سرویس اکنون در دسترس نیست. دوباره تلاش کنید.',
    data: retryAfter,
  },
  INTERNAL: {
    kind: 'INTERNAL_SERVER_ERROR',
    en: 'Something went wrong on our side.',
    fa: 'خطایی در سرور رخ داد.',
  },
  AUTH_REQUIRED: {
    kind: 'UNAUTHORIZED',
    en: 'Please sign in.',
    fa: 'لطفاً وارد شوید.',
  },
  AUTH_TOKEN_INVALID: {
    kind: 'UNAUTHORIZED',
    en: 'The access token is not valid.',
    fa: 'توکن دسترسی معتبر نیست.',
  },
  AUTH_TOKEN_EXPIRED: {
    kind: 'UNAUTHORIZED',
    en: 'The access token has expired.',
    fa: 'توکن دسترسی منقضی شده است.',
  },
  STAFF_ONLY: {
    kind: 'FORBIDDEN',
    en: 'Only staff can do this.',
    fa: 'این کار فقط برای همکاران ممکن است.',
  },
  ADMIN_ONLY: {
    kind: 'FORBIDDEN',
    en: 'Only administrators can do this.',
    fa: 'این کار فقط برای مدیران ممکن است.',
  },
  ADMIN_RANK: {
    kind: 'FORBIDDEN',
    en: 'You can do this only to people of a lower role than yours.',
    fa: 'این کار را فقط با کسانی می‌توانید بکنید که نقش پایین‌تری دارند.',
  },
  AUTH_METHOD_OFF: {
    kind: 'FORBIDDEN',
    en: 'This way of signing in is not offered here.',
    fa: 'این روش ورود در این‌جا فعال نیست.',
  },
  BUSY: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'Too many people are signing in right now. Please try again in a moment.',
    fa: 'اکنون افراد زیادی در حال ورود هستند. اندکی بعد دوباره تلاش کنید.',
    data: retryAfter,
  },
  MAIL_OFF: {
    kind: 'FORBIDDEN',
    en: 'E-mail is not set up here.',
    fa: 'ایمیل در این‌جا راه‌اندازی نشده است.',
  },
  PHONE_INVALID: {
    kind: 'BAD_REQUEST',
    en: 'This phone number is not valid.',
    fa: 'شماره تلفن درست نیست.',
    data: z.object({
      /**
       * Of an Iranian number without country code: not 11 digits, or not beginning with 09. Of
       * any other: such a number cannot exist.
       */
      reason: z.enum(['length', 'prefix', 'impossible']),
    }),
  },
  OTP_RESEND_TOO_SOON: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'A code was sent a moment ago. Please wait before asking again.',
    fa: 'کد همین حالا فرستاده شد. پیش از درخواست دوباره کمی صبر کنید.',
    data: retryAfter,
  },
  OTP_TOO_MANY_REQUESTS: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'Too many codes were asked for. Please try again later.',
    fa: 'تعداد درخواست کد زیاد است. بعداً تلاش کنید.',
    data: retryAfter,
  },
  OTP_CODE_INVALID: {
    kind: 'UNAUTHORIZED',
    en: 'The code is not right.',
    fa: 'کد درست نیست.',
  },
  OTP_EXPIRED: {
    kind: 'UNAUTHORIZED',
    en: 'The code has expired. Please ask for a new one.',
    fa: 'زمان کد گذشته است. کد تازه‌ای بگیرید.',
  },
  OTP_CHALLENGE_LOCKED: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'Too many wrong codes. Please ask for a new one.',
    fa: 'تعداد کد نادرست زیاد شد. کد تازه‌ای بگیرید.',
  },
  OTP_CAPTCHA_REQUIRED: {
    kind: 'FORBIDDEN',
    en: 'Please show first that you are a person.',
    fa: 'نخست نشان دهید که ربات نیستید.',
  },
  PASSWORD_WRONG: {
    kind: 'UNAUTHORIZED',
    en: 'The name or the password is not right.',
    fa: 'نام کاربری یا گذرواژه درست نیست.',
  },
  PASSWORD_TOO_MANY_TRIES: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'Please wait before you try another password, or sign in with a code.',
    fa: 'پیش از آزمودن گذرواژه‌ای دیگر صبر کنید، یا با کد وارد شوید.',
    data: retryAfter,
  },
  PASSWORD_WEAK: {
    kind: 'BAD_REQUEST',
    en: 'This password is too easy to guess. Please choose another one.',
    fa: 'این گذرواژه به‌آسانی حدس زده می‌شود. گذرواژه دیگری برگزینید.',
    data: z.object({ weaknesses: z.array(z.string()) }),
  },
  ...sessionErrors,
  USER_INACTIVE: {
    kind: 'FORBIDDEN',
    en: 'This account is closed.',
    fa: 'این حساب بسته شده است.',
  },
  USER_EMAIL_TAKEN: {
    kind: 'CONFLICT',
    en: 'This e-mail address has an account already.',
    fa: 'این نشانی ایمیل از پیش حسابی دارد.',
  },
  USER_KIND_UNKNOWN: {
    kind: 'BAD_REQUEST',
    en: 'There is no such kind of account.',
    fa: 'چنین نوع حسابی وجود ندارد.',
  },
  USER_PHONE_TAKEN: {
    kind: 'CONFLICT',
    en: 'This phone number has an account already.',
    fa: 'این شماره تلفن از پیش حسابی دارد.',
  },
  USER_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such person.',
    fa: 'چنین کاربری وجود ندارد.',
  },
  ...friendErrors,
  ...chatErrors,
  ...organizationErrors,
  ...smsErrors,
  STREAM_NEEDS_SOCKET: {
    kind: 'BAD_REQUEST',
    en: 'The live stream is served over WebSocket only.',
    fa: 'جریان زنده فقط از راه وب‌سوکت در دسترس است.',
  },
  STREAM_TOO_MANY: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'Too many live streams on one socket.',
    fa: 'تعداد جریان‌های زنده روی یک اتصال زیاد است.',
  },
} as const satisfies Record<string, ErrorSpec>;

export type AppErrorCode = keyof typeof appErrors;

/** The public data of an error code; undefined for a code without any. */
export type AppErrorData<Code extends AppErrorCode> = (typeof appErrors)[Code] extends {
  data: infer Schema extends z.ZodObject;
}
  ? z.infer<Schema>
  : undefined;

/** Languages in which the texts for people exist. */
export type Language = 'en' | 'fa';
