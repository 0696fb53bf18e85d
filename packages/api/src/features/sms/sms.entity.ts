import {
  languageSchema,
  smsDeliverySchema,
  smsPurposeSchema,
  smsStatusSchema,
} from '@chapar/contract';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';

/** Every SMS that was ever to be sent: the outbox while it waits, the log afterwards. */
export const SmsMessageEntity = defineEntity({
  name: 'SmsMessage',
  tableName: 'sms_messages',
  indexes: [
    { properties: ['createdAt', 'id'], name: 'sms_messages_created' },
    { properties: ['recipient', 'createdAt', 'id'], name: 'sms_messages_recipient' },
    { properties: ['status', 'createdAt', 'id'], name: 'sms_messages_status' },
    { properties: ['provider', 'pollAt'], name: 'sms_messages_poll' },
    { properties: ['provider', 'providerMessageId'], name: 'sms_messages_provider_id' },
  ],
  properties: {
    id: p.uuid().primary(),
    /** The number that providers know it by, as text. */
    ref: p.text().unique('sms_messages_ref_unique'),
    /** E.164. */
    recipient: p.text(),
    purpose: p.enum(smsPurposeSchema.options),
    template: p.text().nullable(),
    language: p.enum(languageSchema.options).nullable(),
    /** The words; secrets in them are replaced by dots. */
    text: p.text(),
    /** What is sent, encrypted; null once it need not be sent any more. */
    sealed: p.blob().nullable(),
    status: p.enum(smsStatusSchema.options),
    parts: p.integer(),
    /** Times that it was taken up to be sent. */
    tries: p.integer(),
    /** Who is sending it now. */
    claim: p.uuid().nullable(),
    /** When that one last gave a sign. */
    claimedAt: p.datetime(3).nullable(),
    /** Who has it, or may have it. */
    provider: p.text().nullable(),
    /** When that provider was asked first. */
    triedAt: p.datetime(3).nullable(),
    /** Names of providers before it that may have it too. */
    lostProviders: p.json(),
    providerMessageId: p.text().nullable(),
    costAmount: p.text().nullable(),
    costUnit: p.text().nullable(),
    error: p.text().nullable(),
    providerCode: p.text().nullable(),
    /** The calls of providers, oldest first. */
    attempts: p.json(),
    delivery: p.enum(smsDeliverySchema.options).nullable(),
    deliveryAt: p.datetime(3).nullable(),
    /** When the provider is asked next what became of it. */
    pollAt: p.datetime(3).nullable(),
    polls: p.integer(),
    /** The job that is told when it was refused for good. */
    onRefused: p.text().nullable(),
    sender: () =>
      p.manyToOne(UserEntity).nullable().deleteRule('no action').index('sms_messages_sender'),
    /** The service that has sent it. */
    service: p.text().nullable(),
    createdAt: p.datetime(3),
    sentAt: p.datetime(3).nullable(),
    /** It is not sent after this. */
    expiresAt: p.datetime(3),
  },
});

/** What is known of the accounts with providers, so that one trouble is told of once. */
export const SmsProviderEntity = defineEntity({
  name: 'SmsProvider',
  tableName: 'sms_providers',
  properties: {
    name: p.text().primary(),
    creditAmount: p.text().nullable(),
    creditUnit: p.text().nullable(),
    creditAt: p.datetime(3).nullable(),
    isCreditLow: p.boolean(),
    /** Why it is left out, until it has taken messages for a while again. */
    closedReason: p.text().nullable(),
    /** When a process last found it left out. */
    closedAt: p.datetime(3).nullable(),
  },
});
