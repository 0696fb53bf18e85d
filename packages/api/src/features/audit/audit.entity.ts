import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';

/** Append-only: a trigger refuses changes. Removal is for erasure and for what is too old. */
export const AuditEventEntity = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_events',
  indexes: [
    { properties: ['user', 'at', 'id'], name: 'audit_events_user' },
    { properties: ['at'], name: 'audit_events_at' },
  ],
  properties: {
    id: p.uuid().primary(),
    /** Whose account it happened to; null where it is not known. */
    user: () => p.manyToOne(UserEntity).nullable().deleteRule('no action').index(false),
    /** Who did it, where it was somebody else. */
    actor: () =>
      p.manyToOne(UserEntity).nullable().deleteRule('no action').index('audit_events_actor'),
    session: p.uuid().nullable().fieldName('session_id'),
    type: p.text(),
    at: p.datetime(3),
    ip: p.text(),
    /** What else is worth knowing; never a secret. */
    detail: p.json(),
  },
});
