import type { ApiConfig } from './deps.ts';

/** The defaults of every number that an operator may turn. */
export const defaultConfig: ApiConfig = {
  defaultCountry: 'IR',
  smsCountries: ['IR'],
  otp: {
    length: 6,
    lifeSeconds: 120,
    attemptsPerChallenge: 5,
    wrongPerPhonePerDay: 10,
    resendSeconds: [60, 90, 180, 600],
    sendsPerPhonePer10Minutes: 3,
    sendsPerPhonePerDay: 6,
    sendsPerAddressPerHour: 10,
    testCodes: new Map(),
  },
  session: {
    accessSeconds: 300,
    refreshIdleSeconds: 30 * 24 * 3600,
    refreshAbsoluteSeconds: 180 * 24 * 3600,
    refreshGraceSeconds: 30,
    perUser: 10,
  },
  stream: {
    beaconMs: 25_000,
    auditMs: 1_000,
    retentionDays: 7,
    replayLimit: 10_000,
    queueLimit: 1_000,
  },
};
