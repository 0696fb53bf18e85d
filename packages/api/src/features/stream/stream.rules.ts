/** What the log can still serve, in cursors. */
export interface LogBounds {
  /** Cursors below it point into what was forgotten. */
  floor: bigint;
  /** That of the next transaction: no cursor of ours can be above it. */
  next: bigint;
}

export type ResumeDecision = { do: 'start' } | { do: 'reset' } | { do: 'replay'; cursor: bigint };

/** They are PostgreSQL's bigint. */
const largestCursor = 2n ** 63n - 1n;

/**
 * The cursor of a client that comes back; null for one that begins.
 *
 * @param lastEventId digits, as the contract checks
 */
export function parseCursor(lastEventId: string | null | undefined): bigint | null {
  if (lastEventId === null || lastEventId === undefined) {
    return null;
  }
  const cursor = BigInt(lastEventId);
  return cursor > largestCursor ? largestCursor : cursor;
}

/** Decides how a subscription begins. A cursor that we cannot have given is a reset, no error. */
export function decideResume(cursor: bigint | null, bounds: LogBounds): ResumeDecision {
  if (cursor === null) {
    return { do: 'start' };
  }
  if (cursor < bounds.floor || cursor > bounds.next) {
    return { do: 'reset' };
  }
  return { do: 'replay', cursor };
}

/**
 * The cursor that is safe once the event of a replay that `reached` stands for has arrived: everything
 * that could be seen below it has come before, and what could not be seen is at or above the horizon.
 */
export function safeCursor(reached: bigint, horizon: bigint): bigint {
  return reached < horizon ? reached : horizon;
}
