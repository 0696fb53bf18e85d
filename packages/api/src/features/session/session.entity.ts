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
    /** When the person last proved who they are. */
    authenticatedAt: p.datetime(3),
    createdAt: p.datetime(3),
    endedAt: p.datetime(3).nullable(),
    endReason: p.text().nullable(),
    deviceName: p.text().nullable(),
    /** As the app says. */
    platform: p.text().nullable(),
    /** SHA-256 of the key that the device keeps; logging in again there takes the session over. */
    deviceKey: p.blob().nullable(),
    userAgent: p.text().nullable(),
    /** What the user agent says: phone, tablet, desktop …, browser and system with versions. */
    deviceKind: p.text().nullable(),
    browser: p.text().nullable(),
    os: p.text().nullable(),
    ip: p.text(),
  },
});
