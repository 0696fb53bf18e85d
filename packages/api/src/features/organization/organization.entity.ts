import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';

/** Its people read the stream of the same id. */
export const OrganizationEntity = defineEntity({
  name: 'Organization',
  tableName: 'organizations',
  properties: {
    id: p.uuid().primary(),
    /** Nobody owns two. The owner's row among the members says the same. */
    owner: () => p.manyToOne(UserEntity).unique().index(false),
    name: p.text(),
    handle: p.text().unique(),
    createdAt: p.datetime(3),
  },
});

export const OrganizationMemberEntity = defineEntity({
  name: 'OrganizationMember',
  tableName: 'organization_members',
  indexes: [
    { properties: ['user', 'organization'], name: 'organization_members_user' },
    { properties: ['organization', 'createdAt', 'user'], name: 'organization_members_joined' },
  ],
  properties: {
    organization: () =>
      p
        .manyToOne(OrganizationEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    user: () =>
      p
        .manyToOne(UserEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    role: p.enum(['owner', 'admin', 'member'] as const),
    createdAt: p.datetime(3),
  },
});

/** Every handle that there has ever been, with the organization that had it first. */
export const OrganizationHandleEntity = defineEntity({
  name: 'OrganizationHandle',
  tableName: 'organization_handles',
  properties: {
    handle: p.text().primary(),
    /** It may be gone. */
    organizationId: p.uuid().index('organization_handles_organization'),
  },
});
