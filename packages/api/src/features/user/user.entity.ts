import { defineEntity, p } from '@mikro-orm/postgresql';

export const UserEntity = defineEntity({
  name: 'User',
  tableName: 'users',
  uniques: [{ properties: ['phone', 'kind'], name: 'users_phone_kind_unique' }],
  indexes: [{ properties: ['eraseAt'], name: 'users_erase_at' }],
  properties: {
    id: p.uuid().primary(),
    /** E.164. */
    phone: p.text().nullable(),
    /** Which of the phone number's accounts it is. */
    kind: p.text(),
    /** Lower case; there only when its owner has proved it. */
    email: p.text().unique().nullable(),
    firstName: p.text().nullable(),
    lastName: p.text().nullable(),
    birthday: p.date().nullable(),
    language: p.enum(['en', 'fa'] as const).nullable(),
    /** IANA name. */
    timeZone: p.text().nullable(),
    /** To whom they show whether they are online. */
    presenceVisibility: p.enum(['everyone', 'friends', 'nobody'] as const).default('friends'),
    /** Whether others are told what they have received and read. */
    showsReceipts: p.boolean().default(true),
    role: p.enum(['user', 'staff', 'admin'] as const),
    /** `leaving`: removed by its owner, and erased at `eraseAt` unless they come back before. */
    status: p.enum(['active', 'inactive', 'leaving', 'erased'] as const),
    inactiveReason: p.text().nullable(),
    eraseAt: p.datetime(3).nullable(),
    phoneChangedAt: p.datetime(3).nullable(),
    createdAt: p.datetime(3),
  },
});
