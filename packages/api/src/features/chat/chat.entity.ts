import { chatRoleSchema, conversationKindSchema } from '@chapar/contract';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { OrganizationEntity } from '../organization/organization.entity.ts';
import { UserEntity } from '../user/user.entity.ts';

export const ConversationEntity = defineEntity({
  name: 'Conversation',
  tableName: 'conversations',
  properties: {
    id: p.uuid().primary(),
    kind: p.enum(conversationKindSchema.options),
    /** The two user ids of a direct conversation in order, so that there is only one. */
    directKey: p.text().unique().nullable(),
    title: p.text().nullable(),
    description: p.text().nullable(),
    avatar: p.text().nullable(),
    /** `removed`: nobody sees it any more, and the sweep erases it once its last event is forgotten. */
    status: p.enum(['open', 'hold', 'closed', 'removed'] as const).default('open'),
    isPublic: p.boolean().default(false),
    organization: () =>
      p
        .manyToOne(OrganizationEntity)
        .deleteRule('no action')
        .updateRule('no action')
        .index(false)
        .nullable(),
    /** Exact: it changes with its members under the lock of the stream. */
    memberCount: p.integer().default(2),
    removedAt: p.datetime(3).nullable(),
    /** Messages up to here are in the index of the search. */
    searchSeq: p.integer().default(0),
    createdAt: p.datetime(3),
  },
});

export const ConversationMemberEntity = defineEntity({
  name: 'ConversationMember',
  tableName: 'conversation_members',
  indexes: [{ properties: ['conversation', 'joinedAt', 'user'], name: 'members_conversation' }],
  properties: {
    user: () =>
      p
        .manyToOne(UserEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    conversation: () =>
      p
        .manyToOne(ConversationEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    readSeq: p.integer(),
    role: p.enum(chatRoleSchema.options).default('member'),
    /** Capabilities beside those of the role. */
    grants: p.array().default([]),
    /** Until then they may not write. */
    mutedUntil: p.datetime(3).nullable(),
    /** When they wrote last, for slow mode. */
    sentAt: p.datetime(3).nullable(),
    deliveredSeq: p.integer().default(0),
    /** What others were told of `readSeq` and `deliveredSeq`. */
    shownReadSeq: p.integer().default(0),
    shownDeliveredSeq: p.integer().default(0),
    pinnedAt: p.datetime(3).nullable(),
    silencedUntil: p.datetime(3).nullable(),
    /** Whether they have deleted any message for themselves. */
    hasHidden: p.boolean().default(false),
    joinedAt: p.datetime(3).defaultRaw('now()'),
  },
});

/** Who may not be in a conversation. */
export const ConversationBanEntity = defineEntity({
  name: 'ConversationBan',
  tableName: 'conversation_bans',
  indexes: [
    { properties: ['conversation', 'createdAt', 'user'], name: 'conversation_bans_created' },
  ],
  properties: {
    conversation: () =>
      p
        .manyToOne(ConversationEntity)
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
    bannedBy: p.uuid(),
    reason: p.text().nullable(),
    until: p.datetime(3).nullable(),
    createdAt: p.datetime(3),
  },
});

/** A link by which people join. */
export const ConversationInviteEntity = defineEntity({
  name: 'ConversationInvite',
  tableName: 'conversation_invites',
  indexes: [
    { properties: ['conversation', 'createdAt', 'id'], name: 'conversation_invites_created' },
  ],
  properties: {
    id: p.uuid().primary(),
    conversation: () =>
      p.manyToOne(ConversationEntity).deleteRule('no action').updateRule('no action').index(false),
    /** SHA-256 of the link's token, which is not stored. */
    tokenHash: p.blob().unique('conversation_invites_token_hash_unique'),
    createdBy: p.uuid(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3).nullable(),
    mostUses: p.integer().nullable(),
    uses: p.integer().default(0),
    revokedAt: p.datetime(3).nullable(),
  },
});

/** What held somebody back when they went out of a conversation, and does again when they come back. */
export const ConversationRestraintEntity = defineEntity({
  name: 'ConversationRestraint',
  tableName: 'conversation_restraints',
  properties: {
    userId: p.uuid().primary(),
    conversationId: p.uuid().primary(),
    /** They only read in a group. */
    isReader: p.boolean(),
    mutedUntil: p.datetime(3).nullable(),
    /** When they wrote last, for slow mode. */
    sentAt: p.datetime(3).nullable(),
  },
});
