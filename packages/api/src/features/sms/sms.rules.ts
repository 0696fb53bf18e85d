import type { SmsDelivery } from '@chapar/contract';
import { after, hour, minute, second } from '../../kernel/duration.ts';

/** Milliseconds of silence after which whoever was sending a message is taken to have stopped. */
export const leaseMs = 30 * second;

/** Waits before the second, third … try of a message that every provider refused for now. */
const retryWaits = [30 * second, 2 * minute, 10 * minute, hour];

/** When a refused message is tried again; null when that was the last try. */
export function nextTry(tries: number, now: Date): Date | null {
  const wait = retryWaits[tries - 1];
  return wait === undefined ? null : after(now, wait);
}

/** What is told of a refusal: whether it is for good, and what it means for the message. */
export type Refusal = 'rejected' | 'dead' | { retryAt: Date };

/**
 * What becomes of a message that nobody took. A code is refused at once, so that another one can be
 * asked for; other messages wait where the trouble is ours or the provider's, and may pass.
 */
export function decideRefusal(
  { purpose, tries, expiresAt }: { purpose: string; tries: number; expiresAt: Date },
  scope: 'message' | 'recipient' | 'account' | 'provider',
  now: Date,
): Refusal {
  if (purpose === 'code' || scope === 'message' || scope === 'recipient') {
    return 'rejected';
  }
  const retryAt = nextTry(tries, now);
  return retryAt !== null && retryAt < expiresAt ? { retryAt } : 'dead';
}

/** What may be done again by hand. */
export function mayRetry(
  { status, purpose }: { status: string; purpose: string },
  evenIfSent: boolean,
): boolean {
  if (purpose === 'code') {
    return false;
  }
  return status === 'dead' || (status === 'unknown' && evenIfSent);
}

const ranks: Record<SmsDelivery, number> = {
  unknown: 0,
  queued: 1,
  scheduled: 1,
  'sent-to-carrier': 2,
  delivered: 3,
  undelivered: 3,
  failed: 3,
  blacklisted: 3,
  filtered: 3,
  canceled: 3,
};

const lastRank = 3;

/** After these nothing changes any more, and the provider is not asked again. */
export function isFinal(state: SmsDelivery): boolean {
  return ranks[state] === lastRank;
}

/**
 * States from which a message may go to another. Reports come late, twice and out of order: one
 * that says less than is known changes nothing.
 */
export function statesBefore(next: SmsDelivery): SmsDelivery[] {
  const states = Object.keys(ranks) as SmsDelivery[];
  return states.filter((state) => ranks[state] < ranks[next]);
}

/** Waits between questions after a message's state: most arrive at once, some after a night. */
const pollWaits = [
  15 * second,
  30 * second,
  minute,
  3 * minute,
  10 * minute,
  30 * minute,
  2 * hour,
  6 * hour,
  12 * hour,
  24 * hour,
];

/** Questions are asked on a grid, so that many messages share one. */
const gridMs = 15 * second;

/**
 * When a provider is asked about a message next.
 *
 * @param polls how often it was asked
 * @param sentAt when it took the message
 * @param statusSeconds for how long it knows; 0 when it cannot be asked
 * @returns null when there is no point in asking again
 */
export function nextPoll(
  { polls, sentAt, statusSeconds }: { polls: number; sentAt: Date; statusSeconds: number },
  now: Date,
): Date | null {
  const wait = pollWaits[Math.min(polls, pollWaits.length - 1)] ?? 0;
  const at = Math.ceil((now.getTime() + wait) / gridMs) * gridMs;
  return at < after(sentAt, statusSeconds * second).getTime() ? new Date(at) : null;
}

const mask = '•';

/** Values as they may be kept: those that are secret become dots, as many as they had characters. */
export function maskValues(
  values: Record<string, string>,
  secret: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      secret.includes(name) ? mask.repeat(Array.from(value).length) : value,
    ]),
  );
}

const shownAtEnd = 4;
const shownAtStart = 6;

/** A number of which only the ends can be read: `+98912***0001`. */
export function maskPhone(e164: string): string {
  return `${e164.slice(0, shownAtStart)}***${e164.slice(-shownAtEnd)}`;
}
