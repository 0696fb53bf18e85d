import type { DeliveryState } from '../outcome.ts';
import type { FakeReply } from './fake-http.ts';

/** What Kavenegar checks of a call, by its page (kavenegar.com/rest.html). */

/** Parameters of a call, from its form or its query; those of the form win. */
export interface KavenegarCall {
  verb: string;
  key: string;
  get: (name: string) => string | undefined;
}

/** A code of refusal, or null when nothing is wrong. */
export type Wrong = number | null;

const longestText = 900;
const longestTag = 200;
const longestToken = 100;
const spacesOf: Readonly<Record<string, number>> = {
  token: 0,
  token2: 0,
  token3: 0,
  token10: 5,
  token20: 8,
};

export const slots: readonly string[] = Object.keys(spacesOf);

export const statusCodes: Readonly<Record<DeliveryState, number>> = {
  queued: 1,
  scheduled: 2,
  'sent-to-carrier': 5,
  failed: 6,
  delivered: 10,
  undelivered: 11,
  canceled: 13,
  blacklisted: 14,
  filtered: 14,
  unknown: 100,
};

export const statusTexts: Readonly<Record<number, string>> = {
  1: 'در صف ارسال',
  2: 'زمان بندی شده',
  5: 'ارسال به مخابرات',
  6: 'خطا در ارسال',
  10: 'رسیده به گیرنده',
  11: 'نرسیده به گیرنده',
  13: 'لغو شده',
  14: 'بلاک شده',
  100: 'شناسه نامعتبر',
};

/** The code is the HTTP status; for codes that are none we assume 400. */
export function envelope(code: number, entries: unknown, more: object = {}): FakeReply {
  const message = code === 200 ? 'تایید شد' : `خطای ${code}`;
  return {
    status: code <= 599 ? code : 400,
    body: JSON.stringify({ return: { status: code, message }, entries, ...more }),
  };
}

export function refuse(code: number): FakeReply {
  return envelope(code, null);
}

export function firstWrong(...checks: readonly Wrong[]): Wrong {
  return checks.find((code) => code !== null) ?? null;
}

/** `09…` for the forms of Iranian numbers that the page lists; `989…` is not among them. */
export function nationalOf(receptor: string): string | null {
  const [, national] = /^(?:0098|\+98|0)?(9\d{9})$/.exec(receptor) ?? [];
  return national === undefined ? null : `0${national}`;
}

export function wrongReceptors(receptors: readonly string[], most: number): Wrong {
  if (receptors.length > most) {
    return 414;
  }
  return receptors.every((receptor) => nationalOf(receptor) !== null) ? null : 411;
}

/** Template messages go to other countries too. */
export function wrongReceptor(receptor: string): Wrong {
  return nationalOf(receptor) !== null || /^00(?!98)\d{7,15}$/.test(receptor) ? null : 411;
}

export function wrongText(text: string): Wrong {
  return text.length === 0 || text.length > longestText ? 413 : null;
}

export function wrongSender(sender: string | undefined, lines: readonly string[]): Wrong {
  const line = sender?.replace(/^(?:\+|00)98/, '');
  return line === undefined || lines.includes(line) ? null : 412;
}

/** @param now seconds since 1970 */
export function wrongDate(date: string | undefined, now: number): Wrong {
  return date === undefined || (/^\d{1,11}$/.test(date) && Number(date) >= now) ? null : 417;
}

export function wrongTag(tag: string | undefined, tags: readonly string[]): Wrong {
  const isTag = tag === undefined || (/^[\w-]+$/.test(tag) && tag.length <= longestTag);
  return isTag && (tag === undefined || tags.includes(tag)) ? null : 607;
}

export function wrongDisplay(type: string | undefined): Wrong {
  return type === undefined || /^[0-3]$/.test(type) ? null : 400;
}

export function wrongLocalIds(ids: readonly string[], receptors: number): Wrong {
  if (ids.length === 0) {
    return null;
  }
  if (ids.length !== receptors) {
    return 419;
  }
  return ids.every((id) => /^\d{1,19}$/.test(id)) ? null : 400;
}

export function wrongToken(slot: string, value: string): Wrong {
  const spaces = value.split(' ').length - 1;
  const isRight =
    value.length <= longestToken && spaces <= (spacesOf[slot] ?? 0) && !/[^\S ]|_/.test(value);
  return isRight ? null : 431;
}

/** Whole lists of a call: JSON where it begins as JSON, commas otherwise; null for anything else. */
export function listOf(value: string | undefined): string[] | null {
  if (value === undefined || value === '') {
    return [];
  }
  if (!value.startsWith('[')) {
    return value.split(',');
  }
  // Ids beyond 2^53 keep their digits as texts.
  return parsed(value.replaceAll(/(?<=[[,]\s*)\d+(?=\s*[\],])/g, '"$&"'));
}

function parsed(json: string): string[] | null {
  try {
    const list: unknown = JSON.parse(json);
    const isList =
      Array.isArray(list) && list.every((one): one is string => typeof one === 'string');
    return isList ? list : null;
  } catch {
    return null;
  }
}

/** Seconds since 1970, as all times are written. */
export function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}
