import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';
import { ConversationEntity } from './chat.entity.ts';

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
