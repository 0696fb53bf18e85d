import { defineEntity, p } from '@mikro-orm/postgresql';

export const UserEntity = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.uuid().primary(),
    /** E.164. */
    phone: p.text().unique(),
    firstName: p.text().nullable(),
    lastName: p.text().nullable(),
    role: p.enum(['user', 'staff', 'admin'] as const),
    status: p.enum(['active', 'inactive'] as const),
    createdAt: p.datetime(3),
  },
});
