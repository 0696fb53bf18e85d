import { normalizeMobile } from '../mobile.ts';
import type { DeliveryState } from '../outcome.ts';
import { refusedKeys, type FakeReply } from './fake-provider.ts';

/** `deliveryState`; there is none before the carrier has answered. */
export const stateCodes: Readonly<Record<DeliveryState, number | null>> = {
  queued: null,
  scheduled: null,
  'sent-to-carrier': 5,
  delivered: 1,
  undelivered: 2,
  failed: 6,
  blacklisted: 7,
  filtered: 6,
  canceled: 6,
  unknown: 8,
};

/** `status` of refusals and the HTTP status beside it; of keys and accounts our assumption. */
export const refused = {
  badParameter: [400, 16],
  badKey: [401, 10],
  otherAddress: [403, 12],
  disabled: [401, 13],
  throttled: [429, 20],
  badLine: [400, 101],
  noCredit: [400, 102],
  emptyText: [400, 103],
  badNumber: [400, 104],
  tooMany: [400, 105],
  noNumbers: [400, 107],
  noSuchMessage: [400, 111],
  noTemplate: [400, 113],
  longValue: [400, 114],
  noName: [400, 116],
} as const;
export type Refusal = (typeof refused)[keyof typeof refused];

export const refusals: Readonly<Record<string, Refusal>> = {
  '': refused.badKey,
  [refusedKeys.bad]: refused.badKey,
  [refusedKeys.ip]: refused.otherAddress,
  [refusedKeys.disabled]: refused.disabled,
};

export type Fields = Record<string, unknown>;

const dayMs = 86_400_000;
/** Tehran is ahead of UTC all year. */
const tehranMs = 3.5 * 3_600_000;

/** The day in Tehran. */
export function dayOf(instant: Date): number {
  return Math.floor((instant.getTime() + tehranMs) / dayMs);
}

export function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000);
}

export function isMobile(value: unknown): value is string {
  return typeof value === 'string' && /^(?:0098|\+98|98|0)?9\d{9}$/.test(value);
}

/** Numbers in answers are JSON numbers: 989121110001. */
export function inNumbers(mobile: string): number {
  return Number((normalizeMobile(mobile) ?? mobile).replace('+', ''));
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** An object with the names of its fields in small letters. */
export function inSmall(value: unknown): Fields {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([name, one]) => [name.toLowerCase(), one as unknown]));
}

export function pageOf<Row>(rows: readonly Row[], query: URLSearchParams): Row[] {
  const size = Math.min(Number(query.get('pageSize') ?? 100), 100);
  const page = Number(query.get('pageNumber') ?? 1);
  return rows.slice((page - 1) * size, page * size);
}

/** The answer of success, with the fault of one recipient. */
export function as(fault: FakeReply | undefined, success: FakeReply): FakeReply {
  if (!fault) {
    return success;
  }
  if (fault.delayMs !== undefined) {
    return { ...success, delayMs: fault.delayMs };
  }
  const isCut = fault.status === 200 && !fault.drop;
  return isCut ? { ...success, body: success.body.slice(0, success.body.length / 2) } : fault;
}

export function answer(data: unknown): FakeReply {
  return { status: 200, body: JSON.stringify({ status: 1, message: 'موفق', data }) };
}

export function refuse([http, status]: Refusal): FakeReply {
  return { status: http, body: JSON.stringify({ status, message: 'خطا', data: null }) };
}
