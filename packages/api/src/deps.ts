import type { KeyObject } from 'node:crypto';
import type { CountryCode } from 'libphonenumber-js';
import type { Budget } from './limits/limiter.ts';
import type { ChatConfig } from './deps.chat.ts';
import type { SmsGateway } from './deps.sms.ts';
import type { Hub } from './realtime/hub.ts';

export type * from './deps.chat.ts';
export type * from './deps.sms.ts';

/** What the outside provides. Adapters satisfy these structurally; tests put their own in. */
export interface Deps {
  clock: Clock;
  random: Random;
  /** A new UUIDv7 (RFC 9562). */
  newId(): string;
  sms: SmsGateway;
  /** Null where no mail server is set up: what needs e-mail is refused. */
  mail: MailGateway | null;
  /** Null where no captcha is set up: whoever would have to solve one is refused. */
  captcha: CaptchaGateway | null;
  /** Null where passwords are not compared with those known from breaches. */
  breaches: BreachList | null;
  hub: Hub;
  log: Log;
}

export interface Clock {
  now(): Date;
}

export interface Random {
  /** `count` cryptographically secure random bytes. */
  bytes(count: number): Buffer;
  /** A uniform integer in [0, `below`). */
  integer(below: number): number;
}

/** How a mail server answered. `unknown`: it may or may not have been sent. */
export type MailOutcome =
  | { outcome: 'accepted'; providerId: string }
  | { outcome: 'rejected'; reason: string }
  | { outcome: 'unknown'; reason: string };

export interface Mail {
  /** One address. */
  to: string;
  subject: string;
  /** The same words twice: plain, and as an HTML page that turns Persian the right way. */
  text: string;
  html: string;
  /** Ours, the same for every try of one message. */
  ref: string;
}

export interface MailGateway {
  send(mail: Mail): Promise<MailOutcome>;
}

export interface CaptchaGateway {
  /** Whether the token proves a person at this address. False when the provider does not answer. */
  check(proof: { token: string; ip: string }): Promise<boolean>;
}

export interface BreachList {
  /** How often a password is known from breaches; 0 when the list does not answer in time. */
  count(password: string): Promise<number>;
}

export interface Log {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** Keys made once at boot from the secrets of the environment. */
export interface Secrets {
  accessToken: KeyObject;
  refreshToken: KeyObject;
  otp: KeyObject;
  seal: KeyObject;
}

/** What an operator may turn; everything has a documented default. */
export interface ApiConfig {
  /** Stands in texts for people, and in no password. */
  productName: string;
  /** How people sign in. */
  authMethods: readonly AuthMethod[];
  /**
   * Kinds of account that a caller may choose. One phone number has at most one account of each;
   * the first is the usual one.
   */
  accountKinds: readonly [string, ...string[]];
  defaultCountry: CountryCode;
  /** IANA name. Decides what day it is for somebody who has not said where they are. */
  defaultTimeZone: string;
  /** Countries that codes are sent to; others get the same neutral answer and no SMS. */
  smsCountries: readonly CountryCode[];
  otp: OtpConfig;
  smsBudget: SmsBudgetConfig;
  sms: SmsConfig;
  /** Other services of the operator by name, with the SHA-256 of the key of each. */
  services: ReadonlyMap<string, Buffer>;
  password: PasswordConfig;
  account: AccountConfig;
  session: SessionConfig;
  limits: LimitsConfig;
  stream: StreamConfig;
  presence: PresenceConfig;
  chat: ChatConfig;
  organization: OrganizationConfig;
}

export type AuthMethod = 'otp' | 'password';

export interface OtpConfig {
  length: number;
  /** Of a code sent by SMS. */
  lifeSeconds: number;
  /** Of a code sent by mail. */
  mailLifeSeconds: number;
  attemptsPerChallenge: number;
  /** Of one phone number or e-mail address. */
  wrongPerContactPerDay: number;
  /** Seconds to wait after the first, second, … code; the last one stays. */
  resendSeconds: readonly number[];
  sendsPerContactPer10Minutes: number;
  sendsPerContactPerDay: number;
  /**
   * The site whose pages may read the code out of the SMS (WebOTP, and the autofill of iOS and
   * Android): a host name, or null for texts without the line.
   */
  webDomain: string | null;
  /** Numbers (E.164) whose code is known and never sent; empty in production. */
  testCodes: ReadonlyMap<string, string>;
  /** From this instant test codes are codes like any other. */
  testCodesUntil: Date;
}

/** What SMS may cost, and when asking for codes without using them becomes suspicious. */
export interface SmsBudgetConfig {
  /** Codes to numbers that differ in their last three digits only, in 10 minutes. */
  perBlockPer10Minutes: number;
  perCountryPerHour: number;
  perMinute: number;
  perDay: number;
  /** Codes that a device, or a neighbourhood of addresses, may ask for in a day and use none. */
  unusedPerSource: number;
  /** Fewer used codes than this part of those sent in an hour is worth a warning. */
  conversionFloor: number;
}

export interface SmsConfig {
  /** Most characters of a text with its values. */
  maxLength: number;
  /** How long the log of messages is kept. */
  logDays: number;
  /** By provider, in its own unit: less than this is worth an alert. */
  creditFloors: ReadonlyMap<string, number>;
  /** Texts of staff and services to one number in an hour. */
  customPerNumberPerHour: number;
}

export interface PasswordConfig {
  minLength: number;
  maxLength: number;
  /** The wait after a wrong password doubles from the first to the second. */
  firstDelaySeconds: number;
  longestDelaySeconds: number;
  /** Of Argon2id (RFC 9106); the OWASP floor is 19,456 KiB and 2 passes. */
  memoryKiB: number;
  passes: number;
  /** Hashes made at once, and those that may wait for their turn. */
  workers: number;
  waiting: number;
}

export interface AccountConfig {
  /** Days between asking for removal and erasure. */
  eraseAfterDays: number;
  minAge: number;
  maxAge: number;
  /** How long the audit log is kept. */
  auditDays: number;
}

export interface SessionConfig {
  accessSeconds: number;
  refreshIdleSeconds: number;
  refreshAbsoluteSeconds: number;
  refreshGraceSeconds: number;
  perUser: number;
}

export interface LimitsConfig {
  /** Budgets by name, such as `otp.request:address`, that replace those declared in the routers. */
  overrides: ReadonlyMap<string, Budget>;
  /** Widens every budget by address. In development one machine plays many people. */
  addressFactor: number;
}

export interface StreamConfig {
  /** How often a silent stream says that it is alive and moves the client's cursor. */
  beaconMs: number;
  /** How often a node compares what it has delivered with the log. */
  auditMs: number;
  /**
   * How old the state of the database must be that a cursor is made of. A PostgreSQL that crashes gives
   * out ids again whose log it had not flushed, at most three times `wal_writer_delay` (0.6 s) of them; a
   * cursor above those would pass over what is written under them.
   */
  cursorLagMs: number;
  retentionDays: number;
  /** Events a resume may replay; beyond it the answer is `stream.reset`. */
  replayLimit: number;
  /** Events that may wait for one slow reader before its socket is closed. */
  queueLimit: number;
}

export interface PresenceConfig {
  /** How often a node says that it lives. */
  refreshMs: number;
  /** After so long without it a node is dead, by the database's clock. */
  ttlMs: number;
  /** How long somebody has to be away to be offline. */
  flapMs: number;
  /** How often a node looks at everybody who is watched there. */
  recheckMs: number;
}

export interface OrganizationConfig {
  /** People in one organization, its owner among them. */
  members: number;
  /** Organizations that one person is in. */
  perUser: number;
}
