import type { KeyObject } from 'node:crypto';
import type { CountryCode } from 'libphonenumber-js';
import type { Hub } from './realtime/hub.ts';

/** What the outside provides. Adapters satisfy these structurally; tests put their own in. */
export interface Deps {
  clock: Clock;
  random: Random;
  /** A new UUIDv7 (RFC 9562). */
  newId(): string;
  sms: SmsGateway;
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

/** How a provider answered. `unknown`: it may or may not have been sent. */
export type SmsOutcome =
  | { outcome: 'accepted'; providerId: string }
  | { outcome: 'rejected'; reason: string }
  | { outcome: 'unknown'; reason: string };

export interface SmsGateway {
  /** @param to E.164. @param ref ours, the same for every try of one message. */
  send(message: { to: string; text: string; ref: string }): Promise<SmsOutcome>;
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

/** Numbers that an operator may turn; every one has a documented default. */
export interface ApiConfig {
  defaultCountry: CountryCode;
  /** Countries that codes are sent to; others get the same neutral answer and no SMS. */
  smsCountries: readonly CountryCode[];
  otp: OtpConfig;
  session: SessionConfig;
  stream: StreamConfig;
}

export interface OtpConfig {
  length: number;
  lifeSeconds: number;
  attemptsPerChallenge: number;
  wrongPerPhonePerDay: number;
  /** Seconds to wait after the first, second, … code; the last one stays. */
  resendSeconds: readonly number[];
  sendsPerPhonePer10Minutes: number;
  sendsPerPhonePerDay: number;
  sendsPerAddressPerHour: number;
  /** Numbers (E.164) whose code is known and never sent; empty in production. */
  testCodes: ReadonlyMap<string, string>;
}

export interface SessionConfig {
  accessSeconds: number;
  refreshIdleSeconds: number;
  refreshAbsoluteSeconds: number;
  refreshGraceSeconds: number;
  perUser: number;
}

export interface StreamConfig {
  /** How often a silent stream says that it is alive and moves the client's cursor. */
  beaconMs: number;
  /** How often a node compares what it has delivered with the log. */
  auditMs: number;
  retentionDays: number;
  /** Events a resume may replay; beyond it the answer is `stream.reset`. */
  replayLimit: number;
  /** Events that may wait for one slow reader before its socket is closed. */
  queueLimit: number;
}
