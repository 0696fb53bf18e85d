import { defineEntity, p } from '@mikro-orm/postgresql';

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
