import { after, day, hour, minute, second } from '../../kernel/duration.ts';

/** A code that was sent to a contact within the last day. */
export interface SentCode {
  createdAt: Date;
  consumedAt: Date | null;
}

export interface SendLimits {
  resendSeconds: readonly number[];
  sendsPerContactPer10Minutes: number;
  sendsPerContactPerDay: number;
}

export type RequestDecision =
  | { do: 'send'; resendAt: Date }
  | { do: 'refuse'; reason: 'too-soon' | 'too-many'; until: Date };

/**
 * Decides whether a contact may get another code, for every purpose together.
 *
 * @param sent codes of the last day, newest first
 */
export function decideRequest(
  sent: readonly SentCode[],
  limits: SendLimits,
  now: Date,
): RequestDecision {
  const soonest = afterLadder(sent, limits, now);
  if (soonest > now) {
    return { do: 'refuse', reason: 'too-soon', until: soonest };
  }
  const free = afterWindows(sent, limits, now);
  if (free > now) {
    return { do: 'refuse', reason: 'too-many', until: free };
  }
  const withThis = [{ createdAt: now, consumedAt: null }, ...sent];
  const ladder = afterLadder(withThis, limits, now);
  const windows = afterWindows(withThis, limits, now);
  return { do: 'send', resendAt: ladder > windows ? ladder : windows };
}

/** The wait grows with each code that was sent within the hour and not used. */
function afterLadder(sent: readonly SentCode[], limits: SendLimits, now: Date): Date {
  const [last] = sent;
  if (!last) {
    return now;
  }
  const hourAgo = after(now, -hour);
  const used = sent.findIndex(({ consumedAt }) => consumedAt !== null);
  const series = sent
    .slice(0, used === -1 ? sent.length : used)
    .filter(({ createdAt }) => createdAt > hourAgo).length;
  const step = Math.min(Math.max(series, 1), limits.resendSeconds.length) - 1;
  return after(last.createdAt, (limits.resendSeconds[step] ?? 0) * second);
}

function afterWindows(sent: readonly SentCode[], limits: SendLimits, now: Date): Date {
  const inTen = afterWindow(sent, limits.sendsPerContactPer10Minutes, 10 * minute, now);
  const inDay = afterWindow(sent, limits.sendsPerContactPerDay, day, now);
  return inTen > inDay ? inTen : inDay;
}

/** When the window of `ms` has room for one more than `most - 1`. */
function afterWindow(sent: readonly SentCode[], most: number, ms: number, now: Date): Date {
  const blocking = sent[most - 1];
  const free = blocking ? after(blocking.createdAt, ms) : now;
  return free > now ? free : now;
}

/** The last challenge before the one that is about to be made. */
export interface OldChallenge {
  attempts: number;
  expiresAt: Date;
  consumedAt: Date | null;
}

/**
 * The attempts that a new code begins with: those spent on the code that it replaces, so that
 * asking again never gives more guesses. One that was answered right, is used up or expired hands
 * nothing on; the contact's daily budget still counts.
 */
export function carriedAttempts(
  old: OldChallenge | undefined,
  attemptsPerChallenge: number,
  now: Date,
): number {
  if (!old || old.consumedAt || old.expiresAt <= now) {
    return 0;
  }
  return old.attempts < attemptsPerChallenge ? old.attempts : 0;
}

/** A challenge that would not let an attempt be spent. */
export interface ClosedChallenge {
  attempts: number;
  expiresAt: Date;
  consumedAt: Date | null;
  replacedAt: Date | null;
  failedAt: Date | null;
}

/** Why no attempt could be spent. A used, replaced or unknown code is as good as expired. */
export function explainRefusal(
  challenge: ClosedChallenge | undefined,
  now: Date,
): 'expired' | 'locked' {
  if (!challenge || challenge.expiresAt <= now) {
    return 'expired';
  }
  if (challenge.consumedAt || challenge.replacedAt || challenge.failedAt) {
    return 'expired';
  }
  return 'locked';
}
