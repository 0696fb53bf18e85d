import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';

export const OtpChallengeEntity = defineEntity({
  name: 'OtpChallenge',
  tableName: 'otp_challenges',
  indexes: [
    { properties: ['contact', 'createdAt'], name: 'otp_challenges_contact_created' },
    { properties: ['createdAt'], name: 'otp_challenges_created' },
  ],
  properties: {
    id: p.uuid().primary(),
    /** The phone number (E.164) or the e-mail address (lower case) that the code goes to. */
    contact: p.text(),
    channel: p.enum(['sms', 'mail'] as const),
    purpose: p.text(),
    /** Whose code it is, where somebody signed in has asked. */
    user: () =>
      p.manyToOne(UserEntity).nullable().deleteRule('no action').index('otp_challenges_user'),
    /** HMAC of the code; null once it can no longer be used. */
    codeHash: p.blob().nullable(),
    /** The code for the job that sends it, encrypted; null once it has been handed over. */
    codeSealed: p.blob().nullable(),
    attempts: p.integer(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    consumedAt: p.datetime(3).nullable(),
    /** A newer code took its place. */
    replacedAt: p.datetime(3).nullable(),
    /** Handed to the gateway: from here on it may have been sent. */
    dispatchedAt: p.datetime(3).nullable(),
    /** The gateway refused it: the code is void and does not count as sent. */
    failedAt: p.datetime(3).nullable(),
    /** False for numbers that get the neutral answer and no code. */
    deliverable: p.boolean(),
  },
});

/** Wrong codes of a phone number or e-mail address in the day that runs, over all its challenges. */
export const OtpContactEntity = defineEntity({
  name: 'OtpContact',
  tableName: 'otp_contacts',
  indexes: [{ properties: ['resetsAt'], name: 'otp_contacts_resets' }],
  properties: {
    contact: p.text().primary(),
    wrong: p.integer(),
    resetsAt: p.datetime(3),
  },
});
