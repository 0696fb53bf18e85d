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

/** Without foreign keys: who writes is a member, whose row is locked and has them. */
export const MessageEntity = defineEntity({
  name: 'Message',
  tableName: 'messages',
  uniques: [{ properties: ['id'], name: 'messages_id' }],
  properties: {
    conversation: () =>
      p.manyToOne(ConversationEntity).primary().createForeignKeyConstraint(false).index(false),
    seq: p.integer().primary(),
    /** Made by the sender's client. */
    id: p.uuid(),
    sender: () => p.manyToOne(UserEntity).createForeignKeyConstraint(false).index(false),
    text: p.text(),
    createdAt: p.datetime(3),
    /** What few messages have: see `MessageExtra`. */
    extra: p.json().nullable(),
    /** How many people, by emoji; null for none. */
    reactions: p.json().nullable(),
    editedAt: p.datetime(3).nullable(),
    deletedAt: p.datetime(3).nullable(),
    /** Grows with every change. */
    revision: p.integer().default(0),
  },
});

/** What a message said before it was edited. */
export const MessageEditEntity = defineEntity({
  name: 'MessageEdit',
  tableName: 'message_edits',
  properties: {
    conversationId: p.uuid().primary(),
    seq: p.integer().primary(),
    /** Of the message while it said so. */
    revision: p.integer().primary().autoincrement(false),
    text: p.text(),
    writtenAt: p.datetime(3),
  },
});

/** What a message is found by. It may say what the message said before it was changed. */
export const MessageSearchEntity = defineEntity({
  name: 'MessageSearch',
  tableName: 'message_search',
  properties: {
    conversationId: p.uuid().primary(),
    seq: p.integer().primary(),
    senderId: p.uuid(),
    createdAt: p.datetime(3),
    /** As `chat_search_body` of the database writes the text. */
    body: p.text(),
  },
});

/** A message that a person has deleted for themselves. */
export const MessageHideEntity = defineEntity({
  name: 'MessageHide',
  tableName: 'message_hides',
  properties: {
    userId: p.uuid().primary(),
    conversationId: p.uuid().primary(),
    seq: p.integer().primary(),
  },
});

/** A member whom a message calls. */
export const MessageMentionEntity = defineEntity({
  name: 'MessageMention',
  tableName: 'message_mentions',
  properties: {
    userId: p.uuid().primary(),
    conversationId: p.uuid().primary(),
    seq: p.integer().primary(),
  },
});

export const MessageReactionEntity = defineEntity({
  name: 'MessageReaction',
  tableName: 'message_reactions',
  indexes: [
    {
      properties: ['conversationId', 'seq', 'createdAt', 'userId', 'emoji'],
      name: 'message_reactions_created',
    },
  ],
  properties: {
    conversationId: p.uuid().primary(),
    seq: p.integer().primary(),
    userId: p.uuid().primary(),
    emoji: p.text().primary(),
    createdAt: p.datetime(3),
  },
});

/** For everybody in the conversation (`pinnedFor` is its id), or for one person (theirs). */
export const MessagePinEntity = defineEntity({
  name: 'MessagePin',
  tableName: 'message_pins',
  indexes: [{ properties: ['conversationId', 'seq'], name: 'message_pins_message' }],
  properties: {
    conversationId: p.uuid().primary(),
    pinnedFor: p.uuid().primary(),
    seq: p.integer().primary(),
    pinnedBy: p.uuid(),
    createdAt: p.datetime(3),
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

/** A message that somebody has shown to the staff. */
export const MessageReportEntity = defineEntity({
  name: 'MessageReport',
  tableName: 'message_reports',
  indexes: [
    { properties: ['status', 'createdAt', 'id'], name: 'message_reports_status' },
    { properties: ['reporterId', 'createdAt'], name: 'message_reports_reporter' },
  ],
  properties: {
    id: p.uuid().primary(),
    conversationId: p.uuid(),
    seq: p.integer(),
    reporterId: p.uuid(),
    senderId: p.uuid(),
    reason: p.text(),
    note: p.text().nullable(),
    /** Message views: it and its neighbours as they were. */
    snapshot: p.json(),
    status: p.enum(['open', 'acted', 'dismissed'] as const),
    handledBy: p.uuid().nullable(),
    handledAt: p.datetime(3).nullable(),
    answer: p.text().nullable(),
    createdAt: p.datetime(3),
  },
});
