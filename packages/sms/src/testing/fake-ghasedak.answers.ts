import { field } from '../http.ts';
import type { DeliveryState } from '../outcome.ts';
import { refusedKeys } from './fake-provider.ts';

export type Fields = Record<string, unknown>;

/** A text in a line's inbox. */
export interface Received {
  id: number;
  message: string;
  sender: string;
  lineNumber: string;
  receivedAt: Date;
  isRead: boolean;
}

export const code = {
  ok: 200,
  badRequest: 400,
  badKey: 401,
  badLine: 412,
  tooLong: 413,
  badIp: 416,
  noCredit: 418,
  tooMuch: 419,
  noTemplate: 428,
  noParameter: 429,
  duplicate: 451,
} as const;

/** What is wrong with each refused key that is refused at once. */
export const refusals: ReadonlyMap<string, number> = new Map([
  [refusedKeys.bad, code.badKey],
  [refusedKeys.disabled, code.badKey],
  [refusedKeys.ip, code.badIp],
]);

export const stateCodes: Readonly<Record<DeliveryState, number>> = {
  queued: 0,
  scheduled: 0,
  canceled: 1,
  blacklisted: 2,
  'sent-to-carrier': 3,
  undelivered: 4,
  delivered: 5,
  failed: 6,
  filtered: 6,
  unknown: 8,
};

const tehranMs = 3.5 * 3_600_000;

/** With the offset that most of the provider's times carry. */
export function inTehran(at: Date): string {
  return `${new Date(at.getTime() + tehranMs).toISOString().slice(0, 19)}+03:30`;
}

/** Keys as on the provider's page, from those of its PHP SDK. */
export function inPascalCase(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(inPascalCase);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [
      `${key.slice(0, 1).toUpperCase()}${key.slice(1)}`,
      inPascalCase(held),
    ]),
  );
}

export function textOf(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : '';
}

export function listOf(value: unknown, name: string): unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}
