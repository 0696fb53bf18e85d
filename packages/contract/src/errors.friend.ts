import { z } from 'zod';

/** Errors of `friend.*`; `appErrors` holds them with all others. */
export const friendErrors = {
  FRIEND_SELF: {
    kind: 'BAD_REQUEST',
    en: 'You cannot send a friend request to yourself.',
    fa: 'نمی‌توانید به خودتان درخواست دوستی بدهید.',
  },
  FRIEND_ALREADY: {
    kind: 'CONFLICT',
    en: 'You are friends already.',
    fa: 'شما از پیش دوست هستید.',
  },
  FRIEND_REQUEST_EXISTS: {
    kind: 'CONFLICT',
    en: 'You have already sent a request to this person.',
    fa: 'پیش‌تر به این کاربر درخواست داده‌اید.',
    data: z.object({ requestId: z.string() }),
  },
  FRIEND_REQUEST_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such friend request, or it has been answered.',
    fa: 'چنین درخواستی وجود ندارد یا پاسخ داده شده است.',
  },
  FRIEND_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'This person is not among your friends.',
    fa: 'این کاربر در میان دوستان شما نیست.',
  },
  FRIEND_BLOCKED: {
    kind: 'FORBIDDEN',
    en: 'You have blocked this person.',
    fa: 'شما این کاربر را مسدود کرده‌اید.',
    data: z.object({ userId: z.string() }),
  },
  FRIEND_BLOCK_SELF: {
    kind: 'BAD_REQUEST',
    en: 'You cannot block yourself.',
    fa: 'نمی‌توانید خودتان را مسدود کنید.',
  },
  FRIEND_BLOCK_EXISTS: {
    kind: 'CONFLICT',
    en: 'You have already blocked this person.',
    fa: 'پیش‌تر این کاربر را مسدود کرده‌اید.',
  },
  FRIEND_BLOCK_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'You have not blocked this person.',
    fa: 'این کاربر را مسدود نکرده‌اید.',
  },
} as const;
