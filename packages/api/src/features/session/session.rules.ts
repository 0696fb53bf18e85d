import { after, second } from '../../kernel/duration.ts';

/** A session as a refresh finds it, under its row lock. */
export interface RefreshState {
  refreshCounter: number;
  refreshAttempt: string | null;
  refreshedAt: Date;
  createdAt: Date;
  endedAt: Date | null;
}

export interface RefreshIntent {
  /** Number of the token that was presented. */
  counter: number;
  attemptId: string | null;
}

export interface RefreshLimits {
  refreshIdleSeconds: number;
  refreshAbsoluteSeconds: number;
  refreshGraceSeconds: number;
}

export type RefreshDecision =
  | { do: 'rotate' }
  /** The answer was lost on the way: the same pair again. */
  | { do: 'repeat' }
  /** Somebody else of the same device was faster. */
  | { do: 'retry-with-current' }
  /** An old token came back: it was stolen, or copied. */
  | { do: 'end'; reason: 'refresh-reused' | 'expired' }
  | { do: 'refuse' };

/**
 * Decides on a refresh. Only the token before the current one is forgiven, for a short time, and
 * only the attempt that rotated gets the pair again; an older one ends the session (RFC 9700,
 * section 4.14.2).
 */
export function decideRefresh(
  state: RefreshState,
  { counter, attemptId }: RefreshIntent,
  limits: RefreshLimits,
  now: Date,
): RefreshDecision {
  if (state.endedAt || counter > state.refreshCounter) {
    return { do: 'refuse' };
  }
  if (counter === state.refreshCounter) {
    return isExpired(state, limits, now) ? { do: 'end', reason: 'expired' } : { do: 'rotate' };
  }
  const graceEnds = after(state.refreshedAt, limits.refreshGraceSeconds * second);
  const isParent = counter === state.refreshCounter - 1;
  if (!isParent || now > graceEnds) {
    return { do: 'end', reason: 'refresh-reused' };
  }
  const isSameAttempt = attemptId !== null && attemptId === state.refreshAttempt;
  return { do: isSameAttempt ? 'repeat' : 'retry-with-current' };
}

/** From when on a session must have been refreshed and begun to be alive. */
export interface AliveSince {
  refreshed: Date;
  created: Date;
}

/** A session ends by itself when it rests too long, and at the latest after its full life. */
export function aliveSince(
  limits: Pick<RefreshLimits, 'refreshIdleSeconds' | 'refreshAbsoluteSeconds'>,
  now: Date,
): AliveSince {
  return {
    refreshed: after(now, -limits.refreshIdleSeconds * second),
    created: after(now, -limits.refreshAbsoluteSeconds * second),
  };
}

function isExpired(
  state: Pick<RefreshState, 'refreshedAt' | 'createdAt'>,
  limits: RefreshLimits,
  now: Date,
): boolean {
  const since = aliveSince(limits, now);
  return state.refreshedAt < since.refreshed || state.createdAt < since.created;
}
