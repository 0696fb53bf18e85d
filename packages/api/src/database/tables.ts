import type { InferKyselyDB } from '@mikro-orm/postgresql';
import type { Kysely, Transaction } from 'kysely';
import { AuditEventEntity } from '../features/audit/audit.entity.ts';
import {
  ConversationBanEntity,
  ConversationEntity,
  ConversationInviteEntity,
  ConversationMemberEntity,
  ConversationRestraintEntity,
} from '../features/chat/chat.entity.ts';
import {
  MessageEditEntity,
  MessageEntity,
  MessageHideEntity,
  MessageMentionEntity,
  MessagePinEntity,
  MessageReactionEntity,
  MessageReportEntity,
  MessageSearchEntity,
} from '../features/chat/chat.message.entity.ts';
import {
  BlockEntity,
  FriendRequestEntity,
  FriendshipEntity,
} from '../features/friend/friend.entity.ts';
import {
  OrganizationEntity,
  OrganizationHandleEntity,
  OrganizationMemberEntity,
} from '../features/organization/organization.entity.ts';
import { OtpChallengeEntity, OtpContactEntity } from '../features/otp/otp.entity.ts';
import { PasswordDelayEntity, PasswordEntity } from '../features/password/password.entity.ts';
import { PresenceEntity, PresenceNodeEntity } from '../features/presence/presence.entity.ts';
import { SessionEntity } from '../features/session/session.entity.ts';
import { SmsMessageEntity, SmsProviderEntity } from '../features/sms/sms.entity.ts';
import {
  StreamEntity,
  StreamEventEntity,
  StreamFloorEntity,
  StreamMemberEntity,
} from '../features/stream/stream.entity.ts';
import { UserEntity } from '../features/user/user.entity.ts';
import { LimitEntity } from '../limits/limits.entity.ts';

/** Every table of the product, listed by hand: nothing is found by scanning folders. */
export const entities = [
  UserEntity,
  SessionEntity,
  OtpChallengeEntity,
  OtpContactEntity,
  PasswordEntity,
  PasswordDelayEntity,
  AuditEventEntity,
  SmsMessageEntity,
  SmsProviderEntity,
  LimitEntity,
  FriendRequestEntity,
  FriendshipEntity,
  BlockEntity,
  ConversationEntity,
  ConversationMemberEntity,
  ConversationBanEntity,
  ConversationInviteEntity,
  ConversationRestraintEntity,
  MessageEntity,
  MessageEditEntity,
  MessageHideEntity,
  MessageMentionEntity,
  MessageReactionEntity,
  MessagePinEntity,
  MessageReportEntity,
  MessageSearchEntity,
  OrganizationEntity,
  OrganizationMemberEntity,
  OrganizationHandleEntity,
  StreamEntity,
  StreamMemberEntity,
  StreamEventEntity,
  StreamFloorEntity,
  PresenceNodeEntity,
  PresenceEntity,
] as const;

/** Columns and their types, derived from the entities. */
export type Tables = InferKyselyDB<(typeof entities)[number]>;

/** Runs typed queries: the pool, or the transaction that is open. */
export type Db = Kysely<Tables> | Transaction<Tables>;
