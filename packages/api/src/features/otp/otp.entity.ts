import { defineEntity, p } from '@mikro-orm/postgresql';

export const OtpChallengeEntity = defineEntity({
  name: 'OtpChallenge',
  tableName: 'otp_challenges',
  indexes: [
    { properties: ['phone', 'createdAt'], name: 'otp_challenges_phone_created' },
    { properties: ['createdAt'], name: 'otp_challenges_created' },
  ],
  properties: {
    id: p.uuid().primary(),
    /** E.164. */
    phone: p.text(),
    purpose: p.text(),
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
    /** Handed to the SMS gateway: from here on it may have been sent. */
    dispatchedAt: p.datetime(3).nullable(),
    /** The gateway refused it: the code is void and does not count as sent. */
    failedAt: p.datetime(3).nullable(),
    /** False for numbers that get the neutral answer and no SMS. */
    deliverable: p.boolean(),
  },
});
