import { defaultConfig, type ApiConfig } from '@chapar/api';
import { readRate } from './env-chat-fields.ts';
import { endOfDay } from './env-checks.ts';
import { rateLimit, testNumber } from './env-fields.ts';
import { dayInSeconds, type Env } from './env-schema.ts';
import { readServices, toSmsConfig } from './env-sms-config.ts';

/** In development one machine plays many people, so its address may do more. */
const addressFactorInDevelopment = 100;

/** The part of the environment that the product reads; what has no variable keeps its default. */
export function toApiConfig(env: Env): ApiConfig {
  return {
    productName: env.PRODUCT_NAME,
    authMethods: env.AUTH_METHODS,
    accountKinds: env.ACCOUNT_KINDS,
    defaultCountry: env.DEFAULT_COUNTRY,
    defaultTimeZone: env.TIME_ZONE,
    otp: toOtpConfig(env),
    ...toSmsConfig(env),
    services: readServices(env.SERVICE_KEYS),
    password: {
      ...defaultConfig.password,
      minLength: env.PASSWORD_MIN_LENGTH,
      maxLength: env.PASSWORD_MAX_LENGTH,
      longestDelaySeconds: env.PASSWORD_LONGEST_WAIT_SECONDS,
    },
    account: {
      ...defaultConfig.account,
      eraseAfterDays: env.ERASE_AFTER_DAYS,
      minAge: env.MIN_AGE,
      maxAge: env.MAX_AGE,
      auditDays: env.AUDIT_DAYS,
    },
    session: {
      ...defaultConfig.session,
      accessSeconds: env.ACCESS_TOKEN_SECONDS,
      refreshGraceSeconds: env.REFRESH_GRACE_SECONDS,
      refreshIdleSeconds: env.REFRESH_IDLE_DAYS * dayInSeconds,
      refreshAbsoluteSeconds: env.REFRESH_ABSOLUTE_DAYS * dayInSeconds,
      perUser: env.SESSIONS_PER_USER,
    },
    limits: {
      overrides: new Map(env.RATE_LIMITS.map(readLimit)),
      addressFactor:
        env.NODE_ENV === 'production'
          ? defaultConfig.limits.addressFactor
          : addressFactorInDevelopment,
    },
    stream: { ...defaultConfig.stream, retentionDays: env.STREAM_RETENTION_DAYS },
    presence: defaultConfig.presence,
    chat: toChatConfig(env),
    organization: {
      members: env.ORGANIZATION_MEMBERS,
      perUser: env.ORGANIZATIONS_PER_PERSON,
    },
  };
}

function toOtpConfig(env: Env): ApiConfig['otp'] {
  const until = env.OTP_TEST_NUMBERS_UNTIL;
  return {
    ...defaultConfig.otp,
    length: env.OTP_LENGTH,
    lifeSeconds: env.OTP_LIFE_SECONDS,
    mailLifeSeconds: env.OTP_MAIL_LIFE_SECONDS,
    attemptsPerChallenge: env.OTP_ATTEMPTS,
    wrongPerContactPerDay: env.OTP_WRONG_PER_DAY,
    resendSeconds: env.OTP_RESEND_SECONDS,
    sendsPerContactPer10Minutes: env.OTP_SENDS_PER_10_MINUTES,
    sendsPerContactPerDay: env.OTP_SENDS_PER_DAY,
    webDomain: env.OTP_WEB_DOMAIN ?? null,
    testCodes: new Map(
      env.OTP_TEST_NUMBERS.map((entry): [string, string] => {
        const [, phone = '', code = ''] = testNumber.exec(entry) ?? [];
        return [phone, code];
      }),
    ),
    testCodesUntil: until === undefined ? new Date(0) : new Date(endOfDay(until)),
  };
}

function toChatConfig(env: Env): ApiConfig['chat'] {
  return {
    messageLength: env.CHAT_MESSAGE_LENGTH,
    sendsPerPerson: readRate(env.CHAT_SENDS_PER_PERSON),
    sendsPerConversation: readRate(env.CHAT_SENDS_PER_CONVERSATION),
    membersPerGroup: env.CHAT_MEMBERS_PER_GROUP,
    conversationsPerPerson: env.CHAT_CONVERSATIONS_PER_PERSON,
    mentionsPerMessage: env.CHAT_MENTIONS_PER_MESSAGE,
    newAccountHours: env.CHAT_NEW_ACCOUNT_HOURS,
    newAccountLinks: env.CHAT_NEW_ACCOUNT_LINKS,
    reactionsPerMessage: env.CHAT_REACTIONS_PER_MESSAGE,
    reactionsPerPerson: env.CHAT_REACTIONS_PER_PERSON,
    pinsPerConversation: env.CHAT_PINS_PER_CONVERSATION,
    pinnedConversations: env.CHAT_PINNED_CONVERSATIONS,
    invitesPerConversation: env.CHAT_INVITES_PER_CONVERSATION,
    editSeconds: env.CHAT_EDIT_SECONDS,
    deleteSeconds: env.CHAT_DELETE_SECONDS,
    receiptMembers: env.CHAT_RECEIPT_MEMBERS,
    reportsPerDay: env.CHAT_REPORTS_PER_DAY,
    searchMs: env.CHAT_SEARCH_MS,
  };
}

function readLimit(entry: string): [string, { most: number; seconds: number }] {
  const [, name = '', most, seconds] = rateLimit.exec(entry) ?? [];
  return [name, { most: Number(most), seconds: Number(seconds) }];
}
