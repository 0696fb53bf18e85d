import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';

export const SessionEntity = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  indexes: [{ properties: ['user', 'createdAt'], name: 'sessions_user_created' }],
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(UserEntity).index(false),
    /** Number of the refresh token that is good now. */
    refreshCounter: p.integer(),
    /** The client's attempt that made the last rotation. */
    refreshAttempt: p.uuid().nullable(),
    refreshedAt: p.datetime(3),
    lastSeenAt: p.datetime(3),
    createdAt: p.datetime(3),
    endedAt: p.datetime(3).nullable(),
    endReason: p.text().nullable(),
    deviceName: p.text().nullable(),
    platform: p.text().nullable(),
    userAgent: p.text().nullable(),
    ip: p.text(),
  },
});
