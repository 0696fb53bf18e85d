import { z } from 'zod';

/** Errors of `session.*`; `appErrors` holds them with all others. */
export const sessionErrors = {
  SESSION_NOT_FRESH: {
    kind: 'FORBIDDEN',
    en: 'Please confirm first that it is you.',
    fa: 'نخست تأیید کنید که خودتان هستید.',
    data: z.object({ maxAgeSeconds: z.int() }),
  },
  SESSION_ENDED: {
    kind: 'UNAUTHORIZED',
    en: 'This session has ended. Please sign in again.',
    fa: 'این نشست پایان یافته است. دوباره وارد شوید.',
  },
  SESSION_REFRESH_INVALID: {
    kind: 'UNAUTHORIZED',
    en: 'The refresh token is not valid. Please sign in again.',
    fa: 'توکن تازه‌سازی معتبر نیست. دوباره وارد شوید.',
  },
  SESSION_RETRY_WITH_CURRENT: {
    kind: 'CONFLICT',
    en: 'Another refresh was faster. Use the tokens that it got.',
    fa: 'نشست هم‌زمان تازه شده است. از توکن تازه استفاده کنید.',
  },
  SESSION_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such session.',
    fa: 'چنین نشستی وجود ندارد.',
  },
} as const;
