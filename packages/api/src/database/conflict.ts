/** SQLSTATEs: a serialization failure, a deadlock. */
const conflicts = new Set(['40001', '40P01']);
const checkViolation = '23514';

/**
 * Nothing was done, and the next try may succeed: after a deadlock, a serialization failure, or a row
 * on its way into the default partition when the partition that it belongs into was attached. That one
 * is a check that has no name.
 */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) {
    return false;
  }
  const { code } = error;
  if (code === checkViolation) {
    return 'table' in error && !('constraint' in error && error.constraint !== undefined);
  }
  return conflicts.has(String(code));
}
