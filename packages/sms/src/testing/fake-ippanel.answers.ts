import { idOf } from '../http.ts';
import type { DeliveryState } from '../outcome.ts';
import type { FakeReply } from './fake-provider.ts';

export type Fields = Record<string, unknown>;

/** States of a sending that somebody or something decides: see the page "Get Outbox Report". */
export const decisions = {
  waits: 1,
  rejected: 3,
  wrongNumbers: 4,
  canceled: 7,
  noCredit: 8,
  systemError: 9,
} as const;
export type Decision = keyof typeof decisions;

/** `state_id` of a sending and `message_status` of its recipient. */
export const stateCodes: Readonly<Record<DeliveryState, readonly [number, number]>> = {
  queued: [1, 0],
  scheduled: [5, 0],
  'sent-to-carrier': [6, 1],
  delivered: [6, 2],
  undelivered: [6, 3],
  failed: [9, 3],
  blacklisted: [6, 4],
  filtered: [3, 3],
  canceled: [7, 3],
  unknown: [6, 0],
};

const words = { message: 'انجام شد', message_parameters: [], message_code: '200-1' };

export function answer(data: unknown, meta: Fields = {}): FakeReply {
  return { status: 200, body: JSON.stringify({ data, meta: { ...meta, status: true, ...words } }) };
}

/** @param errors sentences by field */
export function refuse(status: number, code: string, errors: Fields = {}): FakeReply {
  const meta = {
    status: false,
    message: 'خطا',
    message_parameters: [],
    message_code: code,
    errors,
  };
  return { status, body: JSON.stringify({ data: null, meta }) };
}

/** What the provider says to fields that are missing or wrong. */
export function refuseFields(...names: string[]): FakeReply {
  return refuse(422, '400-2', Object.fromEntries(names.map((name) => [name, ['نامعتبر است']])));
}

/** One page of rows, with the meta that belongs to it. */
export function page(rows: readonly unknown[], asked: { page: unknown; size: unknown }): FakeReply {
  const size = Number(idOf(asked.size) ?? 10);
  const number = Number(idOf(asked.page) ?? 1);
  return answer(rows.slice((number - 1) * size, number * size), {
    current_page: number,
    last_page: Math.max(1, Math.ceil(rows.length / size)),
    per_page: size,
    total: rows.length,
  });
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000);
}
