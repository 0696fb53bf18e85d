import { z } from 'zod';
import { chatCapabilitySchema } from './chat.rights.ts';

const retryAfter = z.object({ retryAfterSeconds: z.int() });
const limit = z.object({ most: z.int() });

/** Errors of `chat.*`; `appErrors` holds them with all others. */
export const chatErrors = {
  CHAT_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such conversation.',
    fa: 'چنین گفت‌وگویی وجود ندارد.',
  },
  CHAT_SELF: {
    kind: 'BAD_REQUEST',
    en: 'You cannot start a conversation with yourself.',
    fa: 'نمی‌توانید با خودتان گفت‌وگو کنید.',
  },
  CHAT_NOT_FRIENDS: {
    kind: 'FORBIDDEN',
    en: 'You can write to friends only.',
    fa: 'فقط می‌توانید به دوستان خود پیام بدهید.',
    data: z.object({ userId: z.string() }),
  },
  CHAT_IS_DIRECT: {
    kind: 'BAD_REQUEST',
    en: 'This cannot be done in a conversation of two.',
    fa: 'این کار در گفت‌وگوی دونفره ممکن نیست.',
  },
  CHAT_ID_TAKEN: {
    kind: 'CONFLICT',
    en: 'Another conversation has this id.',
    fa: 'گفت‌وگوی دیگری این شناسه را دارد.',
    data: z.object({ id: z.string() }),
  },
  CHAT_NOT_OPEN: {
    kind: 'FORBIDDEN',
    en: 'This conversation takes no messages at the moment.',
    fa: 'این گفت‌وگو اکنون پیام نمی‌پذیرد.',
    data: z.object({ status: z.enum(['hold', 'closed']) }),
  },
  CHAT_READ_ONLY: {
    kind: 'FORBIDDEN',
    en: 'You can read here, but not write.',
    fa: 'در این‌جا فقط می‌توانید بخوانید.',
  },
  CHAT_MUTED: {
    kind: 'FORBIDDEN',
    en: 'You may not write here for a while.',
    fa: 'فعلاً نمی‌توانید در این‌جا بنویسید.',
    data: z.object({ until: z.string() }),
  },
  CHAT_SLOW_MODE: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'Slow mode is on. Please wait before your next message.',
    fa: 'حالت آهسته روشن است. پیش از پیام بعدی کمی صبر کنید.',
    data: retryAfter,
  },
  CHAT_RIGHT_MISSING: {
    kind: 'FORBIDDEN',
    en: 'You do not have the right to do this here.',
    fa: 'اجازه این کار را در این‌جا ندارید.',
    data: z.object({ capability: chatCapabilitySchema }),
  },
  CHAT_RANK: {
    kind: 'FORBIDDEN',
    en: 'You can do this only to people who stand below you here.',
    fa: 'این کار را فقط با کسانی می‌توانید بکنید که در این‌جا رتبه پایین‌تری دارند.',
  },
  CHAT_OWNER_ONLY: {
    kind: 'FORBIDDEN',
    en: 'Only the owner can do this.',
    fa: 'این کار فقط برای مالک ممکن است.',
  },
  CHAT_OWNER_STAYS: {
    kind: 'CONFLICT',
    en: 'Name a successor before you leave: a conversation needs an owner.',
    fa: 'پیش از رفتن جانشینی برگزینید: گفت‌وگو بدون مالک نمی‌ماند.',
  },
  CHAT_BANNED: {
    kind: 'FORBIDDEN',
    en: 'This person is banned from the conversation.',
    fa: 'این کاربر از گفت‌وگو محروم شده است.',
    data: z.object({ userId: z.string() }),
  },
  CHAT_NOT_IN_ORGANIZATION: {
    kind: 'FORBIDDEN',
    en: 'Only people of the organization can be in this conversation.',
    fa: 'فقط اعضای سازمان می‌توانند در این گفت‌وگو باشند.',
    data: z.object({ userId: z.string() }),
  },
  CHAT_FULL: {
    kind: 'CONFLICT',
    en: 'There is no room for more people here.',
    fa: 'ظرفیت این گفت‌وگو پر است.',
    data: limit,
  },
  CHAT_TOO_MANY: {
    kind: 'CONFLICT',
    en: 'This person is in too many conversations.',
    fa: 'این کاربر در گفت‌وگوهای بیش از اندازه‌ای عضو است.',
    data: limit.extend({ userId: z.string() }),
  },
  CHAT_MEMBER_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'This person is not in the conversation.',
    fa: 'این کاربر در گفت‌وگو نیست.',
  },
  CHAT_BAN_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'This person is not banned.',
    fa: 'این کاربر محروم نشده است.',
  },
  CHAT_INVITE_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'This invitation is not valid any more.',
    fa: 'این دعوت دیگر معتبر نیست.',
  },
  CHAT_INVITE_ID_TAKEN: {
    kind: 'CONFLICT',
    en: 'Another invitation has this id.',
    fa: 'دعوت دیگری این شناسه را دارد.',
    data: z.object({ id: z.string() }),
  },
  CHAT_TOO_MANY_INVITES: {
    kind: 'CONFLICT',
    en: 'There are too many invitations. Revoke one first.',
    fa: 'تعداد دعوت‌ها زیاد است. نخست یکی را باطل کنید.',
    data: limit,
  },
  CHAT_MESSAGE_ID_TAKEN: {
    kind: 'CONFLICT',
    en: 'Another message was sent with this id.',
    fa: 'پیام دیگری با این شناسه فرستاده شده است.',
    data: z.object({ id: z.string() }),
  },
  CHAT_MESSAGE_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such message.',
    fa: 'چنین پیامی وجود ندارد.',
  },
  CHAT_MESSAGE_TOO_LONG: {
    kind: 'BAD_REQUEST',
    en: 'The message is too long.',
    fa: 'پیام بیش از اندازه بلند است.',
    data: limit,
  },
  CHAT_TOO_MANY_MENTIONS: {
    kind: 'BAD_REQUEST',
    en: 'The message mentions too many people.',
    fa: 'در پیام از افراد زیادی نام برده شده است.',
    data: limit,
  },
  CHAT_TOO_MANY_LINKS: {
    kind: 'TOO_MANY_REQUESTS',
    en: 'New accounts can send only a few links. Please try again later.',
    fa: 'حساب‌های تازه فقط چند پیوند می‌توانند بفرستند. کمی بعد دوباره تلاش کنید.',
    data: retryAfter,
  },
  CHAT_NOT_SENDER: {
    kind: 'FORBIDDEN',
    en: 'Only the sender can do this.',
    fa: 'این کار فقط برای فرستنده ممکن است.',
  },
  CHAT_TOO_LATE: {
    kind: 'FORBIDDEN',
    en: 'It is too late to change this message.',
    fa: 'زمان تغییر این پیام گذشته است.',
    data: z.object({ windowSeconds: z.int() }),
  },
  CHAT_EMOJI_INVALID: {
    kind: 'BAD_REQUEST',
    en: 'A reaction is one emoji.',
    fa: 'واکنش باید یک شکلک باشد.',
  },
  CHAT_TOO_MANY_REACTIONS: {
    kind: 'CONFLICT',
    en: 'There are too many reactions to this message.',
    fa: 'تعداد واکنش‌ها به این پیام زیاد است.',
    data: limit,
  },
  CHAT_TOO_MANY_PINS: {
    kind: 'CONFLICT',
    en: 'Too much is pinned already. Unpin something first.',
    fa: 'تعداد سنجاق‌ها زیاد است. نخست یکی را بردارید.',
    data: limit,
  },
  CHAT_SEARCH_TOO_BROAD: {
    kind: 'BAD_REQUEST',
    en: 'Too much was found. Please search for more words.',
    fa: 'نتیجه‌ها بسیار است. با واژه‌های بیشتری جست‌وجو کنید.',
  },
  CHAT_REPORT_EXISTS: {
    kind: 'CONFLICT',
    en: 'You have already reported this message.',
    fa: 'این پیام را پیش‌تر گزارش کرده‌اید.',
    data: z.object({ reportId: z.string() }),
  },
  CHAT_REPORT_SELF: {
    kind: 'BAD_REQUEST',
    en: 'You cannot report a message of your own.',
    fa: 'نمی‌توانید پیام خودتان را گزارش کنید.',
  },
  CHAT_REPORT_ID_TAKEN: {
    kind: 'CONFLICT',
    en: 'Another report was sent with this id.',
    fa: 'گزارش دیگری با این شناسه فرستاده شده است.',
    data: z.object({ id: z.string() }),
  },
  CHAT_REPORT_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such report, or it has been handled.',
    fa: 'چنین گزارشی وجود ندارد یا رسیدگی شده است.',
  },
} as const;
