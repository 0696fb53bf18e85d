import { z } from 'zod';

/** Errors of `organization.*`; `appErrors` holds them with all others. */
export const organizationErrors = {
  ORGANIZATION_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'There is no such organization.',
    fa: 'چنین سازمانی وجود ندارد.',
  },
  ORGANIZATION_MEMBER_NOT_FOUND: {
    kind: 'NOT_FOUND',
    en: 'This person is not in the organization.',
    fa: 'این کاربر عضو سازمان نیست.',
  },
  ORGANIZATION_RIGHT_MISSING: {
    kind: 'FORBIDDEN',
    en: 'Your role in this organization does not allow this.',
    fa: 'نقش شما در این سازمان اجازه این کار را نمی‌دهد.',
  },
  ORGANIZATION_RANK: {
    kind: 'FORBIDDEN',
    en: 'You can do this only to people of a lower role than yours.',
    fa: 'این کار را فقط با کسانی می‌توانید بکنید که نقش پایین‌تری دارند.',
  },
  ORGANIZATION_OWNER_STAYS: {
    kind: 'CONFLICT',
    en: 'The owner cannot leave. Pass the organization on first, or remove it.',
    fa: 'مالک نمی‌تواند سازمان را ترک کند. نخست آن را به دیگری بسپارید یا حذفش کنید.',
  },
  ORGANIZATION_OWNER_HAS_ONE: {
    kind: 'CONFLICT',
    en: 'Nobody can own more than one organization.',
    fa: 'هر کس فقط می‌تواند مالک یک سازمان باشد.',
  },
  ORGANIZATION_HANDLE_TAKEN: {
    kind: 'CONFLICT',
    en: 'This handle is taken. Please choose another one.',
    fa: 'این شناسه از آنِ سازمان دیگری است. شناسه دیگری برگزینید.',
  },
  ORGANIZATION_ID_TAKEN: {
    kind: 'CONFLICT',
    en: 'Something else was made with this id.',
    fa: 'چیز دیگری با این شناسه ساخته شده است.',
    data: z.object({ id: z.string() }),
  },
  ORGANIZATION_FULL: {
    kind: 'CONFLICT',
    en: 'The organization has as many people as it can have.',
    fa: 'ظرفیت این سازمان پر شده است.',
    data: z.object({ most: z.int() }),
  },
  ORGANIZATION_TOO_MANY: {
    kind: 'CONFLICT',
    en: 'One person cannot be in so many organizations.',
    fa: 'یک نفر نمی‌تواند عضو این تعداد سازمان باشد.',
    data: z.object({ most: z.int() }),
  },
} as const;
