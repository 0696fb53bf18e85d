import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';

export const ConversationEntity = defineEntity({
  name: 'Conversation',
  tableName: 'conversations',
  properties: {
    id: p.uuid().primary(),
    kind: p.enum(['direct'] as const),
    /** The two user ids of a direct conversation in order, so that there is only one. */
    directKey: p.text().unique().nullable(),
    createdAt: p.datetime(3),
  },
});

export const ConversationMemberEntity = defineEntity({
  name: 'ConversationMember',
  tableName: 'conversation_members',
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
        .index('members_conversation'),
    readSeq: p.integer(),
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
  },
});
